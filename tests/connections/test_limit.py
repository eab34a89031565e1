"""A bound for what is open: idle connections close first, whichever host's, and nobody waits."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.scripted_server import Part, Request, ScriptedServer, reply

from boto3_client_cache import CacheError, connections_info, limit_connections

from .conftest import get, shared_with, until

Start = Callable[..., ScriptedServer]
Tenant = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_bound_afterwards() -> Iterator[None]:
    yield
    limit_connections(None)


def open_now() -> int:
    gc.collect()  # what other tests have left
    info = connections_info()
    return info.idle + info.in_use


def test_the_host_that_was_used_least_recently_is_closed_for_a_new_one(start: Start, tenant: Tenant) -> None:
    servers = [start() for _ in range(3)]
    clients = [tenant("A", server) for server in servers]
    before = open_now()
    limit_connections(before + 2)
    for client in (*clients[:2], clients[0], clients[2]):
        get(client)
        assert open_now() <= before + 2
    until(lambda: servers[1].ended == [0])
    assert [server.ended for server in (servers[0], servers[2])] == [[], []]
    assert get(clients[1]).endswith(b"/x")
    until(lambda: servers[0].ended == [0])
    assert servers[1].connections == 2


def test_more_are_opened_while_all_are_in_use_and_closed_when_they_come_back(start: Start, tenant: Tenant) -> None:
    everybody = threading.Barrier(4)

    def together(request: Request) -> Iterator[Part]:
        everybody.wait(60)
        yield reply(b"/x")

    server = start(together)
    clients = [tenant(name, server) for name in "ABCD"]
    limit_connections(open_now() + 2)
    threads = [threading.Thread(target=get, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == 4
    (host,) = shared_with(server)
    assert (host.idle, host.in_use) == (2, 0)


def test_threads_that_gave_connections_back_at_once_closed_more_than_were_too_many(
    start: Start, tenant: Tenant
) -> None:
    server = start()
    clients = [tenant(name, server) for name in "ABCDEFGH"]
    before = open_now()
    limit_connections(before + 3)
    now = 0
    for _ in range(20):
        together = threading.Barrier(len(clients))

        def ask(client: Any, together: threading.Barrier = together) -> None:
            together.wait(60)
            get(client)

        threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        earlier, now = now, open_now() - before
        assert earlier <= now <= 3


def test_a_lower_bound_closes_what_is_idle_at_once(start: Start, tenant: Tenant) -> None:
    servers = [start() for _ in range(2)]
    clients = [tenant("A", server) for server in servers]
    for client in clients:
        get(client)
    limit_connections(0)
    until(lambda: [server.ended for server in servers] == [[0], [0]])
    assert get(clients[0]).endswith(b"/x")
    until(lambda: servers[0].ended == [0, 1])
    limit_connections(None)
    for _ in range(2):
        get(clients[0])
    assert servers[0].connections == 3
    assert shared_with(servers[0])[0].idle == 1


def test_a_bound_that_is_not_reached_closes_nothing(start: Start, tenant: Tenant) -> None:
    limit_connections(100)
    server = start()
    clients = [tenant(name, server) for name in "ABC"]
    for client in clients * 3:
        get(client)
    assert server.connections == 1
    assert server.ended == []


@pytest.mark.parametrize("wrong", [-1, 2.5, "7"])
def test_a_wrong_bound_is_named_and_changes_nothing(wrong: Any, start: Start, tenant: Tenant) -> None:
    limit_connections(1)
    with pytest.raises(CacheError, match="max_connections must be an integer") as raised:
        limit_connections(wrong)
    assert raised.value.param == "max_connections"
    servers = [start() for _ in range(2)]
    clients = [tenant("A", server) for server in servers]
    for client in clients:
        get(client)
    until(lambda: servers[0].ended == [0])
