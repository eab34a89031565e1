"""What the tests of shared models have in common: real sessions, real files, no network."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest

from boto3_client_cache.lean.models import SharedLoader
from boto3_client_cache.lean.session import Choices, botocore_session


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: takes minutes: every file, every service")


class SharingSession(boto3.Session):
    """A boto3 session over the store, with nothing else of this package."""

    def __init__(self, *, share_models: bool | None = None, **arguments: Any) -> None:
        arguments["botocore_session"] = botocore_session(
            Choices(models=share_models), arguments.get("profile_name"), arguments.get("botocore_session")
        )
        super().__init__(**arguments)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials and a region that no test depends on, and no configuration of the machine's."""
    for name in ("AWS_PROFILE", "AWS_DATA_PATH", "BOTO3_CLIENT_CACHE_SHARE_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))


@pytest.fixture
def loader() -> SharedLoader:
    return SharedLoader()


def write_model(root: Path, data: Any, name: str = "thing/2020-01-01/service-2", *, compress: bool = False) -> Path:
    """Write a model file under a data directory; ``data`` is its text, its bytes, or what JSON is made of."""
    path = root / f"{name}.json{'.gz' if compress else ''}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(data, str | bytes):
        data = json.dumps(data)
    content = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(content) if compress else content)
    return path


def plain_botocore_session() -> botocore.session.Session:
    return botocore.session.get_session()
