"""The connections that clients share: what is open. How they are shared: :mod:`boto3_client_cache.lean.connections`."""

from __future__ import annotations

from typing import NamedTuple

from boto3_client_cache.lean.connections import open_connections
from boto3_client_cache.lean.pools import HostConnections

__all__ = ["ConnectionsInfo", "HostConnections", "connections_info"]


class ConnectionsInfo(NamedTuple):
    """What shared connections are open."""

    idle: int
    """How many wait for a request."""
    in_use: int
    """How many have one."""
    hosts: tuple[HostConnections, ...]
    """Those to each host, once for each set of transport settings."""


def connections_info() -> ConnectionsInfo:
    """Return what shared connections the process has open. Clients that share none are not counted."""
    hosts = tuple(open_connections())
    return ConnectionsInfo(sum(host.idle for host in hosts), sum(host.in_use for host in hosts), hosts)
