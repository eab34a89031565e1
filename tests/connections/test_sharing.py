"""Who shares connections, and what closing does."""

from __future__ import annotations

from .conftest import get


def test_two_sessions_open_one_connection_for_the_same_host(start, tenant) -> None:
    server = start()
    one, other = tenant("A", server), tenant("B", server)
    assert get(one) == b"A /bucket/x"
    assert get(other) == b"B /bucket/x"
    assert server.connections == 1
