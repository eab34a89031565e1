"""Names of a test's cases, the same in every process: pytest-xdist compares what its processes have collected."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+| id='\d+'")


def name_of(value: object) -> str:
    """Return ``repr(value)`` without addresses."""
    return _ADDRESS.sub("", repr(value))
