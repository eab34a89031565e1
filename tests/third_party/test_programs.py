"""Programs that make sessions by packages as they are: what they ask for, have built and keep, installed into or not.

Each session has caches of its own: a program that makes one for each client builds each, of what sessions share.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest
from programs import ACCOUNTS, NAMES, ROLE
from support.child import run_child

PROGRAM = Path(__file__).parent / "programs.py"


class Expected(NamedTuple):
    """Of a program: its package, the dependency group, clients asked for and built, and what it answers."""

    package: str
    group: str
    asked: int
    built_plain: int
    built_installed: int
    answer: object


# What an account has: a table without the tag, and the network that AWS makes.
FOUND = {"tables": 1, "topics": 0, "networks": 1, "roles": 0}
EXPECTED = {
    "aioboto3": Expected("aioboto3", "aioboto3", 8, 8, 8, [*NAMES]),
    "awswrangler": Expected("awswrangler", "third-party", 4, 4, 2, [[0, 1, 2]] * 2),
    "custodian": Expected("c7n", "custodian", 20, 20, 12, [FOUND] * 2),
    "django": Expected("storages", "program-django", 4, 4, 4, [f"of {name}" for name in NAMES]),
    "kombu": Expected("kombu", "program-kombu", 4, 4, 4, [f"for {name}" for name in NAMES]),
    "refresh-session": Expected("boto3_refresh_session", "program-refresh-session", 18, 18, 10, [*ACCOUNTS]),
    "s3fs": Expected("s3fs", "aio", 4, 4, 4, [f"of {name}" for name in NAMES]),
    "smart-open": Expected("smart_open", "third-party", 10, 10, 1, [f"text {number}" for number in range(5)]),
}


class Cost(NamedTuple):
    """What a program says of itself."""

    asked: int
    built: int
    mib: float
    answer: object


@pytest.fixture(params=EXPECTED)
def name(request: pytest.FixtureRequest) -> str:
    expected = EXPECTED[request.param]
    if importlib.util.find_spec(expected.package) is None:
        pytest.skip(f"needs the dependency group {expected.group}")
    return request.param


def run(name: str, way: str, folder: Path) -> Cost:
    return Cost(**json.loads(run_child(PROGRAM, name, way, timeout=240, TMPDIR=str(folder))))


@pytest.fixture
def _things(bucket: str) -> None:
    """Make what the programs use."""
    for queue in NAMES:
        boto3.Session().client("sqs").create_queue(QueueName=queue)
    for account in ACCOUNTS:
        role = boto3.Session().client("sts").assume_role(RoleArn=ROLE.format(account), RoleSessionName="test")
        given = role["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        session.client("dynamodb").create_table(
            TableName="table",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
@pytest.mark.usefixtures("_things")
def test_a_program_does_the_same_with_fewer_clients_or_smaller_ones(name, tmp_path):
    plain, installed = run(name, "plain", tmp_path), run(name, "installed", tmp_path)
    expected = EXPECTED[name]
    assert plain.answer == installed.answer == expected.answer
    assert (plain.asked, plain.built) == (expected.asked, expected.built_plain)
    assert (installed.asked, installed.built) == (expected.asked, expected.built_installed)
    assert installed.mib < plain.mib


@pytest.mark.parametrize("name", ["django", "kombu"], indirect=True)
@pytest.mark.usefixtures("_things")
def test_sessions_of_one_tenant_have_one_client(name, tmp_path):
    """Of ``install(sessions=True)``: the package makes a session for each storage, or each queue."""
    cost = run(name, "equal", tmp_path)
    assert (cost.asked, cost.built, cost.answer) == (4, 1, EXPECTED[name].answer)
