"""Whoever changes a client's context, puts one of his own there, or asks for other trust, gets botocore's way."""

from __future__ import annotations

import functools
import gc
import re
import ssl
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.awsrequest
import botocore.httpsession
import pytest
import urllib3.exceptions
import urllib3.util.ssl_
from botocore.httpsession import create_urllib3_context
from support.child import run_child
from support.tls import Server, proxy, server_context, settings_in, tls_server

from boto3_client_cache.lean import checks, trust

from .conftest import SESSIONS, context_of, make_client, request, shares


def set_ciphers(context: Any, _: Path) -> None:
    context.set_ciphers("ECDHE+AESGCM")


def set_version(context: Any, _: Path) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def set_options(context: Any, _: Path) -> None:
    context.options &= ~ssl.OP_NO_TICKET


def set_protocols(context: Any, _: Path) -> None:
    context.set_alpn_protocols(["h2"])


def set_groups(context: Any, _: Path) -> None:
    context.set_ecdh_curve("prime256v1")


def set_flags(context: Any, _: Path) -> None:
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def check_host_names(context: Any, _: Path) -> None:
    context.check_hostname = True


def load_another_bundle(context: Any, certificates: Path) -> None:
    context.load_verify_locations(str(certificates / "other.pem"))


def load_another_bundle_as_text(context: Any, certificates: Path) -> None:
    context.load_verify_locations(cadata=(certificates / "other.pem").read_text())


def load_a_certificate(context: Any, certificates: Path) -> None:
    context.load_cert_chain(certificates / "ours-alpha-cert.pem", certificates / "ours-alpha-key.pem")


def load_the_system_s(context: Any, _: Path) -> None:
    context.load_default_certs()


CHANGES = [
    set_ciphers,
    set_version,
    set_options,
    set_protocols,
    set_groups,
    set_flags,
    check_host_names,
    load_another_bundle,
    load_another_bundle_as_text,
    load_a_certificate,
    load_the_system_s,
]


def seen_by(servers: list[Server]) -> list[Any]:
    return [
        [(settings_in(each.hello), each.version, each.cipher, each.protocol, each.person) for each in server.greetings]
        for server in servers
    ]


