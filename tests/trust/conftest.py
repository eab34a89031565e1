"""What the tests of shared trust have in common: clients of ours and of plain boto3, and a server that they greet."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from support.certificates import make_certificates
from support.tls import Server, server_context, tls_server

import boto3_client_cache
from boto3_client_cache.lean import trust

SESSIONS: dict[str, Callable[..., Any]] = {"ours": boto3_client_cache.Session, "boto3": boto3.Session}


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    settle(*folder.iterdir())
    return folder


@pytest.fixture(scope="session", autouse=True)
def _credentials_are_found() -> None:
    """Have them found before any test counts: looking for them, a session of boto3 makes contexts too."""
    for make_session in SESSIONS.values():
        _session(make_session).get_credentials()


@pytest.fixture(autouse=True)
def _nothing_shared_yet() -> None:
    trust._contexts.clear()


@pytest.fixture
def server(certificates: Path) -> Iterator[Server]:
    """A server with a good certificate that asks for the clients', and closes each connection after its answer."""
    with tls_server(server_context(certificates / "ours-good.pem", certificates / "ours.pem")) as started:
        yield started


def settle(*paths: Path) -> None:
    """Wait until the files are old enough for their next change to be told from this one."""
    while any(time.time_ns() - path.stat().st_ctime_ns <= trust._SETTLED for path in paths):
        time.sleep(0.01)


def replace(path: Path, content: bytes) -> Path:
    """Put another file in the place of one, as programs that rotate certificates do."""
    written = path.with_name("written")
    written.write_bytes(content)
    written.rename(path)
    settle(path)
    return path


def make_client(url: str, verify: Any = None, make_session: Any = boto3_client_cache.Session, **config: Any) -> Any:
    """Make a client that tries once."""
    options = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}, **config}
    verify = str(verify) if isinstance(verify, Path) else verify
    # Not the cached method: each client is another.
    return boto3.Session.client(_session(make_session), "s3", endpoint_url=url, verify=verify, config=Config(**options))


@functools.cache
def _session(make_session: Callable[..., Any]) -> Any:
    return make_session(region_name="us-east-1")


def request(client: Any) -> str:
    """Send one request; return what came of it, in words without what is new each time."""
    try:
        return str(client.head_bucket(Bucket="bucket")["ResponseMetadata"]["HTTPStatusCode"])
    except botocore.exceptions.BotoCoreError as error:
        return re.sub(r"0x[0-9a-f]+|:\d{4,5}|port=\d+", "", f"{type(error).__name__}: {error}")


def context_of(client: Any) -> Any:
    return client._endpoint.http_session._manager.connection_pool_kw["ssl_context"]


def shares(client: Any) -> bool:
    return type(context_of(client)) is trust.ClientContext
