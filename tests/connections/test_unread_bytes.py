"""A server or proxy that sends more than it announced: what it sent to one tenant, another one never reads."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.scripted_server import Part, Request, ScriptedServer, reply

from .conftest import get

BUFFER = io.DEFAULT_BUFFER_SIZE  # of a response's reader
Answer = Callable[[Request], Iterator[Part]]
Start = Callable[..., ScriptedServer]
Tenant = Callable[..., Any]


def owner(request: Request, what: str = "announced") -> bytes:
    return f"<R><Owner><ID>{what} to {request.tenant}</ID></Owner></R>".encode()


def announced(request: Request, fill: int | None = None) -> bytes:
    """Return an answer in itself whole; ``fill`` makes it that many bytes long."""
    answer = reply(owner(request))
    if fill is None:
        return answer
    return reply(owner(request), "X-Fill: " + "." * (fill - len(answer) - len("X-Fill: \r\n")))


def second_reply(request: Request) -> bytes:
    return reply(owner(request, "never announced"))


def full_of_junk(answer: bytes) -> bytes:
    return answer + b"j" * (BUFFER - len(answer))


def chunked(request: Request) -> bytes:
    body = owner(request)
    return reply(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), "Transfer-Encoding: chunked", length=-1)


# What a server sends to A for one request.
PLACES: dict[str, Answer] = {
    # In the reader's buffer: read from the socket together with the announced bytes.
    "in the buffer, a second reply": lambda request: iter([announced(request) + second_reply(request)]),
    "in the buffer, 5 bytes": lambda request: iter([announced(request) + b"junk!"]),
    "in the buffer, its last byte": lambda request: iter([announced(request, BUFFER - 1) + b"\n"]),
    # The socket shows nothing: the second reply comes with the next request.
    "in the buffer, which is full": lambda request: iter([full_of_junk(announced(request))]),
    # The second reply is in the socket, or in the TLS layer.
    "after a buffer full of junk": lambda request: iter([full_of_junk(announced(request)) + second_reply(request)]),
    # Over TLS in its layer, where the socket shows nothing.
    "after a buffer full of what was announced": lambda request: iter(
        [announced(request, BUFFER) + second_reply(request)]
    ),
    # Over TLS in a record of its own.
    "in the socket": lambda request: iter([(announced(request, BUFFER), second_reply(request))]),
    "in the buffer, after the last chunk": lambda request: iter([chunked(request) + second_reply(request)]),
    "in the buffer, after a last chunk and junk": lambda request: iter([full_of_junk(chunked(request))]),
    "in the socket, after the last chunk": lambda request: iter([(chunked(request), second_reply(request))]),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("streams", [True, False], ids=["streaming", "read at once"])
def test_bytes_that_one_tenant_left_unread_never_reach_another(
    place: str, streams: bool, start: Start, tenant: Tenant
) -> None:
    server = start(first(PLACES[place]))
    a, b = tenant("A", server), tenant("B", server)
    if streams:
        assert [get(a), get(b)] == [b"<R><Owner><ID>announced to %s</ID></Owner></R>" % name for name in (b"A", b"B")]
    else:
        assert [client.list_buckets()["Owner"]["ID"] for client in (a, b)] == ["announced to A", "announced to B"]
    assert server.connections == 2


def first(answer: Answer) -> Answer:
    """Answer A's first request so, and whatever comes on A's connection with what was A's."""

    def answers(request: Request) -> Iterator[Part]:
        if request.connection == 0:
            return answer(request) if request.number == 0 else iter([second_reply(request).replace(b"to B", b"to A")])
        return iter([announced(request)])

    return answers


# Answers that announce no body, and have one all the same.
BODILESS: dict[str, tuple[Callable[[Any], object], Answer]] = {
    "HEAD": (
        lambda client: client.head_object(Bucket="bucket", Key="x"),
        lambda request: iter([reply(owner(request, "never announced"))]),
    ),
    "204": (
        lambda client: client.delete_object(Bucket="bucket", Key="x"),
        lambda request: iter([reply(owner(request, "never announced"), status="204 No Content")]),
    ),
    "304": (
        lambda client: client.get_object(Bucket="bucket", Key="x", IfNoneMatch="x"),
        lambda request: iter([reply(owner(request, "never announced"), status="304 Not Modified")]),
    ),
    "a length of 0": (
        lambda client: client.put_object(Bucket="bucket", Key="x", Body=b""),
        lambda request: iter([reply(owner(request, "never announced"), length=0)]),
    ),
}


