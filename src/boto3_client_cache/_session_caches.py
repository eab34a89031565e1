"""What a session has cached: a cache for each kind and eviction policy, and each thread's own resources."""

from __future__ import annotations

import copy
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, cast, overload

from boto3_client_cache import _core
from boto3_client_cache._core import Turn
from boto3_client_cache._missing_credentials import lacks_credentials
from boto3_client_cache.cache import CacheType, ClientCache, EvictionPolicy, ResourceCache
from boto3_client_cache.exceptions import CacheError

if TYPE_CHECKING:
    import boto3.session

    from boto3_client_cache._credential_files import CredentialFiles

    Options = Mapping[str, Any]

_Cache = TypeVar("_Cache", bound="ClientCache | ResourceCache")


class _CachesOfKind(Generic[_Cache]):
    """A session's caches of one kind by eviction policy: ``["LRU"]`` or ``.LRU``, ``["LFU"]`` or ``.LFU``."""

    _kind: ClassVar[CacheType]

    def __init__(self, caches: SessionCache) -> None:
        """Show those of ``caches`` that are of this kind."""
        self._caches = caches

    @property
    def LRU(self) -> _Cache:  # noqa: N802 - the policy's name
        """The cache that evicts the least recently used."""
        return self["LRU"]

    @property
    def LFU(self) -> _Cache:  # noqa: N802 - the policy's name
        """The cache that evicts the least frequently used."""
        return self["LFU"]

    def __getitem__(self, eviction_policy: EvictionPolicy) -> _Cache:
        """Return the cache of a policy; ``…CacheError`` for an unknown one."""
        return cast("_Cache", self._caches._here(self._kind, eviction_policy))

    def __iter__(self) -> Iterator[EvictionPolicy]:
        """Iterate over the names of the policies."""
        yield "LRU"
        yield "LFU"

    def __repr__(self) -> str:
        """Show both caches."""
        return f"{type(self).__name__}(\n{self.LRU!r}\n{self.LFU!r}\n)"


class SessionClientCache(_CachesOfKind["ClientCache"]):
    """A session's client caches by eviction policy: ``["LRU"]`` or ``.LRU``, ``["LFU"]`` or ``.LFU``."""

    _kind = "client"


class SessionResourceCache(_CachesOfKind["ResourceCache"]):
    """A session's resource caches by eviction policy: ``["LRU"]`` or ``.LRU``, ``["LFU"]`` or ``.LFU``."""

    _kind = "resource"


class _ThreadResources:
    """The resource caches of one thread, which die with it."""

    def __init__(self, options: Options | None) -> None:
        self.caches: dict[str, ResourceCache] = {
            policy: ResourceCache(policy, **(options or {})) for policy in ("LRU", "LFU")
        }


