"""Reads what the processes of a run have noted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A client or a resource that was asked for and made."""

    owner: int
    """The session, by number."""
    kind: str
    """``client`` or ``resource`` of a session of boto3's; ``botocore`` of a session of botocore's."""
    key: int | None
    line: int
    seconds: float
    client: int
    service: str
    region: str | None
    loader: int | None
    """What has loaded the models."""
    at: float = 0.0
    """When it was asked for, by the clock that all processes of a machine have in common."""


class Failure(NamedTuple):
    """One that was asked for, and an exception came."""

    owner: int
    kind: str
    key: int | None
    line: int
    seconds: float
    error: str


class Made(NamedTuple):
    """A session that was made."""

    number: int
    kind: str
    """``boto3`` or ``botocore``."""
    arguments: int | None
    """Equal for equal arguments."""
    botocore_session: int | None
    """The one that it was given."""
    line: int


class Gone(NamedTuple):
    """The end of a session, a client or a loader."""

    number: int


Event = Call | Failure | Made | Gone
_EVENTS: dict[str, type[Call] | type[Failure] | type[Made] | type[Gone]] = {
    "made": Call,
    "failed": Failure,
    "session": Made,
    "gone": Gone,
}


@dataclass
class Process:
    """What one process has noted, in this order."""

    pid: int = 0
    events: list[Event] = field(default_factory=list)
    lines: dict[int, str] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    """Labels, secrets masked."""
    totals: dict[str, float] = field(default_factory=dict)
    """What its caches had counted last."""
    seconds: float | None = None
    """How long it ran, if it ended as a Python program does."""

    @property
    def calls(self) -> list[Call]:
        """What was made."""
        return [event for event in self.events if isinstance(event, Call)]


def read(folder: str) -> list[Process]:
    """Return what each process has noted, the first first."""
    files = sorted(Path(folder).glob("*.jsonl"), key=lambda file: int(file.stem.partition("-")[2]))
    return [_process(file) for file in files]


def _process(file: Path) -> Process:
    process = Process()
    for line in file.read_bytes().splitlines():
        try:
            notes = json.loads(line)
        except ValueError:  # the process, or its disk, came to an end
            continue
        for kind, *noted in notes:
            _take(process, kind, noted)
    return process


def _take(process: Process, kind: str, noted: list[Any]) -> None:
    if kind in _EVENTS:
        process.events.append(_EVENTS[kind](*noted))
    elif kind == "line":
        process.lines[noted[0]] = noted[1]
    elif kind == "key":
        process.keys[noted[0]] = noted[1]
    elif kind == "totals":
        process.totals = noted[0]
    elif kind == "process":
        process.pid = noted[0]
    elif kind == "end":
        process.seconds = noted[0]