@pytest.mark.parametrize("answer_to", BODILESS)
def test_the_body_of_an_answer_that_has_none_never_reaches_another(
    answer_to: str, start: Start, tenant: Tenant
) -> None:
    ask, answer = BODILESS[answer_to]
    server = start(first(answer))
    a, b = tenant("A", server), tenant("B", server)
    with suppress(ClientError):  # 304 is one
        ask(a)
    assert b.list_buckets()["Owner"]["ID"] == "announced to B"
    assert server.connections == 2


@pytest.mark.parametrize("answer_to", BODILESS)
def test_an_answer_without_a_body_leaves_its_connection_to_another(
    answer_to: str, start: Start, tenant: Tenant
) -> None:
    status = {"204": "204 No Content", "304": "304 Not Modified"}.get(answer_to, "200 OK")
    server = start(lambda request: iter([reply(b"", status=status, length=5 if answer_to == "HEAD" else 0)]))
    for client in [tenant(name, server) for name in ("A", "B", "A")]:
        with suppress(ClientError):
            BODILESS[answer_to][0](client)
    assert [request.tenant for request in server.requests] == ["A", "B", "A"]
    assert server.connections == 1


@pytest.mark.parametrize("after", ["a reply", "5 bytes"])
def test_what_comes_while_a_connection_is_idle_never_reaches_another(after: str, start: Start, tenant: Tenant) -> None:
    """It is looked at again before its next use."""
    sent: list[float] = []

    def answer(request: Request) -> Iterator[Part]:
        yield announced(request)
        if request.connection == 0:
            while not finished:
                time.sleep(0.001)
            yield second_reply(request) if after == "a reply" else b"junk!"
            sent.append(time.monotonic())

    finished: list[bool] = []
    server = start(answer)
    a, b = tenant("A", server), tenant("B", server)
    assert get(a) == b"<R><Owner><ID>announced to A</ID></Owner></R>"
    finished.append(True)
    while not sent:
        time.sleep(0.001)
    assert get(b) == b"<R><Owner><ID>announced to B</ID></Owner></R>"
    assert server.connections == 2


@pytest.mark.parametrize("length", [None, BUFFER - 1, BUFFER, BUFFER + 1, 3 * BUFFER, "chunked"])
def test_a_connection_whose_answer_was_read_to_its_end_is_used_by_another(
    length: Any, start: Start, tenant: Tenant
) -> None:
    server = start(lambda request: iter([chunked(request) if length == "chunked" else announced(request, length)]))
    a, b = tenant("A", server), tenant("B", server)
    assert [get(client)[24:28] for client in (a, b, a)] == [b"to A", b"to B", b"to A"]
    assert [client.list_buckets()["Owner"]["ID"] for client in (b, a)] == ["announced to B", "announced to A"]
    assert server.connections == 1


def body_of(client: Any) -> Any:
    return client.get_object(Bucket="bucket", Key="x")["Body"]


# Ways to be done with a streaming body whose announced bytes have not all been read.
LEAVINGS: dict[str, Callable[[Any], object]] = {
    "closed": lambda body: (body.read(3), body.close()),
    "closed unread": lambda body: body.close(),
    "dropped": lambda body: body.read(3),
    "dropped unread": lambda body: None,
    "released": lambda body: (body.read(3), body._raw_stream.release_conn()),
    "released unread": lambda body: body._raw_stream.release_conn(),
    "ended below": lambda body: (body.read(3), body._raw_stream._original_response.close(), body._raw_stream.read()),
}


@pytest.mark.parametrize("leave", LEAVINGS)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_was_not_read_to_its_end_never_reaches_another(
    leave: str, is_chunked: bool, start: Start, tenant: Tenant
) -> None:
    def answer(request: Request) -> Iterator[Part]:
        yield chunked(request) if is_chunked else announced(request)

    server = start(answer)
    a, b = tenant("A", server), tenant("B", server)
    LEAVINGS[leave](body_of(a))
    assert get(b) == b"<R><Owner><ID>announced to B</ID></Owner></R>"
    assert server.connections == 2


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_whose_rest_had_not_come_when_it_was_given_up_never_reaches_another(
    is_chunked: bool, start: Start, tenant: Tenant
) -> None:
    is_over = threading.Event()

    def answer(request: Request) -> Iterator[Part]:
        if request.connection > 0:
            yield announced(request)
            return
        if is_chunked:
            yield reply(b"a\r\n01234", "Transfer-Encoding: chunked", length=-1)
        else:
            yield reply(b"01234", length=10)
        is_over.wait(60)
        yield b"56789"

    server = start(answer)
    a, b = tenant("A", server), tenant("B", server)
    stream = body_of(a)._raw_stream
    assert stream.read(5) == b"01234"
    stream._original_response.close()
    assert stream.read() == b""
    assert get(b) == b"<R><Owner><ID>announced to B</ID></Owner></R>"
    is_over.set()
    assert server.connections == 2
