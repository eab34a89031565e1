"""What a run is, as its processes know it: the environment variable that they inherit, and the file in its folder."""

from __future__ import annotations

import os
from typing import NamedTuple

VARIABLE = "BOTO3_CLIENT_CACHE_TRYOUT"
START = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start")  # what sitecustomize.py lies in
SETTINGS = "settings.json"


class Run(NamedTuple):
    """A run of a program."""

    mode: str
    """``observe`` or ``install``."""
    pid: int
    """The program's process, which reports when it ends."""
    folder: str
    """Where its processes write what they note."""

    @classmethod
    def of_this_process(cls) -> Run | None:
        """Return the run that this process belongs to."""
        mode, _, rest = os.environ.get(VARIABLE, "").partition(" ")
        pid, _, folder = rest.partition(" ")
        return cls(mode, int(pid), folder) if pid.isdecimal() and folder else None

    def environment(self) -> dict[str, str]:
        """Return an environment whose Pythons belong to this run."""
        return {**environment_outside(), VARIABLE: " ".join(map(str, self)), "PYTHONPATH": _joined(START, _path())}


def environment_outside() -> dict[str, str]:
    """Return the environment as it was before the run."""
    environment = {name: value for name, value in os.environ.items() if name not in {VARIABLE, "PYTHONPATH"}}
    path = _path()
    return {**environment, "PYTHONPATH": path} if path else environment


def _path() -> str:
    """Return ``PYTHONPATH`` without what a run puts before it."""
    path = os.environ.get("PYTHONPATH", "")
    return path[len(START) :].removeprefix(os.pathsep) if path.split(os.pathsep)[0] == START else path


def _joined(first: str, rest: str) -> str:
    return f"{first}{os.pathsep}{rest}" if rest else first