@pytest.mark.parametrize("is_late", [False, True], ids=["before the first request", "after it"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_one_client_s_context(change: Callable[..., None], is_late: bool, certificates: Path) -> None:
    outcomes, seen = {}, {}
    authority = certificates / "ours.pem"
    for kind, make_session in SESSIONS.items():
        with (
            tls_server(server_context(certificates / "ours-good.pem", authority)) as ours,
            tls_server(server_context(certificates / "other-good.pem", authority)) as other,
        ):
            changed, untouched = (
                [make_client(server.url, authority, make_session) for server in (ours, other)] for _ in range(2)
            )
            told = outcomes[kind] = [request(client) for client in changed] if is_late else []
            for client in changed:
                change(context_of(client), certificates)
                assert type(context_of(client)) is ssl.SSLContext
            for client in (*changed, *untouched, *changed):
                told.append(request(client))
            seen[kind] = seen_by([ours, other])
            assert [shares(client) for client in untouched] == [kind == "ours"] * 2
    assert outcomes["ours"] == outcomes["boto3"]
    assert seen["ours"] == seen["boto3"]


def test_what_is_assigned_as_it_is_changes_nothing(server: Server, certificates: Path) -> None:
    client = make_client(server.url, certificates / "ours.pem")
    context = context_of(client)
    for name in ("verify_mode", "options", "minimum_version", "check_hostname"):
        setattr(context, name, getattr(context, name))
    assert shares(client)


def test_a_context_can_be_read(server: Server, certificates: Path) -> None:
    def read(context: Any) -> list[Any]:
        values = [getattr(context, name, None) for name in trust._SETTINGS]
        return [*values, context.get_ca_certs(), context.cert_store_stats(), len(context.get_ciphers())]

    clients = [make_client(server.url, certificates / "ours.pem", each) for each in SESSIONS.values()]
    for _ in range(2):
        ours, boto3s = (read(context_of(client)) for client in clients)
        assert ours == boto3s
        assert isinstance(context_of(clients[0]), ssl.SSLContext)
        assert shares(clients[0])
        assert list(map(request, clients)) == ["200", "200"]


def test_a_changed_context_still_has_what_connections_had_it_load(server: Server, certificates: Path) -> None:
    stores = []
    for make_session in SESSIONS.values():
        client = make_client(server.url, certificates / "ours.pem", make_session)
        request(client)
        set_ciphers(context_of(client), certificates)
        stores.append(context_of(client).get_ca_certs())
    assert stores[0] == stores[1] != []


def test_a_shared_context_is_not_to_be_had(certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem"), keep_alive=True) as server:
        client = make_client(server.url, certificates / "ours.pem")
        assert request(client) == "200"
        pool = client._endpoint.http_session._manager.connection_from_url(server.url)
        connection = pool._get_conn()
        assert connection.ssl_context is connection.sock.context is context_of(client)
        connection.close()
    (held,) = trust._contexts.values()
    for name in dir(ssl.SSLContext):
        if not name.startswith("__"):
            with pytest.raises(AttributeError, match="shared by the clients of the process"):
                getattr(held.context, name)
            with pytest.raises(AttributeError, match="shared by the clients of the process"):
                setattr(held.context, name, None)
    assert request(make_client(server.url)).startswith("EndpointConnectionError")  # all is well but that it has ended


def test_a_context_of_the_user_s_own(server: Server, certificates: Path) -> None:
    """What psf/requests#6715 and #6730 are about."""
    own: Any = create_urllib3_context()
    own.maximum_version = ssl.TLSVersion.TLSv1_2
    client = make_client(server.url, certificates / "ours.pem")
    client._endpoint.http_session._manager.connection_pool_kw["ssl_context"] = own
    assert request(client) == "200"
    assert type(own) is ssl.SSLContext
    assert own.get_ca_certs()
    assert [each.version for each in server.greetings] == ["TLSv1.2"]


def test_a_class_of_contexts_of_the_user_s_own(server: Server, certificates: Path, monkeypatch: Any) -> None:
    class Own(ssl.SSLContext):
        """A library's."""

    monkeypatch.setattr(botocore.httpsession, "SSLContext", Own)
    client = make_client(server.url, certificates / "ours.pem")
    assert type(context_of(client)) is Own
    assert request(client) == "200"
    assert context_of(client).get_ca_certs()


@pytest.mark.parametrize("name", ["botocore.httpsession.create_urllib3_context", "ssl.SSLContext.set_alpn_protocols"])
@pytest.mark.parametrize("is_late", [False, True], ids=["before the client", "after it"])
def test_what_makes_contexts_is_replaced(
    name: str, is_late: bool, server: Server, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    found = checks._found(name)

    @functools.wraps(found)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return found(*arguments, **options)

    counts = []
    for make_session in SESSIONS.values():
        calls.clear()
        client = make_client(server.url, certificates / "ours.pem", make_session) if is_late else None
        with monkeypatch.context() as patch:
            patch.setattr(name, wrapper)
            client = client or make_client(server.url, certificates / "ours.pem", make_session)
            assert request(client) == "200"
            assert not shares(client)
        counts.append(len(calls))
    assert counts[0] == counts[1]
    assert shares(make_client(server.url, certificates / "ours.pem"))


def test_truststore_is_injected_into_a_process_with_clients(certificates: Path) -> None:
    """From then on plain boto3's ``create_urllib3_context`` fails of a recursion in ``ssl``."""
    run_child(
        """
        import ssl, sys
        import truststore
        from boto3_client_cache import Session
        from boto3_client_cache.lean import trust

        plain = ssl.SSLContext
        client = Session(region_name="us-east-1").client("s3", verify=sys.argv[1])
        context = client._endpoint.http_session._manager.connection_pool_kw["ssl_context"]
        assert type(context) is trust.ClientContext
        truststore.inject_into_ssl()
        context.load_verify_locations(sys.argv[1])
        assert type(context) is plain
        assert context.get_ca_certs()
        assert not trust._contexts
        """,
        str(certificates / "ours.pem"),
    )


def test_truststore_was_injected_first(certificates: Path) -> None:
    run_child(
        """
        import sys
        import truststore
        truststore.inject_into_ssl()
        from boto3_client_cache import Session
        from boto3_client_cache.lean import trust

        client = Session(region_name="us-east-1").client("s3", verify=sys.argv[1])
        context = client._endpoint.http_session._manager.connection_pool_kw["ssl_context"]
        assert type(context) is truststore.SSLContext
        context.load_verify_locations(sys.argv[1])
        assert not trust._contexts
        """,
        str(certificates / "ours.pem"),
    )


@pytest.mark.parametrize("protocols", [["h2", "http/1.1"], ["http/1.1", "http/1.0"]], ids=str)
def test_other_protocols_are_offered(
    protocols: list[str], server: Server, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [make_client(server.url, certificates / "ours.pem", each) for each in SESSIONS.values()]
    assert list(map(request, clients)) == ["200"] * 2
    monkeypatch.setattr(urllib3.util.ssl_, "ALPN_PROTOCOLS", protocols)
    assert list(map(request, clients)) == ["200"] * 2
    assert not shares(clients[0])
    hellos = [settings_in(each.hello) for each in server.greetings]
    assert hellos[0] == hellos[1]
    assert hellos[2] == hellos[3] != hellos[0]


def test_a_server_s_certificate_is_not_to_be_verified(server: Server, certificates: Path) -> None:
    for make_session in SESSIONS.values():
        client = make_client(server.url, False, make_session)
        with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
            assert request(client) == "200"
        assert type(context_of(client)) is ssl.SSLContext


def test_verification_is_turned_off_and_on_again(server: Server, certificates: Path) -> None:
    outcomes = []
    for make_session in SESSIONS.values():
        client = make_client(server.url, certificates / "other.pem", make_session)
        told = [request(client)]
        http_session = client._endpoint.http_session
        for verify in (False, str(certificates / "other.pem"), str(certificates / "ours.pem")):
            http_session._verify = verify
            client.close()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
                told.append(request(client))
        outcomes.append(told)
    assert outcomes[0] == outcomes[1]
    assert [each.partition(":")[0] for each in outcomes[0]] == ["SSLError", "200", "SSLError", "200"]


@pytest.mark.parametrize("option", [{"assert_hostname": "elsewhere.test"}, {"assert_hostname": False}])
@pytest.mark.parametrize("shown", ["ours-good", "ours-elsewhere"])
def test_another_host_name_is_asserted(option: dict[str, Any], shown: str, certificates: Path) -> None:
    outcomes = []
    with tls_server(server_context(certificates / f"{shown}.pem")) as server:
        for make_session in SESSIONS.values():
            client = make_client(server.url, certificates / "ours.pem", make_session)
            client._endpoint.http_session._manager.connection_pool_kw.update(option)
            outcomes.append((request(client), request(client)))
    assert outcomes[0] == outcomes[1]


def test_a_fingerprint_is_asserted(server: Server, certificates: Path) -> None:
    outcomes = []
    for make_session in SESSIONS.values():
        client = make_client(server.url, certificates / "ours.pem", make_session)
        client._endpoint.http_session._manager.connection_pool_kw["assert_fingerprint"] = "ab" * 32
        outcomes.append(re.sub('got "[0-9a-f]+"', "", request(client)))
    assert outcomes[0] == outcomes[1]
    assert "Fingerprints did not match" in outcomes[0]


@pytest.mark.parametrize("settings", [{}, {"proxy_ca_bundle": "ours"}, {"proxy_ca_bundle": "other"}], ids=str)
def test_a_proxy_is_spoken_to_over_tls(settings: dict[str, str], server: Server, certificates: Path) -> None:
    settings = {name: str(certificates / f"{value}.pem") for name, value in settings.items()}
    outcomes = []
    with proxy(server_context(certificates / "ours-good.pem")) as url:
        for make_session in SESSIONS.values():
            client = make_client(
                server.url, certificates / "ours.pem", make_session, proxies={"https": url}, proxies_config=settings
            )
            outcomes.append([request(client), request(client)])
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == "200" or "other" in str(settings)  # which urllib3s tell in ways of their own


def test_connections_of_a_class_of_the_user_s_own(server: Server, certificates: Path) -> None:
    class Connection(botocore.awsrequest.AWSHTTPSConnection):
        """What vcrpy and others put into a pool's place for connections."""

        def connect(self) -> None:
            made.append(self)
            self.ssl_context.maximum_version = ssl.TLSVersion.TLSv1_2
            super().connect()

    made: list[Any] = []
    client = make_client(server.url, certificates / "ours.pem")
    assert request(client) == "200"
    client.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.awsrequest.AWSHTTPSConnectionPool, "ConnectionCls", Connection)
        assert request(client) == "200"
    assert len(made) == 1
    assert [each.version for each in server.greetings] == ["TLSv1.3", "TLSv1.2"]


def test_a_client_s_context_dies_with_it(server: Server, certificates: Path) -> None:
    client = make_client(server.url, certificates / "ours.pem")
    assert request(client) == "200"
    context = weakref.ref(client._endpoint.http_session._manager.connection_pool_kw["ssl_context"])
    assert type(context()) is trust.ClientContext
    del client
    gc.collect()
    assert context() is None
