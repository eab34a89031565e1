"""Whose clients are counted: those that real packages have boto3 build, against a real endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest

from boto3_client_cache import cached_boto3

BuiltBothWays = Callable[[Callable[[int], None], int], tuple[int, int]]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the services of all clients that botocore builds from now on."""
    services: list[str] = []
    create_client = botocore.session.Session.create_client

    def note(self: botocore.session.Session, service_name: str, *args: Any, **kwargs: Any) -> Any:
        services.append(service_name)
        return create_client(self, service_name, *args, **kwargs)

    monkeypatch.setattr(botocore.session.Session, "create_client", note)
    return services


@pytest.fixture
def clients_built(built: list[str], bucket: str, monkeypatch: pytest.MonkeyPatch) -> BuiltBothWays:
    """Use a package some times with plain boto3, and as often with it cached; count the clients built each time."""

    def use(package: Callable[[int], None], times: int) -> int:
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        built.clear()
        for number in range(times):
            package(number)
        return len(built)

    def use_both_ways(package: Callable[[int], None], times: int) -> tuple[int, int]:
        plain = use(package, times)
        with cached_boto3():
            return plain, use(package, times)

    return use_both_ways


@pytest.fixture
def bucket(endpoint: str) -> str:
    """Make a bucket on the endpoint."""
    boto3.Session().client("s3").create_bucket(Bucket="bucket")
    return "bucket"
