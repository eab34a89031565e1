"""Sessions whose clients and resources are cached, and the same for boto3's default session."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import boto3
import boto3.session
from boto3.resources.base import ServiceResource
from botocore.client import BaseClient

from boto3_client_cache import _core, _equal_sessions, _signatures
from boto3_client_cache._config import private_configs
from boto3_client_cache._core import Turn, client, resource
from boto3_client_cache._credential_files import CredentialFiles
from boto3_client_cache._masking import shown
from boto3_client_cache._missing_credentials import lacks_credentials
from boto3_client_cache._session_caches import SessionCache, SessionClientCache, SessionResourceCache
from boto3_client_cache.cache import CacheInfo, ClientCache
from boto3_client_cache.exceptions import CacheError, ClientCacheError, ResourceCacheError
from boto3_client_cache.lean.session import Choices, botocore_session

if TYPE_CHECKING:
    from typing import Literal

    from typing_extensions import Unpack

    from boto3_client_cache._departures import Departed
    from boto3_client_cache._roles import TokenProvider
    from boto3_client_cache._typed.options import Boto3SessionOptions, RoleSessionOptions, SessionOptions
    from boto3_client_cache._typed.session import Session as Boto3Session
    from boto3_client_cache.cache import CacheOptions, CacheType, ClientCacheKey, ResourceCacheKey
    from boto3_client_cache.lean.session import Scope

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

_SESSION_PARAMETERS = tuple(inspect.signature(boto3.session.Session).parameters)


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
        share_trust: bool | None = None,
        share_connections: Scope | Literal[False] | None = None,
        client_cache: CacheOptions | ClientCache | None = None,
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
            share_trust: Whether clients use one TLS context of the process for equal trust settings. None does so where
                models are shared, unless ``BOTO3_CLIENT_CACHE_SHARE_TRUST`` is ``0``.
            share_connections: ``"process"`` to share connections with all sessions that say so, ``"session"`` to share
                them among the clients of this one, ``False`` for connections of each client's own. None takes what
                ``BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS`` says, and else shares none.
            client_cache: Keyword options of both client caches, as ``ClientCache`` takes them: ``{"ttl": 900}``. Or a
                ``ClientCache`` that several sessions share: each finds its own clients only, and one size, one order
                of eviction and one set of options hold for all.
            resource_cache: The same of both resource caches.
            watch_credentials: Whether to look, at most once a second, if the shared credentials and config files have
                changed, and to drop what was built from the old ones. A session whose credentials botocore refreshes
                itself (roles, SSO, container and instance credentials) is left alone.
            **kwargs: As for ``boto3.Session``.

        Raises:
            CacheError: There is no such scope of connections.
            ClientCacheError: An option in ``client_cache`` is wrong; ``ResourceCacheError`` likewise.
            TypeError: There is no such option.
        """
        caches: SessionCache | None = None  # those of a plain session are made when they are first asked for
        if client_cache is not None or resource_cache is not None or watch_credentials:
            caches = _caches(client_cache, resource_cache)
        lean_args, lean_kwargs = _lean(Choices(share_models, share_trust, share_connections), args, {**kwargs})
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

    def assume_role(
        self,
        role_arn: str,
        *,
        role_session_name: str | None = None,
        external_id: str | None = None,
        policy: str | None = None,
        policy_arns: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        transitive_tag_keys: Sequence[str] | None = None,
        duration_seconds: int | None = None,
        source_identity: str | None = None,
        serial_number: str | None = None,
        token_provider: TokenProvider | None = None,
        **options: Unpack[RoleSessionOptions],
    ) -> Session:
        """Return a new session of a role that this one assumes.

        Each call makes one: keep it, since it holds the credentials and caches the clients; a ``SessionPool`` keeps
        many. It takes what ``SessionPool.assume_role`` takes; the region is this session's unless the call says so.

        Raises:
            SessionCacheError: STS cannot be asked so, or arguments contradict each other.
        """
        from boto3_client_cache import _roles  # noqa: PLC0415 - it needs this class

        role = _roles.role(
            role_arn,
            role_session_name=role_session_name,
            external_id=external_id,
            policy=policy,
            policy_arns=policy_arns,
            tags=tags,
            transitive_tag_keys=transitive_tag_keys,
            duration_seconds=duration_seconds,
            source_identity=source_identity,
            serial_number=serial_number,
            token_provider=token_provider,
        )
        return _roles.session_of(role, self, _roles.options_of_role(options, {}), {})


