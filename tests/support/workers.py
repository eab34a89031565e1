"""Programs that give tasks to worker processes, and the verdict on what these report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import boto3

TASKS = 200

# Every program defines `run`, which does `put` once for each number, in worker processes, and returns what they return.
_HEAD = """
import os, sys
from boto3_client_cache import client_handle
from support.tasks import BUCKET, put
"""
_TAIL = f"""
import json

handle = client_handle("s3", endpoint_url=sys.argv[1], region_name="us-east-1")
handle.get().create_bucket(Bucket=BUCKET)  # this process has a client of its own, which is to reach no other
results = run(handle, range({TASKS}))
print(json.dumps({{"driver": os.getpid(), "results": list(results)}}))
"""


def program(run: str) -> str:
    """Complete a program that defines `run(handle, numbers)`."""
    return _HEAD + dedent(run) + _TAIL


def check_every_worker_built_one_client(
    run_program: Callable[..., str], run: str, endpoint: str, meeting: Path
) -> None:
    """Run a program of two worker processes or more and check what its tasks say of them."""
    lines = run_program(program(run), endpoint, MEETING=str(meeting)).splitlines()
    report = json.loads(next(line for line in lines if line.startswith('{"driver"')))  # engines print too
    processes = {process for process, _ in report["results"]}
    assert [built for _, built in report["results"]] == [1] * TASKS, report
    assert len(processes) >= 2
    assert report["driver"] not in processes
    stored = boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket="bucket")["Contents"]
    assert {entry["Key"] for entry in stored} == {str(number) for number in range(TASKS)}
