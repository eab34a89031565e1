"""Pools of connections for all clients whose transport settings are equal.

What is shared: botocore's pool managers, and so the connections, of clients that verify alike, show the same
certificate and use the same proxies, timeouts, pool size and socket options. Only if told to, by the clients of one
process or of one session. Credentials never: they are in the requests.

When it is not: for a client whose own manager somebody has reached for, or whose HTTP session somebody has changed;
by an HTTPS proxy; with a TLS key log; with settings that cannot be compared; while botocore's transport is not its own
(``checks.TRANSPORT``). The settings are looked at for each request.

What happens then: the client sends with a manager of its own, as with botocore.

Complexity: some microseconds for each request. Thread safety: any thread may send and close; one lock guards who shares
what, and is never held while something is sent. Invariants: the pools live as long as a client that shares them, and
keep as much as those clients would have kept apart (``pools``); what one client was sent, another one never reads
(``reuse``). Does not show settings: they may hold a proxy's password.
"""

from __future__ import annotations

import copy
import os
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.awsrequest
import botocore.httpsession
import urllib3
from botocore.httpsession import URLLib3Session
from urllib3.util import Timeout

from . import checks
from .borrowed import module_with, with_names
from .pools import Limit, Pools, Weakly, shared_class

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .pools import HostConnections

__all__ = ["LIMIT", "SharingHTTPSession", "open_connections"]

_METHODS = frozenset(name for name, value in vars(checks.base(URLLib3Session)).items() if callable(value))
_PROXY_HOST_HEADER = (
    "BOTO_EXPERIMENTAL__ADD_PROXY_HOST_HEADER"  # with it, botocore writes a request's host into its pool
)


class _SharedConnections:
    """What HTTP sessions of equal settings send with: the managers of a copy of the first of them."""

    def __init__(self, first: Any, settings: Hashable) -> None:
        self.settings = settings
        self.members = Weakly()
        self.pools = Weakly()
        self.is_inherited = False  # by a forked child, to whom none of it belongs
        self._sender = sender = copy.copy(first)
        sender._sharing, sender._shared = first._sharing._replace(connections=None), None
        if isinstance(first._timeout, Timeout):
            sender._timeout = first._timeout.clone()
        sender._socket_options = list(first._socket_options)
        proxies = first._proxy_config
        sender._proxy_config = type(proxies)(dict(proxies._proxies), dict(proxies.settings))
        sender._proxy_managers = {}
        sender._pool_classes_by_scheme = {
            scheme: partial(
                shared_class(own), self.members, self.pools, LIMIT, weakref.WeakMethod(sender._get_ssl_context)
            )
            for scheme, own in first._pool_classes_by_scheme.items()
        }
        self._grow(sender._manager)

    def manager(self, url: str, proxy_url: str | None) -> Any:
        """Return what to send with: botocore's manager for this URL and proxy."""
        if proxy_url is None or proxy_url in self._sender._proxy_managers:
            return self._sender._get_connection_manager(url, proxy_url)
        with _lock:  # botocore would make another one for another thread
            return self._grow(self._sender._get_connection_manager(url, proxy_url))

    def _grow(self, manager: Any) -> Any:
        if not isinstance(manager.pools, Pools):
            manager.pools = Pools(manager.pools, self.members)
        return manager

    def leave(self, member: Any) -> None:
        """Let a client go. The last one closes everything, another one what was kept because of it."""
        self.members.drop(member)
        if len(self.members) == 0:
            self._sender.close()
            return
        for manager in (self._sender._manager, *self._sender._proxy_managers.values()):
            manager.pools.trim()
        for pool in self.pools.list():
            pool.trim()

    def abandon(self) -> None:
        """Leave all of it to the parent. Closing a copy of its socket sends nothing."""
        self.is_inherited = True
        for pool in self.pools.list():
            pool.abandon()


