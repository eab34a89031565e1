"""The memory of this process, as its system tells it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_MIB = 1024 * 1024


def begin() -> float:
    """Return what is in use in MiB, after having the system look anew for the most that is."""
    if not os.path.exists("/proc/self/status"):
        return most()  # a fresh process has had little more than it has
    with suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    return _of_linux("VmRSS")


def most() -> float:
    """Return the most that was in use, in MiB."""
    if os.path.exists("/proc/self/status"):
        return _of_linux("VmHWM")
    return _of_windows() if sys.platform == "win32" else _of_posix()


def _of_linux(name: str) -> float:
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / _MIB


def _of_posix() -> float:
    import resource  # noqa: PLC0415 - Windows has none

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB


def _of_windows() -> float:
    import ctypes  # noqa: PLC0415 - not every Python has it

    class Counters(ctypes.Structure):  # PROCESS_MEMORY_COUNTERS
        _fields_ = (
            ("size", ctypes.c_ulong),
            ("page_faults", ctypes.c_ulong),
            ("most", ctypes.c_size_t),
            ("now", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 6),
        )

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.POINTER(Counters), ctypes.c_ulong)
    counters = Counters(size=ctypes.sizeof(Counters))
    if not kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size):
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]
    return int(counters.most) / _MIB
