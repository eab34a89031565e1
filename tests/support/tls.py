"""Servers over TLS that record how their clients greet them, and proxies; on loopback, in threads of this process."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_KEY_SHARE = 51


@dataclass
class Greeting:
    """One connection's handshake, as the server saw it."""

    hello: bytes
    """The record with the client's first words, as it came."""
    version: str | None = None
    cipher: Any = None
    protocol: str | None = None
    """By ALPN."""
    person: str | None = None
    """The common name in the client's certificate."""


@dataclass
class Server:
    """A server that answers every request with an empty 200."""

    url: str
    greetings: list[Greeting] = field(default_factory=list)
    context: Any = None


def settings_in(hello: bytes) -> tuple[Any, ...]:
    """What a client offers: its versions, ciphers and extensions in their order, without what is random in them."""
    body = hello[9:]
    version, session = body[:2], body[34]
    rest = body[35 + session :]
    size = struct.unpack("!H", rest[:2])[0]
    ciphers, rest = rest[2 : 2 + size], rest[2 + size :]
    methods, rest = rest[1 : 1 + rest[0]], rest[1 + rest[0] + 2 :]
    extensions = []
    while rest:
        kind, size = struct.unpack("!HH", rest[:4])
        data, rest = rest[4 : 4 + size], rest[4 + size :]
        extensions.append((kind, _groups(data) if kind == _KEY_SHARE else data))
    return hello[:3], version, session, ciphers, methods, extensions


def _groups(data: bytes) -> list[tuple[int, int]]:
    groups, rest = [], data[2:]
    while rest:
        group, size = struct.unpack("!HH", rest[:4])
        groups.append((group, size))
        rest = rest[4 + size :]
    return groups


@contextmanager
def accepting(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept connections on a loopback port, which is yielded, and serve each in a thread until it returns or fails."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:

        def run(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(60)
                serve(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):  # closed
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=run, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def server_context(certificate: Path, client_authority: Path | None = None) -> ssl.SSLContext:
    """Make a server's context; with an authority it asks clients for certificates, and takes those that have none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["http/1.1"])
    if client_authority is not None:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


@contextmanager
def tls_server(context: ssl.SSLContext, *, keep_alive: bool = False, host: str = "localhost") -> Iterator[Server]:
    """Serve; ``server.context`` may be exchanged for the connections to come."""
    server = Server("", context=context)
    ending = b"" if keep_alive else b"Connection: close\r\n"

    def serve(connection: socket.socket) -> None:
        greeting = Greeting(_hello(connection))
        server.greetings.append(greeting)
        with server.context.wrap_socket(connection, server_side=True) as secured:
            greeting.version, greeting.cipher = secured.version(), secured.cipher()
            greeting.protocol = secured.selected_alpn_protocol()
            greeting.person = _person(secured.getpeercert())
            while _request(secured):
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + ending + b"\r\n")
                if ending:
                    return

    with accepting(serve) as port:
        server.url = f"https://{host}:{port}"
        yield server


def _hello(connection: socket.socket) -> bytes:
    data = b""
    while len(data) < 5 or len(data) < 5 + struct.unpack("!H", data[3:5])[0]:
        data = connection.recv(65536, socket.MSG_PEEK)
        if not data:
            break
    return data


def _person(certificate: Any) -> str | None:
    names = dict(pair for part in (certificate or {}).get("subject", ()) for pair in part)
    return names.get("commonName")


def _request(connection: Any) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    return data


@contextmanager
def proxy(context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve CONNECT, over TLS if there is a context, and yield the proxy's URL."""

    def serve(connection: socket.socket) -> None:
        client: Any = connection if context is None else context.wrap_socket(connection, server_side=True)
        host, _, port = _request(client).split()[1].decode().partition(":")
        with client, socket.create_connection((host, int(port))) as target:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pass_on(client, target)

    with accepting(serve) as port:
        yield f"{'http' if context is None else 'https'}://127.0.0.1:{port}"


def _pass_on(client: Any, target: socket.socket) -> None:
    """Pass both ways until one of them ends, in one thread: a TLS connection is not safe for two."""
    others = {client: target, target: client}
    while True:
        pending = isinstance(client, ssl.SSLSocket) and client.pending()
        for source in [client] if pending else select.select(list(others), [], [], 60)[0]:
            data = source.recv(65536)
            if not data:
                return
            others[source].sendall(data)
