"""What waits until it is needed: proxies of an empty environment, and the HTTP parts of credential providers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.session
import botocore.utils
import pytest
from botocore.httpsession import URLLib3Session

from boto3_client_cache.lean.credentials import _ContainerMetadataFetcher, _InstanceMetadataFetcher
from boto3_client_cache.lean.proxies import environ_proxies

from .conftest import SharingSession

UTILS: Any = botocore.utils
URLS = ("https://sqs.us-east-1.amazonaws.com", "http://localhost:80", "https://[::1]:443/", "https://a.b.internal")
ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"HTTPS_PROXY": "http://proxy:1"},
    {"https_proxy": "http://proxy:2", "HTTPS_PROXY": "http://proxy:1"},
    {"Https_Proxy": "http://proxy:3"},
    {"https_proxy": "", "HTTPS_PROXY": "http://proxy:1"},
    {"ALL_PROXY": "socks://proxy:1"},
    {"HTTP_PROXY": "http://proxy:1", "REQUEST_METHOD": "GET"},
    {"no_proxy": "*"},
    {"https_proxy": "http://proxy:2", "NO_PROXY": "amazonaws.com, .internal"},
    {"https_proxy": "http://proxy:2", "no_proxy": "*"},
    {"_proxy": "http://proxy:2"},
    {"PROXY": "http://proxy:2", "HTTPS_PROXY_": "http://proxy:3"},
]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize("url", URLS)
def test_proxies_are_those_that_botocore_finds(url: str, environment: dict[str, str], monkeypatch: Any) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environ_proxies(url) == UTILS.get_environ_proxies(url)
    clients = [each.client("sqs", endpoint_url=url) for each in (SharingSession(), boto3.Session())]
    ours, theirs = (client._endpoint.http_session._proxy_config._proxies for client in clients)
    assert ours == theirs


@pytest.mark.parametrize("name", ["botocore.utils.getproxies", "botocore.utils.proxy_bypass"])
def test_who_replaces_what_finds_proxies_is_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"getproxies": {"https": "http://patched:1"}, "proxy_bypass": 0}
    calls: list[str] = []

    def replacement(*_: Any) -> Any:
        calls.append(name)
        return answers[name.rpartition(".")[2]]

    monkeypatch.setattr(name, replacement)
    SharingSession().client("sqs")
    assert calls


CREDENTIALS = {
    "Code": "Success",
    "AccessKeyId": "from-metadata",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}


class _Metadata(BaseHTTPRequestHandler):
    """The metadata service of a container or an instance."""

    def answer(self) -> None:
        texts = {"/latest/api/token": "a-token", "/latest/meta-data/iam/security-credentials/": "a-role"}
        body = texts.get(self.path, json.dumps(CREDENTIALS)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def metadata_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Metadata) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("variable", "path", "method"),
    [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "/", "iam-role"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/credentials", "container-role"),
    ],
)
def test_credentials_of_metadata_services_are_found(
    variable: str, path: str, method: str, metadata_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, metadata_url + path)
    found = [session.get_credentials() for session in (SharingSession(), boto3.Session())]
    assert [each.method for each in found] == [method] * 2
    assert found[0].get_frozen_credentials() == found[1].get_frozen_credentials()


def test_instance_metadata_can_be_turned_off(metadata_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata_url)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "TRUE")
    assert SharingSession().get_credentials() is None


def providers(session: Any) -> list[Any]:
    return list(session._session.get_component("credential_provider").providers)


@pytest.mark.parametrize("profile", [None, "default"])
def test_the_providers_are_botocores_in_botocores_order(profile: str | None, tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    ours, theirs = (providers(make(profile_name=profile)) for make in (SharingSession, boto3.Session))
    assert list(map(type, ours)) == list(map(type, theirs))
    for one, other in zip(ours, theirs, strict=True):
        assert vars(one).keys() == vars(other).keys()


def fetchers(session: Any) -> list[Any]:
    found = {type(each).__name__: each for each in providers(session)}
    return [found["ContainerProvider"]._fetcher, found["InstanceMetadataProvider"]._role_fetcher]


def test_their_http_sessions_are_like_botocores() -> None:
    ours, theirs = fetchers(SharingSession()), fetchers(boto3.Session())
    assert list(map(type, ours)) == [_ContainerMetadataFetcher, _InstanceMetadataFetcher]
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one._session, URLLib3Session)
        assert one._session._timeout == other._session._timeout
        assert {name: value for name, value in vars(one).items() if name != "_session"} == {
            name: value for name, value in vars(other).items() if name != "_session"
        }


@pytest.mark.parametrize(
    "name",
    [
        "botocore.credentials.create_credential_resolver",
        "botocore.credentials.InstanceMetadataFetcher",
        "botocore.credentials.ContainerMetadataFetcher",
        "botocore.utils.IMDSFetcher.__init__",
        "botocore.httpsession.URLLib3Session",
        "botocore.session.Session._create_credential_resolver",
    ],
)
def test_who_replaces_what_makes_them_is_called(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, _, last = name.rpartition(".")
    calls: list[str] = []
    found: Any = botocore
    for part in owner.split(".")[1:]:
        found = getattr(found, part)
    original = getattr(found, last)

    def wrapper(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return original(*arguments, **options)

    session = SharingSession()
    monkeypatch.setattr(found, last, wrapper)
    providers(session)
    assert calls
