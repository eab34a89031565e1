"""``python -m boto3_client_cache --trace FILE program``: the keys that it asked for, in order, and no secret."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from support.tryout import tried, write_program

SECRETS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "aPasswordInAUrl", "aTokenInAQuery")


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def traced(folder: Path, source: str, *arguments: str) -> list[dict[str, Any]]:
    file = folder / "trace.jsonl"
    done = tried("--observe", "--no-measure", "--trace", str(file), write_program(folder, source), *arguments)
    assert done.returncode == 0, done.stderr
    return lines_of(file)


def test_a_trace_has_each_call_in_order_with_its_session_and_key(tmp_path):
    lines = traced(
        tmp_path,
        """
        import boto3
        one, other = boto3.Session(), boto3.Session()
        one.client("sqs")
        other.client("sqs", region_name="eu-west-1")
        one.resource("sqs")
        one.client("sqs", region_name=None)
        try:
            one.client("no-such-service")
        except Exception:
            pass
        one._session.create_client("sqs", "us-east-1")
        """,
    )
    numbers = [(line["session"], line["kind"], line["key"], line["service"], line["region"]) for line in lines]
    assert numbers == [
        (0, "client", 0, "sqs", "us-east-1"),
        (1, "client", 1, "sqs", "eu-west-1"),
        (0, "resource", 2, "sqs", "us-east-1"),
        (0, "client", 0, "sqs", "us-east-1"),
        (2, "botocore", 3, "sqs", "us-east-1"),
    ]
    times = [line["at"] for line in lines]
    assert times == sorted(times)
    assert times[0] > 0


def test_a_trace_tells_keys_apart_whose_secrets_differ_and_holds_none(tmp_path):
    key, secret, password, token = SECRETS
    lines = traced(
        tmp_path,
        f"""
        import boto3
        session = boto3.Session()
        for access in ("{key}", "another", "{key}"):
            session.client("sqs", aws_access_key_id=access, aws_secret_access_key="{secret}")
        session.client("sqs", endpoint_url="http://me:{password}@localhost:9/?token={token}")
        """,
    )
    assert [line["key"] for line in lines] == [0, 1, 0, 2]
    text = (tmp_path / "trace.jsonl").read_text()
    assert not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_are_in_the_trace_of_their_program(method, tmp_path):
    source = """
    import multiprocessing, sys
    import boto3

    def work():
        boto3.client("sqs", region_name="eu-west-1")

    if __name__ == "__main__":
        boto3.client("sqs")
        worker = multiprocessing.get_context(sys.argv[1]).Process(target=work)
        worker.start()
        worker.join()
        boto3.client("sqs")
    """
    lines = traced(tmp_path, source, method)
    assert [(line["session"], line["key"]) for line in lines] == [(0, 0), (1, 1), (0, 0)]
    assert [line["region"] for line in lines] == ["us-east-1", "eu-west-1", "us-east-1"]


def test_a_program_that_ended_without_a_report_is_traced_from_its_records(tmp_path):
    records, file = str(tmp_path / "records"), tmp_path / "trace.jsonl"
    program = write_program(tmp_path, "import boto3, os; boto3.client('sqs'); os._exit(5)")
    assert tried("--records", records, program).returncode == 5
    assert tried("--records", records, "--no-measure", "--trace", str(file)).returncode == 0
    assert [line["service"] for line in lines_of(file)] == ["sqs"]


def test_records_of_an_installed_run_are_not_traced(tmp_path):
    records, file = str(tmp_path / "records"), tmp_path / "trace.jsonl"
    program = write_program(tmp_path, "import boto3; boto3.client('sqs')")
    assert tried("--install", "--records", records, program).returncode == 0
    refused = tried("--records", records, "--trace", str(file))
    assert refused.returncode == 2
    assert "--trace needs --observe" in refused.stderr
