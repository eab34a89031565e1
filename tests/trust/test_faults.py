"""A server that closes, resets, stalls, or speaks no TLS: what plain boto3 tells of it, and no descriptor is left."""

from __future__ import annotations

import gc
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.tls import accepting, server_context, tls_server

from .conftest import SESSIONS, make_client, request, shares


def close(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)
    stall(connection)


def close_after_the_greeting(connection: socket.socket) -> None:
    connection.recv(65536)
    close(connection)


def reset(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stall(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def speak_plainly(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def send_junk(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x00\x10" + b"\xff" * 16)


FAULTS = [close, close_after_the_greeting, reset, stall, speak_plainly, send_junk]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_fails_in_the_handshake(fault: Callable[[socket.socket], None], certificates: Path) -> None:
    outcomes = {}
    timeouts = {"connect_timeout": 0.5, "read_timeout": 0.5}
    served: list[int] = []

    def serve(connection: socket.socket) -> None:
        served.append(1)
        fault(connection)

    for kind, make_session in SESSIONS.items():
        served.clear()
        with accepting(serve) as port:
            client = make_client(f"https://localhost:{port}", certificates / "ours.pem", make_session, **timeouts)
            outcomes[kind] = [request(client).partition(" (")[0] for _ in range(3)], len(served)
            assert shares(client) == (kind == "ours")
    assert outcomes["ours"] == outcomes["boto3"]
    assert "200" not in outcomes["ours"][0]


def test_a_context_goes_on_after_handshakes_that_failed(certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem")) as server, accepting(send_junk) as port:
        bad = make_client(f"https://localhost:{port}", certificates / "ours.pem")
        good = make_client(server.url, certificates / "ours.pem")
        for _ in range(5):
            assert request(bad) != "200"
            assert request(good) == "200"


def sockets() -> int:
    gc.collect()
    links = [Path("/proc/self/fd", each) for each in os.listdir("/proc/self/fd")]
    return sum(os.path.lexists(link) and os.readlink(link).startswith("socket:") for link in links)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")
def test_no_socket_is_left(certificates: Path) -> None:
    before = sockets()
    with (
        tls_server(server_context(certificates / "ours-good.pem"), keep_alive=True) as server,
        accepting(reset) as port,
    ):
        for url in (server.url, f"https://localhost:{port}"):
            for verify in ("ours", "other", "none"):
                client = make_client(url, certificates / f"{verify}.pem")
                assert (request(client) == "200") == (url == server.url and verify == "ours")
                client.close()
    while any(thread.name.endswith("(run)") for thread in threading.enumerate()):  # the servers', each with a socket
        time.sleep(0.01)
    assert sockets() == before
