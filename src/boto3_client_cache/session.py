"""Sessions whose clients and resources are cached, and the same for boto3's default session."""

from __future__ import annotations

import copy
import inspect
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, cast, overload

import boto3
import boto3.session
from boto3.resources.base import ServiceResource
from botocore.client import BaseClient

from boto3_client_cache import _core, _signatures
from boto3_client_cache._config import private_configs
from boto3_client_cache._core import Turn, client, resource
from boto3_client_cache._credential_files import CredentialFiles
from boto3_client_cache._masking import shown
from boto3_client_cache._missing_credentials import lacks_credentials
from boto3_client_cache.cache import CacheInfo, CacheType, ClientCache, EvictionPolicy, ResourceCache
from boto3_client_cache.exceptions import CacheError, ClientCacheError, ResourceCacheError
from boto3_client_cache.models import botocore_session, share_client_parts

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from boto3_client_cache._departures import Departed
    from boto3_client_cache._typed.options import Boto3SessionOptions, SessionOptions
    from boto3_client_cache._typed.session import Session as Boto3Session
    from boto3_client_cache.cache import CacheOptions, ClientCacheKey, ResourceCacheKey

    Options = Mapping[str, Any]
else:
    Boto3Session = boto3.session.Session

__all__ = [
    "Session",
    "SessionCache",
    "SessionClientCache",
    "SessionResourceCache",
    "client",
    "resource",
    "setup_default_session",
]

_Cache = TypeVar("_Cache", bound="ClientCache | ResourceCache")

_SESSION_PARAMETERS = tuple(inspect.signature(boto3.session.Session).parameters)


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

    def __init__(self, client_cache: Options | None = None, resource_cache: Options | None = None) -> None:
        """Start with four empty caches, one each per kind and policy, of the options given for their kind."""
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
        yield from (self._cache("client", "LRU"), self._cache("client", "LFU"))
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
        from boto3_client_cache._html import session_cache_html  # noqa: PLC0415 - only notebooks need it

        return session_cache_html(self)


class Session(Boto3Session):
    """A ``boto3.Session`` whose ``client`` and ``resource`` return what they returned before for the same call.

    It takes the same arguments, and ``client`` and ``resource`` two more: ``eviction_policy`` and ``max_size``. Cached
    clients may be shared by threads; resources may not, which is boto3's own rule. What boto3 reads when it builds a
    client (environment, config files, default client config, event handlers registered so far) is read then and not
    again: ``cache.client.LRU.clear()`` makes the next call build anew.
    """

    def __init__(
        self,
        *args: Any,
        share_models: bool | None = None,
        client_cache: CacheOptions | None = None,
        resource_cache: CacheOptions | None = None,
        watch_credentials: bool = False,
        **kwargs: Unpack[Boto3SessionOptions],
    ) -> None:
        """Take what ``boto3.Session`` takes, and how to cache.

        Args:
            *args: As for ``boto3.Session``.
            share_models: Whether to share service models with the process's other sessions. None shares them, unless
                the environment variable ``BOTO3_CLIENT_CACHE_SHARE_MODELS`` is ``0`` or the caller brings a
                ``botocore_session``, which keeps its own loader.
            client_cache: Keyword options of both client caches, as ``ClientCache`` takes them: ``{"ttl": 900}``.
            resource_cache: The same of both resource caches.
            watch_credentials: Whether to look, at most once a second, if the shared credentials and config files have
                changed, and to drop what was built from the old ones. A session whose credentials botocore refreshes
                itself (roles, SSO, container and instance credentials) is left alone.
            **kwargs: As for ``boto3.Session``.

        Raises:
            ClientCacheError: An option in ``client_cache`` is wrong; ``ResourceCacheError`` likewise.
            TypeError: There is no such option.
        """
        caches: SessionCache | None = None  # those of a plain session are made when they are first asked for
        if client_cache is not None or resource_cache is not None or watch_credentials:
            caches = _caches(client_cache, resource_cache)
        lean_args, lean_kwargs = _lean(share_models, args, {**kwargs})
        super().__init__(*lean_args, **lean_kwargs)
        if caches is not None:
            _give(self, caches, watch_credentials)

    @property
    def cache(self) -> SessionCache:
        """The caches of this session, one each per kind and policy."""
        return _core.session_caches(self)

    def cache_info(self) -> CacheInfo:
        """Return what the session's caches have counted, summed up."""
        return cache_info(self)


def cache_info(session: boto3.session.Session) -> CacheInfo:
    """Return what the caches of ``session`` have counted, summed up."""
    counted = [cache.cache_info() for cache in _core.session_caches(session)._all()]
    return CacheInfo(*map(sum, zip(*counted, strict=True)))


def init_boto3s(
    original: Callable[..., None],
    session: boto3.session.Session,
    *args: Any,
    share_models: bool | None = None,
    client_cache: CacheOptions | None = None,
    resource_cache: CacheOptions | None = None,
    watch_credentials: bool = False,
    **kwargs: Any,
) -> None:
    """Do what ``Session.__init__`` does for a session of boto3's: its own ``__init__`` while boto3 is patched."""
    if isinstance(session, Session):  # done already
        return original(session, *args, **kwargs)
    caches = _caches(client_cache, resource_cache)
    caches._resources_by_thread = True
    lean_args, lean_kwargs = _lean(share_models, args, kwargs)
    original(session, *lean_args, **lean_kwargs)
    return _give(session, caches, watch_credentials)


