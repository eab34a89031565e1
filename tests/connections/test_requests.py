"""Requests and answers of every shape over shared connections: as over connections of one's own, and sent as often."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError, ResponseStreamingError
from support.scripted_server import Part, Request, ScriptedServer, reply

from .conftest import CONFIG, get, until
from .test_sharing import with_config

Start = Callable[..., ScriptedServer]
Tenant = Callable[..., Any]


def plain(name: str, server: ScriptedServer, certificates: Any, config: Any = CONFIG) -> Any:
    session = boto3.Session(name, "secret", region_name="eu-west-1")
    return session.client("s3", endpoint_url=server.url, verify=str(certificates / "authority.pem"), config=config)


def put(client: Any) -> Any:
    return client.put_object(Bucket="bucket", Key="x", Body=b"b" * 100_000)


def test_a_body_that_waits_for_100_continue_is_sent_once_over_one_connection(start: Start, tenant: Tenant) -> None:
    server = start(lambda request: iter([reply(b"" if request.method == "PUT" else request.tenant.encode())]))
    clients = [tenant(name, server) for name in "AB"]
    for client in clients:
        put(client)
    assert [b"b" * 100_000 in request.body for request in server.requests] == [True, True]
    assert [get(client) for client in clients] == [b"A", b"B"]
    assert server.connections == 1


def test_an_answer_before_the_body_was_sent_is_the_answer_of_who_asked(
    start: Start, tenant: Tenant, certificates: Any
) -> None:
    def answer(request: Request) -> Iterator[Part]:
        if request.method == "PUT":
            yield reply(f"<Error><Code>{request.tenant}</Code></Error>".encode(), status="403 Forbidden")
        else:
            yield reply(request.tenant.encode())

    server = start(answer, continues=False)
    a, b = tenant("A", server), tenant("B", server)
    for client, name in ((a, "A"), (b, "B"), (a, "A")):
        with pytest.raises(ClientError, match=f"\\({name}\\)"):
            put(client)
        assert get(client) == name.encode()
    ours = [(request.connection, request.method) for request in server.requests]
    server.requests.clear()
    apart = plain("C", server, certificates)
    for _ in range(3):
        with pytest.raises(ClientError, match=r"\(C\)"):
            put(apart)
        assert get(apart) == b"C"
    first = server.requests[0].connection
    assert ours == [(request.connection - first, request.method) for request in server.requests]


def event(kind: str, payload: bytes) -> bytes:
    def header(name: str, value: str) -> bytes:
        return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()

    headers = header(":message-type", "event") + header(":event-type", kind)
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    return prelude + headers + payload + struct.pack("!I", zlib.crc32(prelude + headers + payload))


def select(client: Any) -> Any:
    return client.select_object_content(
        Bucket="bucket",
        Key="x",
        Expression="select",
        ExpressionType="SQL",
        InputSerialization={"CSV": {}},
        OutputSerialization={"CSV": {}},
    )["Payload"]


@pytest.mark.parametrize("is_chunked", [False, True])
def test_an_event_stream_that_was_read_leaves_its_connection_and_one_that_was_closed_does_not(
    is_chunked: bool, start: Start, tenant: Tenant
) -> None:
    def answer(request: Request) -> Iterator[Part]:
        events = event("Records", request.tenant.encode()) + event("Records", b"x" * 300_000) + event("End", b"")
        if is_chunked:
            chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(events), events)
            yield reply(chunks, "Transfer-Encoding: chunked", length=-1)
        else:
            yield reply(events)

    server = start(answer)
    a, b = tenant("A", server), tenant("B", server)
    for client in (a, b, a):
        records = [item["Records"]["Payload"] for item in select(client) if "Records" in item]
        assert records == [b"A" if client is a else b"B", b"x" * 300_000]
    assert server.connections == 1
    payload = select(a)
    assert next(iter(payload))["Records"]["Payload"] == b"A"
    payload.close()
    assert [item["Records"]["Payload"] for item in select(b) if "Records" in item] == [b"B", b"x" * 300_000]
    assert server.connections == 2


def closing_the_second(request: Request) -> Iterator[Part]:
    """Answer a connection's first request, and end it at its second, which has been read."""
    yield reply(b"<R/>") if request.number == 0 else None


OPERATIONS: dict[str, Callable[[Any], object]] = {
    "get": lambda client: get(client),
    "put": put,
    "list": lambda client: client.list_buckets(),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("attempts", [1, 3])
def test_a_request_whose_connection_ends_is_sent_as_often_as_by_boto3(
    operation: str, attempts: int, start: Start, tenant: Tenant, certificates: Any
) -> None:
    config = with_config(retries={"total_max_attempts": attempts})

    def outcomes(clients: list[Any]) -> list[str]:
        seen = []
        for client in clients:
            try:
                OPERATIONS[operation](client)
                seen.append("done")
            except ConnectionClosedError:
                seen.append("closed")
        return seen

    server = start(closing_the_second)
    apart = plain("A", server, certificates, config)
    expected = outcomes([apart] * 4), [(request.connection, request.number) for request in server.requests]
    server = start(closing_the_second)
    clients = [tenant(name, server, config=config) for name in "AB"]
    found = outcomes(clients * 2), [(request.connection, request.number) for request in server.requests]
    assert found == expected
    assert "closed" in expected[0] or attempts > 1


def test_a_connection_that_was_reset_while_idle_fails_nobody(start: Start, tenant: Tenant) -> None:
    server = start(lambda request: iter([reply(request.tenant.encode()), None]))
    clients = [tenant(name, server) for name in "ABC"]
    for client, name in zip(clients, (b"A", b"B", b"C"), strict=True):
        assert get(client) == name
        until(lambda: len(server.ended) == server.connections)
    assert server.connections == 3


def test_an_answer_shorter_than_announced_is_an_error_and_its_connection_is_closed(
    start: Start, tenant: Tenant
) -> None:
    def answer(request: Request) -> Iterator[Part]:
        yield reply(request.tenant.encode(), length=5 if request.tenant == "A" else None)
        if request.tenant == "A":
            yield None

    server = start(answer)
    a, b = tenant("A", server), tenant("B", server)
    with pytest.raises((IncompleteReadError, ResponseStreamingError)):
        get(a)
    assert get(b) == b"B"
    assert server.connections == 2
