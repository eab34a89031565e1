"""Clients share TLS contexts, and a server cannot tell: what they offer, and what they accept, is plain boto3's."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from support.tls import Server, proxy, server_context, settings_in, tls_server

from boto3_client_cache.lean import trust

from .conftest import SESSIONS, context_of, make_client, request, shares


def test_each_connection_loaded_the_bundle_into_a_context_of_its_client(server: Server, certificates: Path) -> None:
    clients = [make_client(server.url, certificates / "ours.pem") for _ in range(3)]
    for client in (*clients, *clients):
        assert request(client) == "200"
    assert len(server.greetings) == 6
    assert len(trust._contexts) == 1
    assert all(map(shares, clients))
    assert {ssl.SSLContext.cert_store_stats(context_of(client))["x509"] for client in clients} == {0}


def test_clients_that_botocore_builds_itself_loaded_the_bundle_too(server: Server, certificates: Path) -> None:
    session = SESSIONS["ours"](region_name="us-east-1")
    client = session._session.create_client("sts", endpoint_url=server.url, verify=str(certificates / "ours.pem"))
    assert shares(client)


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "certificate": {"client_cert": True},
    "proxy": {"proxies": True},
}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_client_s_greeting_is_plain_boto3s(host: str, options: dict[str, Any], certificates: Path) -> None:
    options = dict(options)
    if "client_cert" in options:
        options["client_cert"] = tuple(str(certificates / f"ours-alpha-{part}.pem") for part in ("cert", "key"))
    context = server_context(certificates / "ours-good.pem", certificates / "ours.pem")
    seen = {}
    with tls_server(context, host=host) as server, proxy() as proxy_url:
        if "proxies" in options:
            options["proxies"] = {"https": proxy_url}
        for kind, make_session in SESSIONS.items():
            client = make_client(server.url, certificates / "ours.pem", make_session, **options)
            answers = request(client), request(client)  # the bundle and ALPN once, and once more
            assert shares(client) == (kind == "ours")
            seen[kind] = (
                answers,
                [(settings_in(each.hello), each.version, each.cipher, each.protocol) for each in server.greetings],
                [each.person for each in server.greetings],
            )
            server.greetings.clear()
    assert len(seen["boto3"][1]) == 2
    assert seen["ours"] == seen["boto3"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_version_is_agreed_on_as_by_plain_boto3(version: ssl.TLSVersion, certificates: Path) -> None:
    context = server_context(certificates / "ours-good.pem")
    context.minimum_version = context.maximum_version = version
    with tls_server(context) as server:
        for make_session in SESSIONS.values():
            assert request(make_client(server.url, certificates / "ours.pem", make_session)) == "200"
        ours, boto3s = [(each.version, each.cipher, each.protocol) for each in server.greetings]
    assert ours == boto3s


@pytest.mark.parametrize("shown", ["ours-good", "ours-rotated", "ours-expired", "ours-elsewhere", "other-good"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_s_certificate_is_judged_as_by_plain_boto3(shown: str, host: str, certificates: Path) -> None:
    outcomes = {}
    with tls_server(server_context(certificates / f"{shown}.pem"), host=host) as server:
        for kind, make_session in SESSIONS.items():
            client = make_client(server.url, certificates / "ours.pem", make_session)
            outcomes[kind] = [request(client), request(client)]
            assert shares(client) == (kind == "ours")
    assert outcomes["ours"] == outcomes["boto3"]
    assert (outcomes["ours"][0] == "200") == (shown in {"ours-good", "ours-rotated"})


def test_a_certificate_that_a_server_rotates_is_judged_at_the_next_connection(certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        client = make_client(server.url, certificates / "ours.pem")
        outcomes = []
        for shown in ("ours-good", "ours-rotated", "ours-expired", "other-good", "ours-good"):
            server.context = server_context(certificates / f"{shown}.pem")
            outcomes.append(request(client).partition(":")[0])
    assert outcomes == ["200", "200", "SSLError", "SSLError", "200"]


def test_idle_connections_are_used_again(certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem"), keep_alive=True) as server:
        client = make_client(server.url, certificates / "ours.pem")
        assert [request(client) for _ in range(5)] == ["200"] * 5
        assert len(server.greetings) == 1
        client.close()


def test_sharing_can_be_turned_off(server: Server, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_options(**options: Any) -> bool:
        client = make_client(server.url, certificates / "ours.pem", lambda **more: SESSIONS["ours"](**options, **more))
        assert request(client) == "200"
        return shares(client)

    assert with_options()
    assert not with_options(share_trust=False)
    assert not with_options(share_models=False)
    assert with_options(share_models=False, share_trust=True)
    monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_TRUST", "0")
    assert not with_options()
    assert with_options(share_trust=True)
