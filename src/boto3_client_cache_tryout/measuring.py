"""Measures what the package would save: each process's calls are done again, with plain boto3 and with the package.

Each time in a process of its own, with the same sessions, calls and ends of both in the same order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from boto3_client_cache_tryout.figures import loaded_models
from boto3_client_cache_tryout.records import Call, Gone, Made

if TYPE_CHECKING:
    from boto3_client_cache_tryout.records import Process

_MOST_SECONDS = 60.0  # of building, as the program took them: what comes after is not done again
_SIDES = ("boto3", "install")


class MeasuringError(Exception):
    """What the package would save cannot be measured; it says why."""


def measured(processes: list[Process], max_size: int) -> dict[str, Any]:
    """Return the figures of both sides, and of the models that plain boto3 has parsed.

    Raises:
        MeasuringError: A process that measures has failed.
    """
    seconds_left = _MOST_SECONDS
    sums: dict[str, Any] = {side: {"seconds": 0.0, "mib": 0.0, "failed": 0} for side in _SIDES}
    done = 0
    for process in processes:
        steps, calls, seconds_left = _steps(process, seconds_left)
        if not calls:
            continue
        done += calls
        for side in _SIDES:
            for name, figure in _child(side, {"steps": steps, "max_size": max_size}).items():
                sums[side][name] += figure
    services, memory = loaded_models(processes)
    return {**sums, "calls": done, "models": memory(_child("models", services))}


def _steps(process: Process, seconds_left: float) -> tuple[list[list[Any]], int, float]:
    """Return what to do again, the number of calls in it, and what is left of the time."""
    steps: list[list[Any]] = []
    calls = 0
    alone = -1  # keys of calls that are like no other
    for event in process.events:
        if isinstance(event, Made):
            steps.append(["session", event.number, event.kind, event.botocore_session])
        elif isinstance(event, Gone):
            steps.append(["gone", event.number])
        elif isinstance(event, Call):
            if seconds_left <= 0:
                break
            seconds_left -= event.seconds
            alone -= 1
            key = alone if event.key is None else event.key
            steps.append(["client", event.owner, event.kind, key, event.client, event.service, event.region])
            calls += 1
    return steps, calls, seconds_left


def _child(what: str, given: Any) -> dict[str, Any]:
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "boto3_client_cache_tryout.replay", what],
        input=json.dumps(given).encode(),
        capture_output=True,
        env=_environment(),
        check=False,
    )
    if result.returncode:
        raise MeasuringError(result.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def _environment() -> dict[str, str]:
    """Return the environment without settings of AWS's, but for where models are."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(("AWS_", "BOTO"))}
    if "AWS_DATA_PATH" in os.environ:
        environment["AWS_DATA_PATH"] = os.environ["AWS_DATA_PATH"]
    return {
        **environment,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
