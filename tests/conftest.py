"""What every test starts from: no trace of the machine's AWS settings, and no default session."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator

import boto3
import hypothesis
import pytest
from support.endpoint import moto_server
from support.kinds import ALL_FLAVOURS, FLAVOURS, KINDS, POLICIES

import boto3_client_cache

# The machine may be busy: no verdict depends on time.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test over both kinds, both policies, the cache classes, or those of pools too, by its argument's name."""
    arguments = {"kind": KINDS, "policy": POLICIES, "flavour": FLAVOURS, "any_flavour": ALL_FLAVOURS}
    for name, values in arguments.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=str)


@pytest.fixture(scope="session", autouse=True)
def _no_aws_settings_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    (home / "config").write_text("[default]\nregion = us-east-1\n")
    (home / "credentials").write_text("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.upper().startswith(("AWS_", "BOTO_")) or name.upper().endswith("_PROXY"):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("AWS_CONFIG_FILE", str(home / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(autouse=True)
def _no_default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def session() -> boto3_client_cache.Session:
    """Make a session of ours, with nothing in its caches."""
    return boto3_client_cache.Session(region_name="us-east-1")


@pytest.fixture(scope="session")
def endpoint_url() -> Iterator[str]:
    """Serve S3, DynamoDB, SQS and the rest over real HTTP."""
    with moto_server() as url:
        yield url


@pytest.fixture
def endpoint(endpoint_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point every client made in this test at the server, as a user would, with nothing on it."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint_url}/moto-api/reset", method="POST")).close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
    return endpoint_url