class SharingHTTPSession:
    """Goes before ``URLLib3Session``: sends with shared connections, if told to."""

    _shared: _SharedConnections | None = None
    _make_context: Any = None  # by what botocore would have made its context, of a session that has put it off

    if TYPE_CHECKING:
        _sharing: Any
        _verify: Any
        _proxy_config: Any
        _timeout: Any
        _max_pool_connections: Any
        _socket_options: Any
        _cert_file: Any
        _key_file: Any
        _pool_classes_by_scheme: Any
        _has_own_manager: Any

    def _get_connection_manager(self, url: str, proxy_url: str | None = None) -> Any:
        shared = None if self._sharing.connections is None else self._join(proxy_url)
        if shared is not None:
            return shared.manager(url, proxy_url)
        return super()._get_connection_manager(url, proxy_url)  # type: ignore[misc]

    def _get_ssl_context(self) -> Any:
        make, named_since = self._make_context, os.environ.get("SSLKEYLOGFILE")
        if make is not None and (named_since or make is not botocore.httpsession.create_urllib3_context):
            return with_names(make, os=module_with(os, environ={}))()  # as botocore would have made it before
        return super()._get_ssl_context()  # type: ignore[misc]

    def _join(self, proxy_url: str | None) -> _SharedConnections | None:
        if proxy_url is not None and proxy_url.lower().startswith("https:"):
            return None
        settings, shared = self._settings(), self._shared
        if shared is not None:
            if shared.settings == settings and not shared.is_inherited:
                return shared
            self._leave()
        if settings is None or not _is_as_expected or not checks.TRANSPORT.is_own():
            return None
        with _lock:
            shared = _held.get(settings)
            if shared is None:
                shared = _held[settings] = _SharedConnections(self, settings)
            shared.members.add(self)
            self._shared = shared
        return shared

    def _leave(self) -> None:
        with _lock:
            shared, self._shared = self._shared, None
            if shared is not None and not shared.is_inherited:
                shared.leave(self)

    def _settings(self) -> Hashable | None:
        """Return all that a connection depends on; None if it is nobody else's."""
        if self._has_own_manager() or not vars(self).keys().isdisjoint(_METHODS) or os.environ.get(_PROXY_HOST_HEADER):
            return None
        classes, timeout = self._pool_classes_by_scheme, self._timeout
        if isinstance(timeout, Timeout):
            timeout = (timeout.total, timeout.connect_timeout, timeout.read_timeout)
        if classes != _own_pool_classes() or type(self._max_pool_connections) is not int:
            return None
        try:
            settings = (
                self._sharing,
                type(self),
                type(self._verify),  # 1 is no True
                self._verify,
                self._cert_file,
                self._key_file,
                timeout,
                self._max_pool_connections,
                tuple(map(tuple, self._socket_options)),
                tuple(sorted(self._proxy_config._proxies.items())),
                tuple(sorted(self._proxy_config.settings.items())),
                tuple(sorted(classes.items())),
            )
            hash(settings)
        except (AttributeError, TypeError):  # what they hold is botocore's to judge
            return None
        return settings


def _own_pool_classes() -> dict[str, Any]:
    aws: Any = botocore.awsrequest
    return {"http": aws.AWSHTTPConnectionPool, "https": aws.AWSHTTPSConnectionPool}


def _looks_as_expected() -> bool:
    """Whether urllib3 keeps its pools and their idle connections as the classes in ``pools`` know them."""
    with urllib3.PoolManager(maxsize=2) as manager:
        pools, pool = manager.pools, manager.connection_from_url("http://localhost")
        return (
            type(pools) is Pools.__base__
            and {"_maxsize", "_container", "dispose_func", "lock"} <= vars(pools).keys()
            and getattr(pool.pool, "maxsize", None) == len(getattr(pool.pool, "queue", ())) == 2  # noqa: PLR2004
            and all(hasattr(pool, name) for name in ("_new_conn", "_get_conn", "_put_conn", "ConnectionCls", "conn_kw"))
        )


def open_connections() -> list[HostConnections]:
    """Return what is open, by host."""
    return sorted(pool.info() for pool in _open_pools())


def _open_pools() -> list[Any]:
    return [pool for shared in list(_held.values()) for pool in shared.pools.list()]


LIMIT = Limit(_open_pools)
"""How many shared connections the process may have open."""


_is_as_expected = _looks_as_expected()
_lock = threading.RLock()  # taken before a manager's, never after it
_held: weakref.WeakValueDictionary[Hashable, _SharedConnections] = weakref.WeakValueDictionary()  # by settings


def _start_afresh_in_child() -> None:
    """Leave a forked child nothing of its parent's connections."""
    global _lock, _held
    inherited = list(_held.values())
    _lock, _held = threading.RLock(), weakref.WeakValueDictionary()
    LIMIT.start_afresh()
    for shared in inherited:
        shared.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh_in_child)
