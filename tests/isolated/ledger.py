"""Counts what an operation leaves behind: references, Python's memory blocks, bytes of the C heap."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

WARM_UP = 300
REPEATS = 1500

# A leak shows once in every repetition; caches of the interpreter and the allocator show a few times, whatever the repetitions.
SLACK = REPEATS // 10


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


def resident() -> int:
    """Bytes of memory this process occupies, free memory given back first where the C library can."""
    gc.collect()
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def _figures(watched: Mapping[str, Any]) -> dict[str, int]:
    gc.collect()
    figures = {f"references to {name}": sys.getrefcount(thing) for name, thing in watched.items()}
    figures["memory blocks"] = sys.getallocatedblocks()
    figures["heap bytes"] = heap_in_use()
    return figures


def drift(operation: Callable[[], Any], watched: Mapping[str, Any]) -> dict[str, int]:
    """Repeat an operation and return every figure that moved with the number of repetitions."""
    for _ in range(WARM_UP):
        operation()
    _figures(watched)
    before = _figures(watched)
    for _ in range(REPEATS):
        operation()
    after = _figures(watched)
    slack = {"heap bytes": 8 * REPEATS}  # less than the smallest chunk
    moved = {name: after[name] - before[name] for name in before}
    return {name: delta for name, delta in moved.items() if abs(delta) > slack.get(name, SLACK)}
