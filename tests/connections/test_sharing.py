"""Who shares connections, and with whom; everything else is as with botocore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.awsrequest
import botocore.exceptions
import botocore.httpsession
import pytest
from botocore.config import Config
from support.scripted_server import Part, Request, ScriptedServer, reply, serving

import boto3_client_cache
from boto3_client_cache import CacheError, connections_info

from .conftest import CONFIG, get, server_context, shared_with

Start = Callable[..., ScriptedServer]
Tenant = Callable[..., Any]


def with_config(**options: Any) -> Config:
    return CONFIG.merge(Config(**options))


def test_two_sessions_open_one_connection_to_a_host(start: Start, tenant: Tenant) -> None:
    server = start()
    clients = [tenant(name, server) for name in "AB"]
    assert [get(client) for client in clients] == [b"A /bucket/x", b"B /bucket/x"]
    assert server.connections == 1


def test_without_a_choice_each_client_has_connections_of_its_own(start: Start, tenant: Tenant) -> None:
    server = start()
    clients = [tenant(name, server, share_connections=None) for name in "AB"]
    assert [get(client) for client in clients] == [b"A /bucket/x", b"B /bucket/x"]
    assert server.connections == 2


def test_the_environment_chooses_where_no_argument_does(
    start: Start, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS", "process")
    clients = [tenant(name, server, share_connections=None) for name in "AB"]
    clients.append(tenant("C", server, share_connections=False))
    assert [get(client) for client in clients] == [b"A /bucket/x", b"B /bucket/x", b"C /bucket/x"]
    assert [request.connection for request in server.requests] == [0, 0, 1]


@pytest.mark.parametrize("value", ["Process", "proces", True, 1, ["process"], {"process"}])
def test_a_wrong_scope_is_refused_by_name_and_value(value: Any) -> None:
    with pytest.raises(CacheError) as raised:
        boto3_client_cache.Session(share_connections=value)
    assert raised.value.param == "share_connections"
    assert "share_connections" in str(raised.value)
    assert str(value) in str(raised.value)


def test_a_wrong_scope_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS", "everybody")
    with pytest.raises(CacheError, match="everybody") as raised:
        boto3_client_cache.Session()
    assert raised.value.param == "BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS"


def test_the_clients_of_one_session_share_among_themselves(start: Start, tenant: Tenant) -> None:
    server = start()
    sessions = [
        boto3_client_cache.Session(name, "secret", region_name="eu-west-1", share_connections="session")
        for name in "AB"
    ]
    clients = [tenant("", server, session=session) for session in sessions]
    clients += [
        tenant("", server, session=session, config=with_config(region_name=f"eu-west-{n}"))
        for n in (2, 3)
        for session in sessions
    ]
    assert [get(client) for client in clients] == [b"A /bucket/x", b"B /bucket/x"] * 3
    assert {(request.tenant, request.connection) for request in server.requests} == {("A", 0), ("B", 1)}


DIFFERENT: dict[str, Callable[[Path], dict[str, Any]]] = {
    "connect timeout": lambda _: {"config": with_config(connect_timeout=21)},
    "read timeout": lambda _: {"config": with_config(read_timeout=21)},
    "pool size": lambda _: {"config": with_config(max_pool_connections=3)},
    "keep-alive": lambda _: {"config": with_config(tcp_keepalive=True)},
    "proxies": lambda _: {"config": with_config(proxies={"ftp": "http://user:password@localhost"})},
    "proxies' settings": lambda _: {"config": with_config(proxies_config={"proxy_use_forwarding_for_https": False})},
    "client certificate": lambda directory: {"config": with_config(client_cert=str(directory / "client.pem"))},
    "bundle": lambda directory: {"verify": str(directory / ".." / directory.name / "authority.pem")},
    "trust": lambda _: {"share_trust": False},
    "scope": lambda _: {"share_connections": "session"},
}


@pytest.mark.parametrize("setting", DIFFERENT)
def test_clients_that_differ_in_a_transport_setting_share_nothing(
    setting: str, start: Start, tenant: Tenant, certificates: Path
) -> None:
    server = start()
    options = DIFFERENT[setting](certificates)
    alike, different = [tenant(name, server) for name in "AB"], [tenant(name, server, **options) for name in "CD"]
    assert [get(client) for client in alike + different] == [f"{name} /bucket/x".encode() for name in "ABCD"]
    expected = [0, 0, 1, 2] if setting == "scope" else [0, 0, 1, 1]
    assert [request.connection for request in server.requests] == expected


def test_one_that_verifies_and_one_that_does_not_share_nothing(tenant: Tenant, certificates: Path) -> None:
    """Whoever does not verify may be on a connection to anybody."""
    with serving(lambda request: iter([reply(request.tenant.encode())]), tls=server_context(certificates)) as server:
        careless, strict = tenant("A", server, verify=False), tenant("B", server, verify=True)
        with pytest.warns(Warning, match="Unverified HTTPS request"):
            assert get(careless) == b"A"
        with pytest.raises(botocore.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            get(strict)
        with pytest.warns(Warning, match="Unverified HTTPS request"):
            assert get(careless) == b"A"
        assert get(tenant("C", server)) == b"C"
        assert [(request.tenant, request.connection) for request in server.requests] == [("A", 0), ("A", 0), ("C", 2)]


def test_one_that_stops_verifying_leaves_the_others_alone(tenant: Tenant, certificates: Path) -> None:
    with serving(lambda request: iter([reply(request.tenant.encode())]), tls=server_context(certificates)) as server:
        clients = a, b, strict = [tenant("A", server), tenant("B", server), tenant("C", server, verify=True)]
        assert [get(a), get(b)] == [b"A", b"B"]
        a._endpoint.http_session._verify = False
        with pytest.warns(Warning, match="Unverified HTTPS request"):
            assert get(a) == b"A"
        assert get(b) == b"B"
        for client in clients:
            client.close()
        assert get(b) == b"B"
        with pytest.raises(botocore.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            get(strict)


# Ways to make a client's HTTP session one's own.
CHANGES: dict[str, Callable[[Any], object]] = {
    "its manager": lambda http: http._manager.connection_pool_kw.update(block=True),
    "its manager looked at": lambda http: http._manager.pools,
    "another manager": lambda http: setattr(http, "_manager", type(http._manager)(maxsize=2)),
    "its pool classes": lambda http: http._pool_classes_by_scheme.update(
        {scheme: type("Mine", (own,), {}) for scheme, own in http._pool_classes_by_scheme.items()}
    ),
    "a method": lambda http: setattr(http, "_setup_ssl_cert", http._setup_ssl_cert),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_late", [False, True])
def test_a_client_whose_http_session_was_changed_has_connections_of_its_own(
    change: str, is_late: bool, start: Start, tenant: Tenant
) -> None:
    server = start()
    a, b = tenant("A", server), tenant("B", server)
    if is_late:
        assert [get(a), get(b)] == [b"A /bucket/x", b"B /bucket/x"]
        server.requests.clear()
    http = b._endpoint.http_session
    CHANGES[change](http)
    with pytest.MonkeyPatch.context() as patch:
        if change == "another manager":  # as whoever replaces it must
            patch.setattr(http._manager, "pool_classes_by_scheme", http._pool_classes_by_scheme)
            patch.setattr(http._manager, "connection_pool_kw", http._get_pool_manager_kwargs())
        assert [get(a), get(b)] == [b"A /bucket/x", b"B /bucket/x"]
    assert [request.connection for request in server.requests] == [0, 1]
    assert [host.idle for host in shared_with(server)] == [1]
    assert len(http._manager.pools) == 1


CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "no pool at all": {"max_pool_connections": 0},
    "less than none": {"max_pool_connections": -1},
    "a text": {"max_pool_connections": "ten"},
    "a fraction": {"max_pool_connections": 1.5},
    "no time": {"connect_timeout": 0},
    "a missing certificate": {"client_cert": "/nowhere/client.pem"},
    "a certificate in a list": {"client_cert": ["/nowhere/client.pem", "/nowhere/key.pem"]},
    "a proxy without a server": {"proxies": {"http": "http://127.0.0.1:9", "https": "http://127.0.0.1:9"}},
    "a proxy of no kind": {"proxies": {"http": "gopher://127.0.0.1:9", "https": "gopher://127.0.0.1:9"}},
    "a proxy bundle that is missing": {
        "proxies": {"http": "http://127.0.0.1:9", "https": "http://127.0.0.1:9"},
        "proxies_config": {"proxy_ca_bundle": "/nowhere/bundle.pem"},
    },
    "a proxy certificate in a list": {
        "proxies": {"http": "http://127.0.0.1:9", "https": "http://127.0.0.1:9"},
        "proxies_config": {"proxy_client_cert": ["/nowhere/bundle.pem"]},
    },
}


def outcome(client: Callable[[], Any]) -> str:
    try:
        return get(client()).decode()
    except Exception as error:  # to be compared
        return f"{type(error).__qualname__}: {error}".partition(" at 0x")[0]


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
def test_a_config_that_contradicts_itself_does_what_it_does_with_boto3(
    contradiction: str, start: Start, tenant: Tenant, certificates: Path
) -> None:
    server = start()
    config = with_config(**CONTRADICTIONS[contradiction])
    plain = boto3.Session("A", "secret", region_name="eu-west-1")
    authority = str(certificates / "authority.pem")
    expected = outcome(lambda: plain.client("s3", endpoint_url=server.url, verify=authority, config=config))
    for _ in range(2):
        assert outcome(lambda: tenant("A", server, config=config)) == expected


def test_clients_that_botocore_makes_itself_share_too(
    start: Start, tenant: Tenant, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever assumes a role, by STS."""

    def answer(request: Request) -> Iterator[Part]:
        if b"AssumeRole" not in request.body:
            yield reply(request.tenant.encode())
            return
        yield reply(
            b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId>"
            b"<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"
            b"<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )

    server = start(answer)
    settings = tmp_path / "config"
    settings.write_text(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = source\nregion = eu-west-1\n"
        "[profile source]\naws_access_key_id = SOURCE\naws_secret_access_key = secret\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates / "authority.pem"))
    session = boto3_client_cache.Session(profile_name="role", share_connections="process")
    config = Config(s3={"addressing_style": "path"})
    client = tenant("", server, session=session, config=config, verify=None)
    assert get(client) == b"ROLE"
    assert [request.tenant for request in server.requests] == ["SOURCE", "ROLE"]
    assert session._session._client_cache_sharing.connections == "process"


def test_a_proxy_is_shared_by_those_who_know_its_password(tenant: Tenant, certificates: Path) -> None:
    def proxies(server: ScriptedServer, user: str) -> Config:
        url = server.url.replace("//", f"//{user}:password@")
        return with_config(proxies={"http": url, "https": url})

    with serving(lambda request: iter([reply(request.tenant.encode())]), tunnel=server_context(certificates)) as proxy:
        for scheme in ("http", "https"):
            target = type("Target", (), {"url": f"{scheme}://127.0.0.1:1"})
            clients = [tenant(name, target, config=proxies(proxy, user)) for name, user in ("Ax", "Bx", "Cy")]
            proxy.requests.clear()
            assert [get(client) for client in clients] == [b"A", b"B", b"C"]
            used = [request.connection for request in proxy.requests if request.method != "CONNECT"]
            assert used[0] == used[1] != used[2]
            assert "password" not in str(connections_info())
            hosts = shared_with(proxy if scheme == "http" else target)
            assert sorted(host.clients for host in hosts) == [1, 2]


def test_two_hosts_through_one_proxy_that_is_told_the_host_share_nothing(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be written into the pool into its pool then."""
    monkeypatch.setenv("BOTO_EXPERIMENTAL__ADD_PROXY_HOST_HEADER", "true")
    with serving(lambda request: iter([reply(request.tenant.encode())])) as proxy:
        config = with_config(proxies={"http": proxy.url})
        targets = [type("Target", (), {"url": f"http://127.0.0.{n}:1"}) for n in (1, 2)]
        clients = [tenant(name, target, config=config) for name, target in zip("AB", targets, strict=True)]
        assert [get(client) for client in clients] == [b"A", b"B"]
        assert proxy.connections == 2
        assert shared_with(proxy) == []


def test_a_context_that_somebody_makes_while_a_client_is_created_is_that_clients(
    start: Start, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    original = botocore.httpsession.create_urllib3_context

    def make() -> Any:
        made.append(original())
        return made[-1]

    server = start()
    monkeypatch.setattr(botocore.httpsession, "create_urllib3_context", make)
    a = tenant("A", server)
    monkeypatch.undo()
    b = tenant("B", server)
    assert [get(a), get(b)] == [b"A /bucket/x", b"B /bucket/x"]
    assert a._endpoint.http_session._manager.connection_pool_kw["ssl_context"] is made[0]
    assert server.connections == 2


def test_a_key_log_that_cannot_be_written_is_told_when_the_client_is_created(
    start: Start, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys")
    server = start()
    with pytest.raises(FileNotFoundError):
        boto3.Session("A", "secret", region_name="eu-west-1").client("s3", endpoint_url=server.url)
    with pytest.raises(FileNotFoundError):
        tenant("A", server)


def test_a_key_log_that_is_named_after_a_client_was_created_is_not_its_own(
    start: Start, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    clients = [tenant(name, server) for name in "AB"]
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys")
    assert [get(client) for client in clients] == [b"A /bucket/x", b"B /bucket/x"]
    assert server.connections == 1


def test_what_makes_contexts_and_is_replaced_after_a_client_was_created_is_not_asked(
    start: Start, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    client = tenant("A", server)
    monkeypatch.setattr(botocore.httpsession, "create_urllib3_context", None)
    assert client._endpoint.http_session._manager.connection_pool_kw["ssl_context"] is not None
    assert get(client) == b"A /bucket/x"
