"""What the tests of roles have in common: STS on loopback, and a pool that asks it."""

import pytest
from support.sts import sts_server

from boto3_client_cache import SessionPool


@pytest.fixture
def sts(monkeypatch):
    with sts_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


@pytest.fixture
def pool():
    with SessionPool() as made:
        yield made
