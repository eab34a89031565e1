"""A server on loopback that answers as a test says, byte by byte, over TLS or not, and remembers who asked it what."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_CERTIFICATES = """
import sys
import trustme

authority = trustme.CA()
authority.cert_pem.write_to_path(sys.argv[1] + "/authority.pem")
authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(sys.argv[1] + "/server.pem")
authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(sys.argv[1] + "/client.pem")
"""


def make_certificates(directory: Path) -> None:
    """Write an authority, a server and a client of it. ``MOTO_PYTHON`` may name an interpreter that can."""
    python = os.environ.get("MOTO_PYTHON", sys.executable)
    subprocess.run([python, "-c", _CERTIFICATES, str(directory)], check=True)


Part = bytes | tuple[bytes, ...] | None
"""What to send: bytes; several in one go, each over TLS in a record of its own; None closes the connection."""


@dataclass
class Request:
    """What the server was asked."""

    connection: int
    """The number of the connection, from 0."""
    number: int
    """Which request it was on that connection, from 0."""
    method: str
    path: str
    tenant: str
    """The access key that signed it."""
    body: bytes = b""
    host: str = ""


@dataclass
class ScriptedServer:
    """Answers each request with the parts that ``answer`` yields."""

    answer: Callable[[Request], Iterator[Part]]
    tls: ssl.SSLContext | None = None
    tunnel: ssl.SSLContext | None = None
    """What it speaks TLS by after a CONNECT, as a proxy and the server behind it."""
    continues: bool = True
    """Whether it says ``100 Continue`` before it reads a body that waits for that."""
    requests: list[Request] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    """The connections that have ended."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        scheme = "http" if self.tls is None else "https"
        self.port = self._listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many were opened so far."""
        return len(self._sockets)

    def paths(self) -> list[tuple[int, str]]:
        """Return the connection and the path of each request."""
        return [(request.connection, request.path) for request in self.requests]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for connected in self._sockets:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for connected in self._sockets:
            connected.close()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:  # closed
                return
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(connected)
            thread = threading.Thread(target=self._serve, args=(connected, len(self._sockets) - 1), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connected: socket.socket, connection: int) -> None:
        with suppress(OSError):
            if self.tls is not None:
                self._sockets[connection] = connected = self.tls.wrap_socket(connected, server_side=True)
            if self._answer_all(connected, connection, 0) == "CONNECT":
                self._sockets[connection] = connected = self.tunnel.wrap_socket(connected, server_side=True)
                self._answer_all(connected, connection, 1)
        connected.close()
        self.ended.append(connection)

    def _answer_all(self, connected: socket.socket, connection: int, number: int) -> str:
        """Return the method of the last request; after a CONNECT nothing more is to be read from this socket."""
        method = ""
        with connected.makefile("rb", 0 if self.tunnel and number == 0 else -1) as reader:
            while request := self._read(reader, connected, connection, number):
                number += 1
                self.requests.append(request)
                method = request.method
                for part in self.answer(request) if method != "CONNECT" else [b"HTTP/1.1 200 OK\r\n\r\n"]:
                    if part is None:
                        connected.shutdown(socket.SHUT_RDWR)
                        return ""
                    self._send(connected, part if isinstance(part, tuple) else (part,))
                if method == "CONNECT":
                    break
        return method

    def _send(self, connected: socket.socket, parts: tuple[bytes, ...]) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for part in parts:
            connected.sendall(part)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def _read(self, reader: object, connected: socket.socket, connection: int, number: int) -> Request | None:
        line = reader.readline()
        if not line:
            return None
        headers = {}
        while (header := reader.readline()) not in {b"\r\n", b""}:
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        method, path, _ = line.decode().split(" ")
        _, _, credential = headers.get("authorization", "").partition("Credential=")
        request = Request(connection, number, method, path, credential.partition("/")[0], host=headers.get("host", ""))
        if headers.get("expect") == "100-continue":
            if not self.continues:
                return request
            connected.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding") == "chunked":
            while length := int(reader.readline(), 16):
                request.body += reader.read(length)
                reader.readline()
            reader.readline()
        else:
            request.body = reader.read(int(headers.get("content-length", 0)))
        return request


def reply(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return the bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def serving(answer: Callable[[Request], Iterator[Part]], **options: object) -> Iterator[ScriptedServer]:
    server = ScriptedServer(answer, **options)
    try:
        yield server
    finally:
        server.close()
