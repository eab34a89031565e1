# mypy: ignore-errors
"""The type of each service's client and resource: that of its mypy-boto3 package, or the fallback where there is none.

A star import binds nothing when its module cannot be found, which makes it the one import that is conditional for type
checkers. Of a name that two star imports bind, mypy keeps the first and pyright the last: hence twice.
"""

from boto3_client_cache._typed.installed import *
from boto3_client_cache._typed.fallback import *
from boto3_client_cache._typed.installed import *
