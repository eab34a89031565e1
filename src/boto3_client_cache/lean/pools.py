"""Pools that grow with their members: as many hosts, and idle connections to each, as all would have kept apart.

What is shared: a manager's pools. When they are not, and what happens then: ``connections``.

Complexity: O(1) for each request, besides urllib3's; O(what is open) to count, to close for one who leaves what was
kept because of him, and for each request where there is a limit. Thread safety: as urllib3's. Does not keep members,
pools or connections alive.
"""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import urllib3.poolmanager

from . import checks
from .reuse import ReusedPool, extended, is_open

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HostConnections", "Limit", "Pools", "Weakly", "shared_class"]


class Weakly:
    """Objects that are held weakly: any thread may add one, drop one and list them, and any may die meanwhile."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._references: dict[int, weakref.ref[Any]] = {}  # by id; one operation of a dict is one of all threads

    def add(self, item: Any) -> None:
        """Hold ``item`` until it dies."""
        number, references = id(item), self._references
        references[number] = weakref.ref(item, lambda _: references.pop(number, None))

    def drop(self, item: Any) -> None:
        """Do not hold ``item`` any more."""
        self._references.pop(id(item), None)

    def list(self) -> list[Any]:
        """Return what lives."""
        found = [reference() for reference in list(self._references.values())]
        return [item for item in found if item is not None]

    def __len__(self) -> int:
        """Count what lives."""
        return len(self._references)


class Pools(checks.base(getattr(urllib3.poolmanager, "RecentlyUsedContainer", None))):  # type: ignore[misc]
    """A manager's pools by host."""

    def __init__(self, own: Any, members: Weakly) -> None:
        """Take the place of a manager's ``own``, which has none yet."""
        self._each = own._maxsize
        self._members = members
        super().__init__(own._maxsize, own.dispose_func)

    @property
    def _maxsize(self) -> int:
        return self._each * max(1, len(self._members))  # type: ignore[no-any-return]

    @_maxsize.setter
    def _maxsize(self, maxsize: int) -> None:
        """Ignore what the base class remembers."""

    def trim(self) -> None:
        """Let go of the hosts that were used least recently, beyond what is kept."""
        while True:
            with self.lock:
                if len(self._container) <= self._maxsize:
                    return
                _, pool = self._container.popitem(last=False)
            if self.dispose_func:
                self.dispose_func(pool)


class HostConnections(NamedTuple):
    """The connections to one host that clients of equal transport settings share."""

    host: str
    """Scheme, name and port; for requests over HTTP by a proxy, the proxy's."""
    idle: int
    """How many are open and wait for a request."""
    in_use: int
    """How many are open and have one."""
    clients: int
    """How many clients share them."""


class Limit:
    """How many connections may be open, in all pools that there are."""

    most: int | None = None

    def __init__(self, pools: Callable[[], list[Any]]) -> None:
        """Take what lists the pools."""
        self._pools = pools
        self.start_afresh()

    def start_afresh(self) -> None:
        """Leave a forked child no lock that another thread of its parent's may hold."""
        self._lock = threading.RLock()  # re-entrant: a response that dies meanwhile gives its connection back

    def set(self, most: int | None) -> None:
        """Allow so many from now on."""
        self.most = most
        self.make_room()

    def make_room(self, for_new: int = 0) -> None:
        """Close idle connections beyond what may be open, whichever host's were used least recently first."""
        most = self.most
        if most is None:
            return
        with self._lock:  # or two threads would both close what is too much
            pools = self._pools()
            for _ in range(sum(pool.count_open() for pool in pools) + for_new - most):
                idle = {pool: since for pool in pools if (since := pool.idle_since()) is not None}
                if not idle:
                    return
                min(idle, key=idle.__getitem__).close_idlest()


class _SharedPool(ReusedPool):
    """A host's pool, before botocore's class or what stands in its place."""

    if TYPE_CHECKING:
        pool: Any
        scheme: str
        host: str
        port: int
        conn_kw: Any

    def __init__(
        self, members: Weakly, pools: Weakly, limit: Limit, make_context: Any, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._make_context = make_context  # a weak reference to it
        self._limit = limit
        self._members = members
        self._each = self.pool.maxsize
        self._opened = Weakly()
        pools.add(self)

    def _new_conn(self) -> Any:
        self._limit.make_room(for_new=1)
        connection = super()._new_conn()  # type: ignore[misc]
        self._opened.add(connection)
        context, make_context = self.conn_kw.get("ssl_context"), self._make_context()
        if context is not None and make_context is not None and getattr(connection, "ssl_context", None) is context:
            # urllib3 changes a context at each connect, which fails others that are shaking hands with it meanwhile.
            connection.ssl_context = make_context()
        return connection

    def _put_conn(self, conn: Any) -> None:
        self._set_size()
        if conn is not None:
            conn._idle_since = time.monotonic()
        super()._put_conn(conn)
        self.trim()
        self._limit.make_room()

    def _set_size(self) -> Any:
        idle = self.pool  # None when it is closed
        if idle is not None:
            idle.maxsize = self._each * max(1, len(self._members))
        return idle

    def trim(self) -> None:
        """Close the idle connections that were used least recently, beyond what is kept."""
        idle = self._set_size()
        while idle is not None and 0 < idle.maxsize < idle.qsize():
            with idle.mutex:
                oldest = list(idle.queue)[:1]
                if oldest:
                    del idle.queue[0]
            if oldest and oldest[0] is not None:
                oldest[0].close()

    def count_open(self) -> int:
        """Count the connections that are open, idle or not."""
        return sum(map(is_open, self._opened.list()))

    def idle_since(self) -> float | None:
        """Return since when the connection is idle that was used least recently, on the monotonic clock."""
        idle = self.pool
        for connection in () if idle is None else list(idle.queue):
            if connection is not None and is_open(connection):
                return connection._idle_since  # type: ignore[no-any-return]
        return None

    def close_idlest(self) -> None:
        """Close the idle connection that was used least recently, if there is still one."""
        idle, taken = self.pool, None
        if idle is None:
            return
        with idle.mutex:
            for place, connection in enumerate(idle.queue):
                if connection is not None and is_open(connection):
                    taken, idle.queue[place] = connection, None  # as before it was opened
                    break
        if taken is not None:
            taken.close()

    def abandon(self) -> None:
        """Close the idle sockets without the locks, which a thread of the parent's may have held when it forked."""
        idle = self.pool
        if idle is None:
            return
        connections = [connection for connection in idle.queue if connection is not None]
        type(idle).__init__(idle, idle.maxsize)
        for connection in connections:
            connection.close()

    def info(self) -> HostConnections:
        """Count what is open."""
        waiting = set() if self.pool is None else {id(connection) for connection in list(self.pool.queue)}
        is_idle = [id(connection) in waiting for connection in self._opened.list() if is_open(connection)]
        url = f"{self.scheme}://{self.host}:{self.port}"
        return HostConnections(url, sum(is_idle), len(is_idle) - sum(is_idle), len(self._members))


def shared_class(own: type) -> type:
    """Return a pool class that does what ``own`` does, and is shared."""
    return extended(own, by=_SharedPool)
