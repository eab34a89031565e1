"""Any number of threads connect with one shared context: none of them fails, or shows what is another's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.tls import server_context, tls_server

from boto3_client_cache.lean import trust

from .conftest import context_of, make_client, replace, request, shares

THREADS = 16
CONNECTIONS = 25


def in_threads(work: Callable[[int], None], count: int = THREADS) -> None:
    """Run work in threads that begin together; the first failure is the caller's."""
    together, failures = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            together.wait()
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_handshakes_failed_where_protocols_were_set_for_each_beside_others(certificates: Path) -> None:
    """What python/cpython#141012 is about."""
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        one = make_client(server.url, certificates / "ours.pem", max_pool_connections=THREADS)

        def work(number: int) -> None:
            client = one if number % 2 else make_client(server.url, certificates / "ours.pem")
            for _ in range(CONNECTIONS):
                assert request(client) == "200"
            assert shares(client)

        in_threads(work)
        assert len(server.greetings) == THREADS * CONNECTIONS
        assert {each.protocol for each in server.greetings} == {"http/1.1"}
    assert len(trust._contexts) == 1


def test_threads_with_certificates_of_their_own_crashed_or_showed_another_s(certificates: Path) -> None:
    """What psf/requests#6726 and #6872 are about."""
    people = (None, "alpha", "beta")
    context = server_context(certificates / "ours-good.pem", certificates / "ours.pem")
    clients: dict[str | None, Any] = {}
    with tls_server(context) as none, tls_server(context) as alpha, tls_server(context) as beta:
        servers = dict(zip(people, (none, alpha, beta), strict=True))
        for person, server in servers.items():
            files = tuple(str(certificates / f"ours-{person}-{part}.pem") for part in ("cert", "key"))
            clients[person] = make_client(
                server.url,
                certificates / "ours.pem",
                client_cert=files if person else None,
                max_pool_connections=THREADS,
            )

        def work(number: int) -> None:
            for _ in range(CONNECTIONS):
                assert request(clients[people[number % 3]]) == "200"

        in_threads(work)
        for person, server in servers.items():
            assert {each.person for each in server.greetings} == {person}
    assert all(map(shares, clients.values()))


def test_a_bundle_is_replaced_again_and_again_beside_connections(certificates: Path, tmp_path: Path) -> None:
    contents = [(certificates / "ours.pem").read_bytes() + b"\n" * number for number in range(5)]
    bundle = replace(tmp_path / "bundle.pem", contents[0])
    ended = threading.Event()
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        client = make_client(server.url, bundle, max_pool_connections=THREADS)

        def work(number: int) -> None:
            if number == 0:
                for content in contents * 3:
                    replace(bundle, content)
                ended.set()
            while not ended.is_set():
                assert request(client) == "200"

        in_threads(work, 8)
        assert shares(client)


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_one_thread_changes_a_context_that_others_connect_with(is_busy: bool, certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        client = make_client(server.url, certificates / "ours.pem", max_pool_connections=THREADS)
        assert request(client) == "200"
        others = make_client(server.url, certificates / "ours.pem", max_pool_connections=THREADS)

        def work(number: int) -> None:
            if number == 0:
                context_of(client).load_verify_locations(certificates / "other.pem")
            for _ in range(CONNECTIONS):
                assert request(others if number or not is_busy else client) == "200"

        in_threads(work)
        assert not shares(client)
        assert shares(others)
        assert request(client) == "200"


def test_a_lost_turn_holds_nobody_up(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_PATIENCE", 0.01)
    with trust._turn, tls_server(server_context(certificates / "ours-good.pem")) as server:
        assert request(make_client(server.url, certificates / "ours.pem")) == "200"
        assert len(trust._contexts) == 1