class SessionCache(_core.SessionCaches):
    """What a session has cached: ``["client"]`` or ``.client``, ``["resource"]`` or ``.resource``."""

    def __init__(
        self, client_cache: Options | ClientCache | None = None, resource_cache: Options | None = None
    ) -> None:
        """Start with four empty caches, one each per kind and policy, of the options given for their kind.

        Of a ``ClientCache`` that is shared, the session's part is the client cache of both policies.
        """
        self._options = (client_cache, resource_cache)
        self._files: CredentialFiles | None = None  # of a session that watches them
        self._turn = Turn()
        self._threads: dict[int, weakref.ref[_ThreadResources]] = {}  # by id
        _live.add(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> SessionCache:
        """Return empty caches: what one session has built is not another's."""
        return self._another()

    def _another(self) -> SessionCache:
        another = SessionCache(*self._options)
        another._files = copy.copy(self._files)
        another._watches_files = self._watches_files
        another._resources_by_thread = self._resources_by_thread
        return another

    def _all(self) -> Iterator[ClientCache | ResourceCache]:
        client, other_client = self._cache("client", "LRU"), self._cache("client", "LFU")
        yield client
        if other_client is not client:  # or it is the part of a shared one
            yield other_client
        yield from (self._cache("resource", "LRU"), self._cache("resource", "LFU"))
        for reference in list(self._threads.values()):
            resources = reference()
            if resources is not None:
                yield from resources.caches.values()

    def _here(self, kind: CacheType, eviction_policy: EvictionPolicy) -> ClientCache | ResourceCache:
        """Return a cache as this thread has it."""
        shared = self._cache(kind, eviction_policy)
        if kind == "client" or not (self._resources_by_thread or _core.is_anything_installed()):
            return shared
        return self._of_this_thread("LRU" if shared is self._cache(kind, "LRU") else "LFU")

    def _of_this_thread(self, eviction_policy: EvictionPolicy) -> ResourceCache:
        """Return the resource cache that this thread alone has: the compiled core calls it while boto3 is patched."""
        this_thread = vars(self).get("_this_thread")
        if this_thread is None:  # looked up now: under gevent a greenlet is a thread
            this_thread = vars(self).setdefault("_this_thread", threading.local())
        resources: _ThreadResources | None = getattr(this_thread, "resources", None)
        if resources is None:
            resources = this_thread.resources = _ThreadResources(self._options[1])
            forget = partial(_forget, weakref.ref(self), id(resources))
            self._threads[id(resources)] = weakref.ref(resources, forget)
        return resources.caches[eviction_policy]

    def _outdate(self) -> None:
        for cache in self._all():
            cache._outdate()

    def clear(self) -> None:
        """Remove all objects from the session's caches."""
        for cache in self._all():
            cache.clear()

    def invalidate(self, predicate: Callable[[Any, Any], object]) -> int:
        """Remove the entries for which ``predicate(key, object)`` is true; return how many.

        Raises:
            CacheError: ``predicate`` cannot be called.
        """
        return sum(cache.invalidate(predicate) for cache in self._all())

    @property
    def client(self) -> SessionClientCache:
        """The client caches."""
        return SessionClientCache(self)

    @property
    def resource(self) -> SessionResourceCache:
        """The resource caches."""
        return SessionResourceCache(self)

    @overload
    def __getitem__(self, cache_type: Literal["client"]) -> SessionClientCache: ...
    @overload
    def __getitem__(self, cache_type: Literal["resource"]) -> SessionResourceCache: ...
    def __getitem__(self, cache_type: CacheType) -> SessionClientCache | SessionResourceCache:
        """Return the caches of a kind; ``CacheError`` for an unknown one."""
        if cache_type == "client":
            return self.client
        if cache_type == "resource":
            return self.resource
        message = 'Unsupported cache type: there are "client" and "resource"'
        raise CacheError(message, param="cache_type", value=cache_type)

    def __iter__(self) -> Iterator[CacheType]:
        """Iterate over the names of the kinds."""
        yield "client"
        yield "resource"

    def __repr__(self) -> str:
        """Show all four caches."""
        return f"{type(self).__name__}(\n{self.client!r}\n{self.resource!r}\n)"

    def _repr_html_(self) -> str:
        """Show all four caches in a notebook."""
        from boto3_client_cache._html import caches_html  # noqa: PLC0415 - only notebooks need it

        return caches_html(self._all())


def look_at_files(session: boto3.session.Session, caches: SessionCache) -> None:
    """Empty ``caches`` if the files of ``session`` have changed: the compiled core calls it, at most once a second."""
    if caches._files is not None:
        caches._files.look(session, caches._outdate)


def look_for_credentials(session: boto3.session.Session, caches: SessionCache) -> None:
    """Drop from ``caches`` what lacks credentials if ``session`` has some by now; the compiled core calls it.

    boto3 looks for them at every call as long as there are none, which is no more than what it does for each client.
    Not while another thread builds: that one has the session's turn, and a call that could hit must not wait for it.
    """
    if caches._turn.run_if_free(session.get_credentials) is None:
        return
    caches._lacks_credentials = False  # first: what is stored meanwhile says so again
    caches.invalidate(lambda _, held: lacks_credentials(held))


def _forget(caches: weakref.ref[SessionCache], thread: int, _: object) -> None:
    """Forget a thread that has ended."""
    held = caches()
    if held is not None:
        held._threads.pop(thread, None)


_live: weakref.WeakSet[SessionCache] = weakref.WeakSet()


def _start_afresh_in_child() -> None:
    """Leave a forked child nothing of its parent's: no client, whose socket it would share, and no turn taken."""
    for caches in list(_live):
        caches._turn = Turn()
        caches._start_afresh()
        caches._threads = {}
        vars(caches).pop("_this_thread", None)
    _core.clear_all_caches()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh_in_child)