def _caches(client_cache: CacheOptions | None, resource_cache: CacheOptions | None) -> SessionCache:
    return SessionCache(
        _checked(ClientCacheError, client_cache=client_cache),
        _checked(ResourceCacheError, resource_cache=resource_cache),
    )


def _lean(
    share_models: bool | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of ``boto3.Session`` with a botocore session that shares service models."""
    given: dict[str, Any] = dict(zip(_SESSION_PARAMETERS, args, strict=False)) | kwargs
    shared = botocore_session(share_models, given.get("profile_name"), given.get("botocore_session"))
    position = _SESSION_PARAMETERS.index("botocore_session")
    if len(args) > position:
        return (*args[:position], shared, *args[position + 1 :]), kwargs
    return args, {**kwargs, "botocore_session": shared}


def _give(session: boto3.session.Session, caches: SessionCache, watch_credentials: bool) -> None:
    if watch_credentials:
        caches._files = CredentialFiles(session)
        caches._watches_files = True
    _core.give_caches(session, caches)


def setup_default_session(**kwargs: Unpack[SessionOptions]) -> Session:
    """Make a ``Session`` of these arguments, have boto3 use it as its default session, and return it."""
    session = Session(**kwargs)
    boto3.DEFAULT_SESSION = session
    return session


def default_session() -> boto3.session.Session:
    """Return boto3's default session; make one when there is none: ours, or boto3's own while that is patched."""
    return _default_session_turn.run(_default_session)


def _default_session() -> boto3.session.Session:
    if boto3.DEFAULT_SESSION is None:
        if _core.is_anything_installed():
            boto3.setup_default_session()
        else:
            setup_default_session()
    return cast("boto3.session.Session", boto3.DEFAULT_SESSION)


def build(
    session: boto3.session.Session, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Have boto3 build a client or resource, by the method that was boto3's when it was asked for."""
    made = method(*args, **kwargs)
    if isinstance(made, BaseClient):
        share_client_parts(session._session, made)
    return made


def create(  # noqa: PLR0917 - the compiled core calls it
    session: boto3.session.Session,
    caches: SessionCache,
    kind: CacheType,
    cache: _core._Cache[Any, Any],
    key: ClientCacheKey | ResourceCacheKey,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    max_size: int | None,
    method: Callable[..., Any],
    origin: int,
) -> Any:
    """Build what a look-up missed by ``method``, unless another thread does, and cache it as of ``origin``."""
    files = caches._files
    generation = 0

    def build_it() -> Any:
        nonlocal generation
        if files is not None:
            files.read_anew(session)
            generation = files.generation
        private_args, private_kwargs = private_configs(args, kwargs)
        boto3s = partial(build, session, method, private_args, private_kwargs)
        if kind == "client":
            return boto3s()
        return caches._build_resource(args[0] if args else kwargs.get("service_name"), boto3s)

    def is_outdated() -> bool:
        return files is not None and files.generation != generation

    def store(made: Any) -> tuple[Any, Departed | None]:
        if is_outdated() or not isinstance(made, BaseClient if kind == "client" else ServiceResource):
            if max_size is not None:
                cache.max_size = max_size
            return made, None
        kept, departed = cache._store(key, max_size, made, origin)
        if lacks_credentials(kept):
            caches._look_for_credentials()
        if is_outdated():  # meanwhile
            cache.invalidate(lambda _, held: held is made)
        return kept, departed

    return cache._create(key, build_it, store, caches._turn, max_size, origin)


def _checked(error: type[CacheError], **option: Options | None) -> dict[str, Any] | None:
    ((name, options),) = option.items()
    if options is None:
        return None
    if not isinstance(options, Mapping):
        raise error(f"{name} must be a mapping of a cache's keyword options", param=name, value=shown(options, name))
    return dict(options)


def _forget(caches: weakref.ref[SessionCache], thread: int, _: object) -> None:
    """Forget a thread that has ended."""
    held = caches()
    if held is not None:
        held._threads.pop(thread, None)


_live: weakref.WeakSet[SessionCache] = weakref.WeakSet()
_default_session_turn = Turn()


def _start_afresh_in_child() -> None:
    """Leave a forked child nothing of its parent's: no client, whose socket it would share, and no turn taken."""
    global _default_session_turn  # noqa: PLW0603
    _default_session_turn = Turn()
    for caches in list(_live):
        caches._turn = Turn()
        caches._start_afresh()
        caches._threads = {}
        vars(caches).pop("_this_thread", None)
    _core.clear_all_caches()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh_in_child)

Session.__init__.__signature__ = _signatures.of_init(boto3.session.Session.__init__)  # type: ignore[attr-defined]
_core.install_session_methods(Session, SessionCache)
