"""Counts what an operation leaves behind: references, Python's memory blocks, bytes of the C heap."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any

REPEATS = 1500
ROUNDS = 6


class _HeapFigures(ctypes.Structure):
    """glibc's ``struct mallinfo2``; ``in_use`` is what was handed out and not freed."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "chunks", "fast_chunks", "maps", "mapped", "most", "fast")),
        *((name, ctypes.c_size_t) for name in ("in_use", "free", "top")),
    ]


_libc = ctypes.CDLL(None)
if hasattr(_libc, "mallinfo2"):
    _libc.mallinfo2.restype = _HeapFigures


def heap_in_use() -> int:
    """Bytes of the C heap in use; always 0 where the C library can't tell."""
    return _libc.mallinfo2().in_use if hasattr(_libc, "mallinfo2") else 0


def _figures(watched: Mapping[str, Any]) -> dict[str, int]:
    while gc.collect():  # without the GIL, what one collection finds is given back by the next
        pass
    ctypes.pythonapi.PyType_ClearCache()  # it holds the names of the attributes that were looked up last
    figures = {f"references to {name}": sys.getrefcount(thing) for name, thing in watched.items()}
    figures["memory blocks"] = sys.getallocatedblocks()
    figures["heap bytes"] = heap_in_use()
    return figures


def _moved(operation: Callable[[], Any], watched: Mapping[str, Any], repeats: int) -> dict[str, int]:
    """Return every figure that moves about once in each repetition, or more."""
    before = _figures(watched)
    for _ in range(repeats):
        operation()
    after = _figures(watched)
    slack = dict.fromkeys(before, repeats // 3) | {"heap bytes": 8 * repeats}  # half of the least that malloc hands out
    moved = {name: after[name] - before[name] for name in before}
    return {name: delta for name, delta in moved.items() if abs(delta) > slack[name]}


def drift(operation: Callable[[], Any], watched: Mapping[str, Any]) -> dict[str, int]:
    """Repeat an operation and return what it leaves behind every time.

    Caches of the interpreter and the allocator fill in the first rounds: what moves is measured again, and counts when
    it moves in every round.
    """
    repeats = getattr(operation, "repeats", REPEATS)
    for _ in range(repeats // 5):
        operation()
    _figures(watched)
    for _ in range(ROUNDS):
        found = _moved(operation, watched, repeats)
        if not found:
            break
    return found
