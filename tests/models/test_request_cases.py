"""What decides where and how a client sends, case by case: a client that shares with others does as boto3's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from .conftest import SharingSession
from .exchanges import Exchange, event, stop_the_clock

Answer = tuple[int, str, bytes]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_the_clock(monkeypatch)
    monkeypatch.setattr("time.sleep", lambda _: None)  # between tries


@dataclass
class Case:
    """A call of a client, what configures it, and what it is answered."""

    service: str
    call: Callable[[Any], Any]
    config: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    config_file: str = ""
    answers: tuple[Answer, ...] = ()


SELECTED = event("Records", b"a,b\n") + event("Stats", b"<Stats/>") + event("End", b"")
SELECTION: dict[str, Any] = {
    "Bucket": "bucket", "Key": "key", "Expression": "select", "ExpressionType": "SQL",
    "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}},
}  # fmt: skip
EXPRESS = "bucket--usw2-az1--x-s3"
EXPRESS_SESSION = (
    b"<CreateSessionResult><Credentials><AccessKeyId>express</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
    b"<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>"
)
DISCOVERED = b'{"Endpoints": [{"Address": "cell1.example.com", "CachePeriodInMinutes": 60}]}'
JSON, XML, STREAM = "application/json", "text/xml", "application/vnd.amazon.eventstream"
FAILING = ((500, JSON, b"{}"), (503, JSON, b"{}"), (200, JSON, b"{}"))
MODES = ("legacy", "standard", "adaptive")
SERVICES_SECTION = """
[default]
services = mine
[services mine]
s3 =
  endpoint_url = http://s3.from.file:1234
dynamodb =
  endpoint_url = http://dynamodb.from.file:1234
