"""A client that shares with others asks the proxies that boto3's asks, and sends them the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from .conftest import SharingSession


class Proxy(BaseHTTPRequestHandler):
    """Writes down what it is asked for, and by what right; it answers itself, and opens no tunnel."""

    def do_GET(self) -> None:
        self.server.asked.append((self.requestline, self.headers["Host"], self.headers["Proxy-Authorization"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<ListAllMyBucketsResult/>")

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.requestline, self.headers["Host"], self.headers["Proxy-Authorization"]))
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


PLAIN, TLS, DIRECT = "http://bucket.test", "https://bucket.test", "http://localhost:{port}"
CASES: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "environment": (PLAIN, {"http_proxy": "http://127.0.0.1:{port}"}, {}),
    "environment, with a user": (PLAIN, {"HTTP_PROXY": "http://me:pass@127.0.0.1:{port}"}, {}),
    "environment, for tls": (TLS, {"HTTPS_PROXY": "http://me:pass@127.0.0.1:{port}"}, {}),
    "environment, not for this host": (
        DIRECT, {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "other.test,localhost"}, {},
    ),
    "config": (PLAIN, {}, {"proxies": {"http": "http://me:pass@127.0.0.1:{port}"}}),
    "config, for tls": (TLS, {}, {"proxies": {"https": "127.0.0.1:{port}"}}),
    "config before the environment": (
        PLAIN, {"HTTP_PROXY": "http://127.0.0.1:1"}, {"proxies": {"http": "http://127.0.0.1:{port}"}},
    ),
    "config of none": (DIRECT, {"HTTP_PROXY": "http://127.0.0.1:1"}, {"proxies": {}}),
}  # fmt: skip


def ask(client: Any, server: Any) -> Any:
    server.asked.clear()
    try:
        result = client.list_buckets()["ResponseMetadata"]["HTTPStatusCode"]
    except BotoCoreError as error:
        result = type(error).__name__, str(error)
    return result, list(server.asked)


@pytest.mark.parametrize("name", CASES)
def test_a_client_that_shares_asks_the_proxies_that_boto3s_asks(
    name: str, proxy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, environment, given = CASES[name]
    port = str(proxy.server_port)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value.replace("{port}", port))
    config = {key: {kind: value.replace("{port}", port) for kind, value in each.items()} for key, each in given.items()}
    options: Any = {
        "endpoint_url": url.replace("{port}", port),
        "config": Config(retries={"total_max_attempts": 1}, **config),
    }
    one, other, plain = SharingSession(), SharingSession(), boto3.Session()
    clients = [session.client("s3", **options) for session in (one, other, other)]
    theirs = ask(plain.client("s3", **options), proxy)
    assert theirs[1], "nobody was asked"
    for client in clients:
        assert ask(client, proxy) == theirs


def test_an_environment_that_names_a_proxy_later_is_seen_by_further_clients(
    proxy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = {"endpoint_url": "http://127.0.0.1:1", "config": Config(retries={"total_max_attempts": 1})}
    for session in (SharingSession(), boto3.Session()):
        before = session.client("s3", **options)
        assert ask(before, proxy)[0][0] == "EndpointConnectionError"
        with monkeypatch.context() as context:
            context.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
            assert ask(before, proxy)[0][0] == "EndpointConnectionError"
            assert ask(session.client("s3", **options), proxy)[0] == 200
        assert ask(session.client("s3", **options), proxy)[0][0] == "EndpointConnectionError"
