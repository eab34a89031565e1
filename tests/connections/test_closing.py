"""Closing, evicting and forgetting clients; how many connections and hosts are kept; what is said to be open."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from support.scripted_server import Part, Request, ScriptedServer, reply, serving

import boto3_client_cache
from boto3_client_cache.connections import HostConnections

from .conftest import echo, get, shared_with, until
from .test_sharing import with_config

Start = Callable[..., ScriptedServer]
Tenant = Callable[..., Any]


def evict(session: boto3_client_cache.Session) -> None:
    session.cache.client.LRU.max_size = 0


ENDS: dict[str, Callable[[list[boto3_client_cache.Session]], object]] = {
    "closed": lambda sessions: sessions[0].client("s3").close(),
    "closed twice": lambda sessions: [sessions[0].client("s3").close() for _ in range(2)],
    "evicted": lambda sessions: evict(sessions[0]),
    "forgotten": lambda sessions: sessions.pop(0),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_one_client_closes_nothing_that_another_uses_and_the_last_closes_all(
    end: str, start: Start, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, certificates: Any
) -> None:
    server = start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates / "authority.pem"))
    sessions = [
        boto3_client_cache.Session(
            name, "secret", region_name="eu-west-1", share_connections="process", client_cache={"close_evicted": True}
        )
        for name in "ABC"
    ]
    for session in sessions:
        assert get(session.client("s3")).endswith(b"/x")
    left = sessions[1:]
    ENDS[end](sessions)
    gc.collect()
    assert shared_with(server) == [HostConnections(server.url, 1, 0, 2)]
    assert [get(session.client("s3"))[:1] for session in left] == [b"B", b"C"]
    assert server.connections == 1
    assert server.ended == []
    for session in left:
        session.client("s3").close()
    until(lambda: server.ended == [0])
    assert shared_with(server) == []


def test_the_last_of_its_clients_to_die_closes_all(start: Start, tenant: Tenant) -> None:
    server = start()
    clients = [tenant(name, server) for name in "AB"]
    for client in clients:
        get(client)
    del client, clients
    gc.collect()
    until(lambda: server.ended == [0])
    assert shared_with(server) == []


def test_a_closed_client_opens_anew_when_it_is_used_again(start: Start, tenant: Tenant) -> None:
    server = start()
    a, b = tenant("A", server), tenant("B", server)
    for client in (a, b):
        get(client)
    for client in (a, b):
        client.close()
    assert [get(client) for client in (a, b)] == [b"A /bucket/x", b"B /bucket/x"]
    assert [request.connection for request in server.requests] == [0, 0, 1, 1]


def test_an_answer_that_is_being_read_is_read_to_its_end_when_its_client_and_all_others_are_closed(
    start: Start, tenant: Tenant
) -> None:
    server = start(lambda request: iter([reply(b"x" * 100_000)]))
    a, b = tenant("A", server), tenant("B", server)
    body = a.get_object(Bucket="bucket", Key="x")["Body"]
    assert body.read(10) == b"x" * 10
    get(b)
    for client in (a, b):
        client.close()
    assert body.read() == b"x" * 99_990
    del body  # it kept its pool
    until(lambda: sorted(server.ended) == [0, 1])


def at_once(*calls: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def answering_together(count: int) -> tuple[Callable[[Request], Iterator[Part]], threading.Barrier]:
    """Return an answer that waits until so many requests are there."""
    together = threading.Barrier(count)

    def answer(request: Request) -> Iterator[Part]:
        together.wait(60)
        yield reply(b"")

    return answer, together


def test_as_many_idle_connections_are_kept_as_each_client_alone_would_have(start: Start, tenant: Tenant) -> None:
    answer, _ = answering_together(3)
    server = start(answer)
    clients = [tenant(name, server, config=with_config(max_pool_connections=1)) for name in "ABC"]
    for _ in range(3):
        at_once(*(lambda client=client: get(client) for client in clients))
    assert server.connections == 3
    assert shared_with(server) == [HostConnections(server.url, 3, 0, 3)]
    clients.pop().close()
    assert shared_with(server) == [HostConnections(server.url, 2, 0, 2)]
    until(lambda: len(server.ended) == 1)


def test_as_many_hosts_are_kept_as_each_client_alone_would_have(tenant: Tenant) -> None:
    """urllib3 keeps ten for a manager."""
    with ExitStack() as servers:
        hosts = [servers.enter_context(serving(echo)) for _ in range(30)]
        clients = [tenant(name, hosts[0]) for name in "ABC"]

        def ask_all() -> None:
            for number, host in enumerate(hosts):
                request = AWSRequest("GET", host.url).prepare()
                assert clients[number % 3]._endpoint.http_session.send(request).content == b" /"

        def opened() -> list[int]:
            return [host.connections for host in hosts]

        for client in clients:
            get(client)
        for _ in range(2):
            ask_all()
            assert opened() == [1] * 30
        clients.pop().close()
        until(lambda: sum(host.ended == [0] for host in hosts) == 10)
        assert sum(bool(shared_with(host)) for host in hosts) == 20


def test_what_is_open_is_told_by_host(start: Start, tenant: Tenant) -> None:
    server = start(lambda request: iter([reply(b"x" * 100_000)]))
    a, b, c = (tenant(name, server) for name in "ABC")
    assert shared_with(server) == []
    body = a.get_object(Bucket="bucket", Key="x")["Body"]
    assert shared_with(server) == [HostConnections(server.url, 0, 1, 1)]
    get(b)
    assert shared_with(server) == [HostConnections(server.url, 1, 1, 2)]
    body.read()
    assert shared_with(server) == [HostConnections(server.url, 2, 0, 2)]
    body = c.get_object(Bucket="bucket", Key="x")["Body"]
    assert shared_with(server) == [HostConnections(server.url, 1, 1, 3)]
    body.close()
    assert shared_with(server) == [HostConnections(server.url, 1, 0, 3)]
    info = boto3_client_cache.connections_info()
    assert info.idle == sum(host.idle for host in info.hosts)
    assert info.in_use == sum(host.in_use for host in info.hosts)


def test_a_connection_that_ends_with_its_answer_is_in_use_until_that_is_read(start: Start, tenant: Tenant) -> None:
    server = start(lambda request: iter([reply(b"x" * 100_000, "Connection: close"), None]))
    a, b = tenant("A", server), tenant("B", server)
    body = a.get_object(Bucket="bucket", Key="x")["Body"]
    assert shared_with(server) == [HostConnections(server.url, 0, 1, 1)]
    assert body.read() == b"x" * 100_000
    assert shared_with(server) == [HostConnections(server.url, 0, 0, 1)]
    assert len(get(b)) == 100_000
    assert server.connections == 2