"""


def get_object(client: Any) -> Any:
    return client.get_object(Bucket="bucket", Key="a key/é")


def get_item(client: Any) -> Any:
    return client.get_item(TableName="table", Key={"id": {"S": "1"}})


def presigned(method: str, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda client: getattr(client, method)(*arguments, **options)


def POST(client: Any) -> Any:  # noqa: N802 - a case's call, beside the others; boto3 1.34 writes into the conditions
    return client.generate_presigned_post("bucket", "key", Fields={"acl": "private"}, Conditions=[{"acl": "private"}])


def twice(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda client: [call(client), call(client)]


def discover(client: Any) -> Any:
    return [client.list_databases(), client.list_databases()]


GET = presigned("generate_presigned_url", "get_object", {"Bucket": "bucket", "Key": "key"}, ExpiresIn=60)
PUT = presigned("generate_presigned_url", "put_object", {"Bucket": "bucket", "Key": "key", "ContentType": "text/plain"})

CASES = {
    "presigned get": Case("s3", GET),
    "presigned get, version 2": Case("s3", GET, {"signature_version": "s3"}),
    "presigned get, version 4 by path": Case(
        "s3", GET, {"signature_version": "s3v4", "s3": {"addressing_style": "path"}}),
    "presigned put": Case("s3", PUT, {"signature_version": "s3v4"}),
    "presigned post": Case("s3", POST),
    "presigned post, version 4": Case("s3", POST, {"signature_version": "s3v4"}),
    "presigned sts": Case("sts", presigned("generate_presigned_url", "get_caller_identity", {})),
    "event stream": Case("s3", lambda client: list(client.select_object_content(**SELECTION)["Payload"]),
                         answers=((200, STREAM, SELECTED),)),
    "event stream with an error": Case("s3", lambda client: list(client.select_object_content(**SELECTION)["Payload"]),
                                       answers=((200, STREAM, event("Oh", b"no", "exception")),)),
    "s3 express": Case("s3", twice(lambda client: client.get_object(Bucket=EXPRESS, Key="key")),
                       options={"region_name": "us-west-2"},
                       answers=((200, XML, EXPRESS_SESSION), (200, XML, b"body"), (200, XML, b"body"))),
    "s3 express, presigned": Case(
        "s3", presigned("generate_presigned_url", "get_object", {"Bucket": EXPRESS, "Key": "k"}),
        options={"region_name": "us-west-2"}, answers=((200, XML, EXPRESS_SESSION),)),
    "s3 region redirect": Case("s3", get_object, answers=(
        (301, XML, b"<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region></Error>"),
        (200, XML, b"<Location>eu-west-1</Location>"), (200, XML, b"body"))),
    "endpoint discovery, required": Case("timestream-query", lambda client: client.query(QueryString="q"),
                                         answers=((200, JSON, DISCOVERED), (200, JSON, b"{}"))),
    "endpoint discovery, once": Case("timestream-write", discover,
                                     answers=((200, JSON, DISCOVERED), (200, JSON, b"{}"), (200, JSON, b"{}"))),
    "endpoint discovery, chosen": Case("dynamodb", twice(get_item), {"endpoint_discovery_enabled": True},
                                       answers=((200, JSON, DISCOVERED), (200, JSON, b"{}"), (200, JSON, b"{}"))),
    "account id": Case("dynamodb", get_item, environment={"AWS_ACCOUNT_ID": "123456789012"}),
    "account id, disabled": Case("dynamodb", get_item, environment={
        "AWS_ACCOUNT_ID": "123456789012", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled"}),
    "account id, required and missing": Case("dynamodb", get_item, environment={
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"}),
    "dual stack": Case("s3", get_object, {"use_dualstack_endpoint": True}),
    "dual stack of s3": Case("s3", get_object, {"s3": {"use_dualstack_endpoint": True}}),
    "dual stack by environment": Case("sqs", lambda client: client.list_queues(),
                                      environment={"AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    "fips": Case("dynamodb", get_item, {"use_fips_endpoint": True}),
    "fips by environment": Case("s3", get_object, environment={"AWS_USE_FIPS_ENDPOINT": "true"}),
    "fips and dual stack": Case("s3", get_object, {"use_fips_endpoint": True, "use_dualstack_endpoint": True}),
    "accelerated": Case("s3", get_object, {"s3": {"use_accelerate_endpoint": True}}),
    "access point": Case("s3", lambda client: client.get_object(
        Bucket="arn:aws:s3:us-west-2:123456789012:accesspoint/mine", Key="key")),
    "access point of another region, not wanted": Case("s3", lambda client: client.get_object(
        Bucket="arn:aws:s3:us-west-2:123456789012:accesspoint/mine", Key="key"), {"s3": {"use_arn_region": False}}),
    "unsigned": Case("s3", get_object, {"signature_version": UNSIGNED}),
    "endpoint given": Case("s3", get_object, options={"endpoint_url": "http://given:1234"}),
    "endpoint without tls": Case("sqs", lambda client: client.list_queues(), options={"use_ssl": False}),
    "endpoint by environment": Case("s3", get_object, environment={"AWS_ENDPOINT_URL": "http://all:1234"}),
    "endpoint of a service by environment": Case("s3", get_object, environment={
        "AWS_ENDPOINT_URL": "http://all:1234", "AWS_ENDPOINT_URL_S3": "http://s3.only:1234"}),
    "endpoint of another service by environment": Case("dynamodb", get_item, environment={
        "AWS_ENDPOINT_URL_S3": "http://s3.only:1234"}),
    "endpoints of the environment ignored": Case("s3", get_object, environment={
        "AWS_ENDPOINT_URL": "http://all:1234", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
    "endpoints by file": Case("s3", get_object, config_file=SERVICES_SECTION),
    "endpoints by file, other service": Case("dynamodb", get_item, config_file=SERVICES_SECTION),
    "endpoint by file, for all": Case("sqs", lambda client: client.list_queues(),
                                      config_file="[default]\nendpoint_url = http://all.from.file:1234\n"),
    "settings by file": Case("s3", twice(GET), config_file="[default]\ns3 =\n  addressing_style = path\n"
                             "  signature_version = s3v4\n  payload_signing_enabled = true\n"),
    "user agent": Case("s3", get_object, {"user_agent_extra": "mine/1", "user_agent_appid": "app"}),
    "host prefix": Case("s3control", lambda client: client.list_jobs(AccountId="123456789012")),
    "compressed": Case("cloudwatch", lambda client: client.put_metric_data(
        Namespace="n", MetricData=[{"MetricName": "m", "Value": float(number)} for number in range(200)]),
        {"request_min_compression_size_bytes": 100}),
    "checksums when required": Case("s3", lambda client: client.put_object(Bucket="b", Key="k", Body=b"x"),
                                    environment={"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}),
    "checksum chosen": Case("s3", lambda client: client.put_object(
        Bucket="b", Key="k", Body=b"x", ChecksumAlgorithm="SHA256")),
    **{f"retries, {mode}": Case("dynamodb", get_item, {"retries": {"mode": mode, "max_attempts": 4}}, answers=FAILING)
       for mode in MODES},
    **{f"retries by environment, {mode}": Case("sqs", lambda client: client.list_queues(), answers=FAILING,
                                               environment={"AWS_RETRY_MODE": mode, "AWS_MAX_ATTEMPTS": "2"})
       for mode in MODES},
    **{f"defaults mode, {mode}": Case("s3", get_object, {"defaults_mode": mode}, answers=FAILING)
       for mode in ("legacy", "standard", "in-region", "cross-region", "mobile")},
    "defaults mode by environment": Case("s3", get_object, environment={"AWS_DEFAULTS_MODE": "mobile"}),
}  # fmt: skip

QUICK = {
    "presigned get, version 4 by path", "presigned post", "event stream", "s3 express", "s3 region redirect",
    "endpoint discovery, once", "endpoint discovery, chosen", "account id", "dual stack", "fips by environment",
    "access point", "unsigned", "endpoint of a service by environment", "endpoints by file", "host prefix",
    "retries, standard", "retries by environment, legacy", "defaults mode, mobile",
}  # fmt: skip


def client_of(session: boto3.Session, case: Case) -> Any:
    options = {"region_name": "us-east-1", **case.options}
    return session.client(case.service, config=Config(**case.config), **options)


def outcome(client: Any, case: Case, monkeypatch: pytest.MonkeyPatch) -> Any:
    exchange = Exchange(client, monkeypatch)
    exchange.answers = list(case.answers)
    try:
        result = case.call(client)
    except Exception as error:
        return type(error).__name__, str(error), exchange.sent
    return comparable(result), settings(client), exchange.sent


def comparable(result: Any) -> Any:
    if isinstance(result, list):
        return [comparable(each) for each in result]
    body = result.pop("Body", None) if isinstance(result, dict) else None
    return (result, body.read()) if body else result


def settings(client: Any) -> Any:
    plain = (dict, str, int, float)
    config = {name: value for name, value in vars(client.meta.config).items() if isinstance(value, plain)}
    return client.meta.endpoint_url, client.meta.partition, config


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.full]) for name in CASES]
)
def test_a_client_that_shares_sends_what_boto3s_sends(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = CASES[name]
    for variable, value in case.environment.items():
        monkeypatch.setenv(variable, value)
    (tmp_path / "config").write_text(case.config_file)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    one, other, plain = SharingSession(), SharingSession(), boto3.Session()
    clients = [client_of(session, case) for session in (one, other, other)]
    first, second = (outcome(client_of(plain, case), case, monkeypatch) for _ in range(2))
    for client, theirs in zip(clients, (first, first, second), strict=True):
        assert outcome(client, case, monkeypatch) == theirs
