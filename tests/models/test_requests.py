"""Clients over the store send byte-identical requests, signatures included, and parse responses alike."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import uuid
from typing import Any

import boto3
import botocore.auth
import botocore.compat
import botocore.endpoint
import botocore.signers
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.eventstream import EventStream, ParserError
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.model import Shape
from botocore.response import StreamingBody

from .conftest import SharingSession

# All protocols: query, ec2, json, rest-json, rest-xml, and cbor where the installed botocore has it.
SERVICES = """
accessanalyzer acm amplify apigateway application-autoscaling appsync athena autoscaling batch cloudformation cloudfront
cloudtrail cloudwatch codebuild codecommit cognito-idp config dynamodb dynamodbstreams ec2 ecr ecs efs eks elasticache
elasticbeanstalk elb elbv2 emr es events firehose glacier glue iam iot kafka
kinesisanalyticsv2 kms lambda logs mq neptune
organizations rds redshift resourcegroupstaggingapi route53 s3 s3control sagemaker secretsmanager ses sesv2 sns sqs ssm
stepfunctions sts transcribe wafv2 xray
""".split()  # noqa: SIM905
QUICK = ["cloudwatch", "dynamodb", "ec2", "iam", "lambda", "route53", "s3", "s3control", "sqs"]
NOW = datetime.datetime(2024, 2, 29, 12, 30, 45)  # botocore's own clock is naive, in UTC
DEPTH = 6


class FrozenDatetime(datetime.datetime):
    """The clock of whatever botocore module asks ``datetime.datetime``."""

    @classmethod
    def utcnow(cls) -> datetime.datetime:
        return NOW

    @classmethod
    def now(cls, tz: Any = None) -> datetime.datetime:
        return NOW.replace(tzinfo=tz)


class FrozenModule:
    """The ``datetime`` module with that clock."""

    datetime = FrozenDatetime

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (botocore.auth, botocore.compat, botocore.endpoint, botocore.signers):
        monkeypatch.setattr(module, "datetime", FrozenModule())
    monkeypatch.setattr("time.time", lambda: 1_709_209_845.0)


# Members that endpoint rules and handlers look into.
KNOWN = {
    "AccountId": "123456789012",
    "Bucket": "bucket-name",
    "QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/queue",
}


def example(shape: Shape, number: Any, depth: int = 0, name: str = "") -> Any:  # noqa: PLR0911 - one for each kind
    """A value of a shape, the same for the same state of ``number``."""
    kind = shape.type_name
    if kind == "string" and name in KNOWN:
        return KNOWN[name]
    if kind == "structure":
        required = set(shape.required_members)
        names = [name for name in shape.members if depth < DEPTH or name in required]
        if getattr(shape, "is_tagged_union", False):
            names = names[:1]
        return {
            name: example(shape.members[name], number, depth + 1, name)
            for name in names
            if depth < 3 * DEPTH and not getattr(shape.members[name], "is_eventstream", False)
        }
    if kind == "list":
        count = max(shape.metadata.get("min", 0), 2 if depth < DEPTH else 0)
        return [example(shape.member, number, depth + 1) for _ in range(min(count, 3))]
    if kind == "map":
        if depth >= DEPTH:
            return {}
        return {example(shape.key, number, depth + 1): example(shape.value, number, depth + 1)}
    if kind == "string":
        if getattr(shape, "enum", None):
            return shape.enum[next(number) % len(shape.enum)]
        accent = "" if depth < 2 else "é"  # what ends in a URL or a header is at the top
        return f"value{next(number)}{accent}".ljust(shape.metadata.get("min", 0), "x")[
            : shape.metadata.get("max", 1_000)
        ]
    if kind in {"integer", "long", "float", "double"}:
        lowest, highest = shape.metadata.get("min", 1), shape.metadata.get("max", 2**31)
        value = min(lowest + next(number) % 7, highest)
        return float(value) + 0.5 if kind in {"float", "double"} and value + 1 <= highest else int(value)
    if kind == "blob":
        return f"bytes{next(number)}".encode()
    return {"boolean": True, "timestamp": NOW, "character": "c"}[kind]


def canned_response(protocol: str) -> bytes:
    """A body that says little, to be read by the parser of every operation of a protocol."""
    if "json" in protocol:
        return json.dumps({"Items": [{"S": "x"}], "NextToken": "t", "nextToken": "u", "message": "m"}).encode()
    if "cbor" in protocol:
        return b"\xbf\x69NextToken\x61t\xff"
    return b"<Response><Result><NextToken>t</NextToken></Result><requestId>r</requestId><Marker>m</Marker></Response>"


class Exchange:
    """A client whose requests are kept, and answered with canned responses."""

    def __init__(self, session: boto3.Session, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
        unique = itertools.count()
        monkeypatch.setattr("uuid.uuid4", lambda: uuid.UUID(int=next(unique)))
        # The caller's parameters go out even where they are no ARNs and the like; retries would only repeat.
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, inject_host_prefix=True)
        self.client = session.client(service, config=config, region_name="us-east-1")
        self.sent: list[Any] = []
        self.status = 200
        self.client.meta.events.register("before-send", self.answer)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        body = request.body.read() if hasattr(request.body, "read") else request.body
        self.sent.append((request.method, request.url, sorted(request.headers.items()), body))
        model = self.client.meta.service_model
        content = canned_response(getattr(model, "resolved_protocol", model.protocol))
        raw = io.BytesIO(content)
        raw.stream = lambda *_, **__: iter([content])  # type: ignore[attr-defined]
        return AWSResponse(request.url, self.status, {"x-amzn-requestid": "id", "Content-Type": "text/plain"}, raw)

    def call(self, operation: str, parameters: dict[str, Any]) -> Any:
        """What an operation comes to: its response, or the exception's class and text."""
        try:
            response = self.client._make_api_call(operation, parameters)
        except (BotoCoreError, ClientError, ParserError, ValueError, TypeError, KeyError, AttributeError) as error:
            return type(error).__name__, str(error), getattr(error, "response", None)
        return {name: opened(value) for name, value in response.items()}