def cache_info(session: boto3.session.Session) -> CacheInfo:
    """Return what the caches of ``session`` have counted, summed up."""
    counted = [cache.cache_info() for cache in _core.session_caches(session)._all()]
    return CacheInfo(*map(sum, zip(*counted, strict=True)))


def init_boto3s(
    original: Callable[..., None],
    session: boto3.session.Session,
    *args: Any,
    share_models: bool | None = None,
    share_trust: bool | None = None,
    share_connections: Scope | Literal[False] | None = None,
    client_cache: CacheOptions | ClientCache | None = None,
    resource_cache: CacheOptions | None = None,
    watch_credentials: bool = False,
    **kwargs: Any,
) -> None:
    """Do what ``Session.__init__`` does for a session of boto3's: its own ``__init__`` while boto3 is patched."""
    if isinstance(session, Session):  # done already
        return original(session, *args, **kwargs)
    given = dict(zip(_SESSION_PARAMETERS, args, strict=False)) | kwargs
    is_own = client_cache is not None or resource_cache is not None or watch_credentials
    if is_own or type(session) is not boto3.session.Session:  # a derived one may do to itself what others do not
        caches = _caches_of_boto3s(client_cache, resource_cache)
    else:
        caches = _equal_sessions.caches_for(given, _caches_of_boto3s)
    lean_args, lean_kwargs = _lean(Choices(share_models, share_trust, share_connections), args, kwargs)
    original(session, *lean_args, **lean_kwargs)
    return _give(session, caches, watch_credentials)


def _caches_of_boto3s(client_cache: Any = None, resource_cache: Any = None) -> SessionCache:
    caches = _caches(client_cache, resource_cache)
    caches._resources_by_thread = True
    return caches


def _caches(client_cache: CacheOptions | ClientCache | None, resource_cache: CacheOptions | None) -> SessionCache:
    of_clients = (
        client_cache
        if isinstance(client_cache, ClientCache)
        else checked_options(ClientCacheError, client_cache=client_cache)
    )
    return SessionCache(
        of_clients,
        checked_options(ResourceCacheError, resource_cache=resource_cache),
    )


def _lean(choices: Choices, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of ``boto3.Session`` with a botocore session that shares what was chosen."""
    given: dict[str, Any] = dict(zip(_SESSION_PARAMETERS, args, strict=False)) | kwargs
    shared = botocore_session(choices, given.get("profile_name"), given.get("botocore_session"))
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
        boto3s = partial(method, *private_args, **private_kwargs)
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


def checked_options(error: type[CacheError], **option: Options | None) -> dict[str, Any] | None:
    """Return a copy of a cache's options; ``error``, which names the option, for what are none."""
    ((name, options),) = option.items()
    if options is None:
        return None
    if not isinstance(options, Mapping):
        or_shared = " or a ClientCache" if name == "client_cache" else ""
        raise error(
            f"{name} must be a mapping of a cache's keyword options{or_shared}", param=name, value=shown(options, name)
        )
    return dict(options)


_default_session_turn = Turn()


def _free_the_turn_in_child() -> None:
    global _default_session_turn  # noqa: PLW0603
    _default_session_turn = Turn()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_the_turn_in_child)

Session.__init__.__signature__ = _signatures.of_init(boto3.session.Session.__init__)  # type: ignore[attr-defined]
_core.install_session_methods(Session, SessionCache)
