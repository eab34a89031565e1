"""What the tests of shared connections have in common: tenants, and servers that answer them as a test says."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from support.scripted_server import Part, Request, ScriptedServer, make_certificates, reply, serving

import boto3_client_cache
from boto3_client_cache.connections import HostConnections, connections_info

# One try, so that nothing is hidden by a second one; buckets in the path: the server has one name.
CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, connect_timeout=20, read_timeout=20)


@pytest.fixture(autouse=True)
def _no_choice_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS", raising=False)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    make_certificates(directory)
    return directory


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def start(scheme: str, certificates: Path) -> Iterator[Callable[..., ScriptedServer]]:
    """Return what starts a server that answers as it is told, over HTTP and over HTTPS in turn."""
    with ExitStack() as servers:

        def start(answer: Callable[[Request], Iterator[Part]] = echo, **options: Any) -> ScriptedServer:
            context = server_context(certificates) if scheme == "https" else None
            return servers.enter_context(serving(answer, tls=context, **options))

        yield start


def server_context(certificates: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")
    return context


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does; a minute is for ever."""
    for _ in range(60_000):
        if holds():
            return
        time.sleep(0.001)
    raise AssertionError("it never came to be")


def echo(request: Request) -> Iterator[Part]:
    """Answer with who asked for what."""
    yield reply(f"{request.tenant} {request.path}".encode())


@pytest.fixture
def tenant(certificates: Path) -> Callable[..., Any]:
    """Return what makes the S3 client of a tenant, in a session of its own that shares connections."""

    def tenant(name: str, server: ScriptedServer, **options: Any) -> Any:
        options = {
            "share_connections": "process",
            "config": CONFIG,
            "verify": str(certificates / "authority.pem"),
        } | options
        arguments = {key: options.pop(key) for key in ("config", "verify")}
        session = options.pop("session", None) or boto3_client_cache.Session(
            name, "secret", region_name="eu-west-1", **options
        )
        return session.client("s3", endpoint_url=server.url, **arguments)

    return tenant


def get(client: Any, key: str = "x") -> bytes:
    """Read an object whole."""
    body: bytes = client.get_object(Bucket="bucket", Key=key)["Body"].read()
    return body


def shared_with(server: Any) -> list[HostConnections]:
    """Return what is shared of the connections to a server."""
    return [host for host in connections_info().hosts if host.host == server.url]