def opened(value: Any) -> Any:
    if isinstance(value, StreamingBody):
        return value.read()
    return type(value).__name__ if isinstance(value, EventStream) else value


def exchanges(session: boto3.Session, service: str, most: int, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    exchange = Exchange(session, service, monkeypatch)
    model = exchange.client.meta.service_model
    results: list[Any] = []
    for name in list(model.operation_names)[:most]:
        shape = model.operation_model(name).input_shape
        number = itertools.count()
        parameters = example(shape, number) if shape else {}
        for exchange.status in (200, 400):
            results.append((name, exchange.status, exchange.call(name, dict(parameters))))
    return [results, exchange.sent]


def assert_alike(service: str, most: int, monkeypatch: pytest.MonkeyPatch) -> int:
    ours = exchanges(SharingSession(), service, most, monkeypatch)
    theirs = exchanges(boto3.Session(), service, most, monkeypatch)
    for one, other in zip(ours[0], theirs[0], strict=True):
        assert one == other, service
    for one, other in zip(ours[1], theirs[1], strict=True):
        assert one == other, service
    assert any("Authorization" in dict(sent[2]) for sent in ours[1]), "nothing was signed"
    # Most generated parameters make requests; the rest fails alike, which was compared too.
    assert len(ours[1]) >= len(ours[0]) * 0.6, [result for result in ours[0] if isinstance(result[2], tuple)][:5]
    return len(ours[1])


@pytest.mark.parametrize("service", QUICK)
def test_requests_and_responses_of_some_services_are_alike(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_alike(service, 25, monkeypatch)


@pytest.mark.full
@pytest.mark.parametrize("service", SERVICES)
def test_requests_and_responses_of_sixty_services_are_alike(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_alike(service, 1_000, monkeypatch)


def test_the_sixty_services_have_every_protocol() -> None:
    loader, known = Loader(), Loader().list_available_services("service-2")
    services = [service for service in SERVICES if service in known]
    assert len(services) >= 60
    protocols = {loader.load_service_model(name, "service-2")["metadata"]["protocol"] for name in services}
    assert {"query", "ec2", "json", "rest-json", "rest-xml"} <= protocols
