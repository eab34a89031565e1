"""Where a process writes what is noted in it: JSON arrays of notes, one a line, in a file of its own.

A worker may be ended by a signal at any moment: its first notes are written at once, later ones a few together. The
file is opened for each write: a descriptor that stays open is seen by programs, and may be another file's after a
program has closed what it found.

Complexity: some microseconds a note. Thread safety: all of it, weak references' callbacks included; no lock is held.
A forked child goes on in a file of its own. Does not raise: where nothing can be written any more, nothing is noted.
"""

from __future__ import annotations

import os
import time
import weakref
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 100  # so many notes are written each by itself
_TOGETHER = 20  # so many together later
_MOST_PENDING = 100  # so many are kept that could not be written
_BINARY = getattr(os, "O_BINARY", 0)  # of Windows, which else writes other ends of lines


class Journal:
    """The notes of this process."""

    def __init__(self, folder: str) -> None:
        """Begin, in a folder that is there."""
        self._folder = folder
        self._count = count()
        self._living: dict[int, tuple[weakref.ref[Any], int]] = {}  # by id
        self._began = time.perf_counter()
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._path = os.path.join(self._folder, f"{self._pid}-{time.monotonic_ns()}.jsonl")
        self._named: dict[Any, int] = {}
        self._calls = 0
        self._pending = deque[tuple[Any, ...]]([("process", self._pid, os.getppid())])

    def number_of(self, kind: str, what: Any, tell: Callable[[Any], Any] | None = None) -> int:
        """Return the number of what is equal to itself wherever it is met; the first time, note it and what is told."""
        found = self._named.get((kind, what))
        if found is not None:
            return found
        number = next(self._count)
        found = self._named.setdefault((kind, what), number)
        if found == number:
            self._pending.append((kind, number, tell(what) if tell is not None else None))
        return found

    def number_of_object(self, thing: Any) -> tuple[int, bool]:
        """Return the number of an object, and whether it has got it just now. Its end will be noted."""
        known = self._living.get(id(thing))
        if known is not None and known[0]() is thing:
            return known[1], False
        number, place = next(self._count), id(thing)

        def forget(reference: weakref.ref[Any]) -> None:
            known = self._living.get(place)
            if known is not None and known[0] is reference:
                del self._living[place]
            self._pending.append(("gone", number))  # it is written with what comes next

        self._living[place] = (weakref.ref(thing, forget), number)
        return number, True

    def note(self, *noted: Any) -> None:
        """Note something, and write it soon."""
        self._pending.append(noted)
        self._calls += 1
        if self._calls <= _AT_ONCE or self._calls % _TOGETHER == 0:
            self._write()

    def close(self) -> None:
        """Note that the process ends as a Python program does, and what is noted later no more."""
        if self._calls:
            self._pending.append(("end", time.perf_counter() - self._began))
            self._write()
        self._folder = ""

    def _write(self) -> None:
        import json  # noqa: PLC0415 - not before the program has begun

        pending = self._taken()
        if not self._folder:
            return
        data = (json.dumps(pending) + "\n").encode()
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _BINARY, 0o600)
            try:
                os.write(file, data)
            finally:
                os.close(file)
        except OSError:  # no descriptor is left, or the folder is out of reach
            if len(pending) < _MOST_PENDING:
                self._pending.extendleft(reversed(pending))
            else:
                self._folder = ""

    def _taken(self) -> list[tuple[Any, ...]]:
        """Take what is to be written, each note by one thread alone."""
        taken = []
        while True:
            try:
                taken.append(self._pending.popleft())
            except IndexError:
                return taken
