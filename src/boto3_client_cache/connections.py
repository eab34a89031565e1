"""The connections that clients share: what is open, and how many may be.

How they are shared: :mod:`boto3_client_cache.lean.connections`.
"""

from __future__ import annotations

import operator
from typing import NamedTuple

from boto3_client_cache._masking import shown
from boto3_client_cache.exceptions import CacheError
from boto3_client_cache.lean.connections import LIMIT, open_connections
from boto3_client_cache.lean.pools import HostConnections

__all__ = ["ConnectionsInfo", "HostConnections", "connections_info", "limit_connections"]


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


def limit_connections(max_connections: int | None) -> None:
    """Bound how many shared connections the process has open; None, the default, for no bound but each pool's.

    Whoever opens one beyond closes an idle one for it, whichever host's was used least recently. Nobody waits: where
    all are in use, more are opened, and are closed when they come back. Connections that clients do not share are not
    counted. A forked child has the same bound, for its own.

    Args:
        max_connections: How many; 0 to close each after its request.

    Raises:
        CacheError: It is no integer, or negative.
    """
    most = None
    if max_connections is not None:
        try:
            most = operator.index(max_connections)
        except TypeError:
            most = -1
        if most < 0:
            message = "max_connections must be an integer, and not negative, or None"
            raise CacheError(message, param="max_connections", value=shown(max_connections))
    LIMIT.set(most)
