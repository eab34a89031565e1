"""Where a process writes what is noted in it: JSON arrays of notes, one a line, in a file of its own.

A call is written when it is noted: a worker may be ended by a signal at any moment. The file is opened for each: a
descriptor that stays open is seen by programs, and may be another file's after a program has closed what it found.

Complexity: some microseconds a note. Thread safety: all of it, weak references' callbacks included; no lock is held.
A forked child goes on in a file of its own. Does not raise: where nothing can be written any more, nothing is noted.
"""

from __future__ import annotations

import os
import time
import weakref
from collections import deque
from itertools import count
from typing import Any

_MOST_PENDING = 100  # notes that could not be written


class Journal:
    """The notes of this process."""

    def __init__(self, folder: str) -> None:
        """Begin, in a folder that is there."""
        self._folder = folder
        self._count = count()
        self._living: dict[int, tuple[weakref.ref[Any], int]] = {}  # by id
        self._began = time.perf_counter()
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._path = os.path.join(self._folder, f"{self._pid}-{time.monotonic_ns()}.jsonl")
        self._named: dict[Any, int] = {}
        self._pending = deque[tuple[Any, ...]]([("process", self._pid, os.getppid())])

    def number_of(self, kind: str, what: Any, *told: Any) -> int:
        """Return the number of something that is equal to itself wherever it is met; the first time, note it."""
        self._be_in_this_process()
        number = next(self._count)
        found = self._named.setdefault((kind, what), number)
        if found == number:
            self._pending.append((kind, number, *told))
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
        """Write what is noted, and all that came before it."""
        self._be_in_this_process()
        self._pending.append(noted)
        self._write()

    def close(self) -> None:
        """Note that the process ends as a Python program does, and what is noted later no more."""
        self._be_in_this_process()
        if not self._pending or self._pending[0][0] != "process":  # or nothing has been noted
            self.note("end", time.perf_counter() - self._began)
        self._folder = ""

    def _be_in_this_process(self) -> None:
        if self._pid != os.getpid():
            self._begin()

    def _write(self) -> None:
        import json  # noqa: PLC0415 - not before the program has begun

        pending = self._taken()
        if not self._folder:
            return
        data = (json.dumps(pending) + "\n").encode()
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
