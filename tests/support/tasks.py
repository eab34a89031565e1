"""What a worker process does in the tests: one request through a handle; and how many clients the process has built.

For child processes alone: importing it counts boto3's builds from then on.
"""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path
from typing import Any

import boto3

BUCKET = "bucket"

_builders: list[int] = []  # the process of every build: a forked one inherits its parent's
_build = boto3.Session.client


@functools.wraps(_build)
def _counted(session: boto3.Session, *args: Any, **kwargs: Any) -> Any:
    _builders.append(os.getpid())
    return _build(session, *args, **kwargs)


boto3.Session.client = _counted  # type: ignore[method-assign]


def put(handle: Any, number: int) -> tuple[int, int]:
    """Store an object; return the process and the number of clients it has built."""
    _meet()
    handle.get().put_object(Bucket=BUCKET, Key=str(number), Body=b"")
    return os.getpid(), _builders.count(os.getpid())


def _meet() -> None:
    """Wait in a process's first task until two processes have one: else one may do all before another has started."""
    folder = Path(os.environ["MEETING"])
    folder.joinpath(str(os.getpid())).touch()
    while sum(1 for _ in folder.iterdir()) < 2:
        time.sleep(0.01)
