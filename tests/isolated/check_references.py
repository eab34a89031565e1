"""Run one table of operations, named on the command line, and print what each leaves behind as JSON."""

import ctypes
import json
import sys
from typing import Any

from ledger import REPEATS, drift
from operations import SECRET, Operation, tables

COMMON = {"None": None, "True": True, "NotImplemented": NotImplemented, "the secret": SECRET}


def leaking_operations() -> tuple[dict[str, Any], dict[str, Operation]]:
    """Stand-ins that leak in each way there is: what doesn't show here, shows nowhere."""
    libc, python = ctypes.CDLL(None), ctypes.pythonapi
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    python.Py_IncRef.argtypes = python.Py_DecRef.argtypes = [ctypes.py_object]
    thing, owned = [], []
    for _ in range(4 * REPEATS):
        python.Py_IncRef(owned)
    return {"thing": thing, "owned": owned}, {
        "a reference too many": lambda: python.Py_IncRef(thing),
        "a reference too few": lambda: python.Py_DecRef(owned),
        "an object": lambda: python.Py_IncRef(object()),
        "native memory": lambda: libc.malloc(16),
        "nothing": lambda: [object() for _ in range(3)],
    }


def main(name: str) -> None:
    objects, operations = {**dict(tables()), "stand-ins": leaking_operations}[name]()
    print(json.dumps({operation: drift(call, COMMON | objects) for operation, call in operations.items()}))


main(sys.argv[1])
