"""Clients over the store send byte-identical requests, signatures included, and parse responses alike."""

from __future__ import annotations

import itertools
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.loaders import Loader

from .conftest import SharingSession
from .exchanges import Exchange, example, stop_the_clock

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


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_the_clock(monkeypatch)


def client_of(session: boto3.Session, service: str) -> Any:
    # The caller's parameters go out even where they are no ARNs and the like; retries would only repeat.
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, inject_host_prefix=True)
    return session.client(service, config=config, region_name="us-east-1")


def exchanges(client: Any, most: int, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    exchange = Exchange(client, monkeypatch)
    model = client.meta.service_model
    results: list[Any] = []
    for name in list(model.operation_names)[:most]:
        shape = model.operation_model(name).input_shape
        number = itertools.count()
        parameters = example(shape, number) if shape else {}
        for exchange.status in (200, 400):
            results.append((name, exchange.status, exchange.call(name, dict(parameters))))
    return [results, exchange.sent]


def assert_alike(service: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, plain = SharingSession(), SharingSession(), boto3.Session()
    clients = [client_of(session, service) for session in (one, other, other)]
    plain_clients = [client_of(plain, service) for _ in range(2)]  # a session's second has another user agent
    first, second = (exchanges(client, most, monkeypatch) for client in plain_clients)
    for client, theirs in zip(clients, (first, first, second), strict=True):
        ours = exchanges(client, most, monkeypatch)
        for mine, expected in zip([*ours[0], *ours[1]], [*theirs[0], *theirs[1]], strict=True):
            assert mine == expected, (service, clients.index(client))
    assert any("Authorization" in dict(sent[2]) for sent in first[1]), "nothing was signed"
    # Most generated parameters make requests; the rest fails alike, which was compared too.
    assert len(first[1]) >= len(first[0]) * 0.6, [result for result in first[0] if isinstance(result[2], tuple)][:5]


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
