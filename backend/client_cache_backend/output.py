"""What a build writes, held back until CMake has configured it, in a file."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

SHOW_ALL = "CLIENT_CACHE_BUILD_LOG"  # a variable of the environment: nothing is held back
CONFIGURED = b"-- Build files have been written to"
PERIOD = 0.1  # seconds between two looks at what was written


class HeldOutput:
    """While this is entered, what this process and its children write goes into a file.

    A thread passes it on to where it would have gone, from the first line, once CMake has configured the build; before
    that, nothing. A file and no pipe, which a compiler's server that outlives the build would keep open.
    """

    def __init__(self) -> None:
        """Make the file."""
        file, name = tempfile.mkstemp(prefix="boto3-client-cache-build-", suffix=".log")
        self._file = file
        self._log = Path(name)
        self._reader = self._log.open("rb")
        self._passing = bool(os.environ.get(SHOW_ALL))
        self._ended = threading.Event()
        self._follower = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        """Have standard output and standard error go to the file."""
        _flush()
        self._outside = os.dup(1), os.dup(2)
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)
        self._follower.start()

    def __exit__(self, *_: object) -> None:
        """Have them go where they went before."""
        _flush()
        self._ended.set()
        self._follower.join()
        for descriptor, outside in zip((1, 2), self._outside, strict=True):
            os.dup2(outside, descriptor)
            os.close(outside)
        os.close(self._file)
        if self._passing:
            _write(1, self._reader.read())

    @property
    def configured(self) -> bool:
        """Whether CMake has configured the build."""
        return CONFIGURED in self._log.read_bytes()

    def text(self) -> str:
        """Return all that was written."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def show(self) -> None:
        """Pass on what is held, and remove the file."""
        _write(1, self._reader.read())
        self.keep().unlink()

    def keep(self) -> Path:
        """Leave the file to the user, and return its path."""
        self._reader.close()
        return self._log

    def _follow(self) -> None:
        while not self._ended.wait(PERIOD):
            self._passing = self._passing or self.configured
            if self._passing:
                _write(self._outside[0], self._reader.read())


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _write(descriptor: int, output: bytes) -> None:
    while output:
        output = output[os.write(descriptor, output) :]
