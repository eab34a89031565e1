"""The memory that a process occupies, as its own doing alone."""

import ctypes
import gc
from pathlib import Path
from resource import getpagesize

_PR_SET_THP_DISABLE = 41  # of <linux/prctl.h>

_libc = ctypes.CDLL(None)


def resident() -> int:
    """Bytes that this process occupies, free memory given back first where the C library can; of Linux only.

    Pages of files are not among them: how many are mapped is up to the kernel, which maps those it has at hand. From
    the first call on it makes no huge pages, for which it would fill the gaps between small ones: CPython 3.15 asks for
    them, and the process then grows by what it has not touched.
    """
    _libc.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)
    gc.collect()
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
    _, all_pages, pages_of_files, *_ = map(int, Path("/proc/self/statm").read_text().split())
    return (all_pages - pages_of_files) * getpagesize()
