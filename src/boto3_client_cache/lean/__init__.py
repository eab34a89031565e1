"""What lean sessions share with the process's other sessions: one file for each thing.

``checks`` says whether botocore is its own, ``session`` makes lean sessions, and ``creator`` makes their clients of the
parts that the other files share. Each of these says what is shared, when it is not, and what happens then.
"""
