"""Libraries that patch boto3 or botocore record of cached clients what they record of plain ones."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from support.child import run_child
from support.recorder import Recorder, recording

PROGRAM = Path(__file__).parent / "instrumented.py"
SQS = "opentelemetry-sqs"
NEEDS = {
    "opentelemetry": "opentelemetry.instrumentation.botocore",
    SQS: "opentelemetry.instrumentation.boto3sqs",
    "xray": "aws_xray_sdk",
    "sentry": "sentry_sdk",
    "datadog": "ddtrace",
}
CAN_BE_TAKEN_BACK = ("opentelemetry", SQS, "datadog")


def is_missing(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is None
    except ModuleNotFoundError:  # of a package above it
        return True


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with recording() as server:
        yield server


@pytest.fixture(params=NEEDS)
def library(request: pytest.FixtureRequest) -> str:
    if is_missing(NEEDS[request.param]):
        pytest.skip(f"needs the dependency groups third-party and instrumentation-{request.param.split('-')[0]}")
    return request.param


@pytest.fixture(params=["first", "last"])
def order(request: pytest.FixtureRequest) -> str:
    """Have the library patch first of all, or when a first client has been built and used."""
    return request.param


@pytest.fixture
def run(library: str, order: str, request: pytest.FixtureRequest) -> Any:
    """Run the program some way; return what it recorded, and the headers of each request."""
    server = request.getfixturevalue("endpoint" if library == SQS else "recorder")

    def run(way: str, removed: str) -> tuple[Any, list[list[str]]]:
        if library == SQS:
            boto3.Session().client("sqs").create_queue(QueueName="queue")
            return json.loads(run_child(PROGRAM, library, order, way, removed)), []
        server.headers.clear()
        recorded = json.loads(run_child(PROGRAM, library, order, way, removed, AWS_ENDPOINT_URL=server.url))
        return recorded, [*server.headers]

    return run


_plain: dict[tuple[str, ...], Any] = {}


@pytest.fixture
def run_plain(library: str, order: str, run: Any) -> Any:
    """Run the program with plain boto3, once."""

    def run_plain(removed: str) -> Any:
        key = (library, order, removed)
        if key not in _plain:
            _plain[key] = run("plain", removed)
        return _plain[key]

    return run_plain


def test_each_request_of_a_cached_client_is_recorded_once(run, run_plain):
    recorded, headers = run_plain("library")
    assert recorded["one"] == recorded["another"] != []
    assert run("cached", "library") == (recorded, headers)


@pytest.mark.parametrize("removed_first", ["library", "install"])
def test_each_request_is_recorded_once_where_boto3_is_patched(library, removed_first, run, run_plain):
    if removed_first == "install" and library not in CAN_BE_TAKEN_BACK:
        pytest.skip("this library cannot be taken back")
    assert run("installed", removed_first) == run_plain(removed_first)
