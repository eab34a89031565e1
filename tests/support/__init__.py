"""What the suites share: the two kinds of object, oracles, child processes, the HTTP endpoint."""
