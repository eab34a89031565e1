"""A pool of sessions: the one session of equal arguments, or of a role, for as long as there is room."""

from __future__ import annotations

import inspect
import operator
import os
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from boto3_client_cache import _core, _roles, _signatures
from boto3_client_cache._core import SessionCacheKey, Turn
from boto3_client_cache._masking import shown
from boto3_client_cache.cache import ClientCache
from boto3_client_cache.exceptions import ClientCacheError, SessionCacheError
from boto3_client_cache.session import Session, checked_options

if TYPE_CHECKING:
    import boto3.session
    from typing_extensions import Self, Unpack

    from boto3_client_cache._explanation import Explanation
    from boto3_client_cache._roles import Role, TokenLoader, TokenProvider
    from boto3_client_cache._typed.options import RoleSessionOptions, SessionOptions
    from boto3_client_cache.cache import CacheInfo, Cause, EvictionPolicy

__all__ = ["SessionPool"]

_OPTIONS = inspect.signature(Session)
_ANSWERS = "_client_cache_sts_answers"  # the attribute of a role's session with what STS has answered


class SessionPool(_core.PooledSessions):
    """A bounded pool of sessions, for programs that work with many accounts, profiles or roles.

    Equal arguments give the same session, made once however many threads ask; each session caches its own clients. A
    session that has left the pool stays whole for those who hold it, and so do its clients.
    """

    _source: Session | None
    """Whose credentials assume the roles for which no other source is named."""
    _turn: Turn
    """To make `_source`."""
    _kept: dict[SessionCacheKey, dict[str, Any]]
    """What STS has answered, of sessions that have given way."""
    _clients: ClientCache | None
    """What holds the clients of all sessions; None where each has caches of its own."""

    def __init__(
        self,
        max_sessions: int = 100,
        *,
        max_clients: int | None = None,
        eviction_policy: EvictionPolicy = "LRU",
        ttl: float | None = None,
        idle_ttl: float | None = None,
        max_wait: float | None = 30,
        on_evict: Callable[[SessionCacheKey, Session, Cause], object] | None = None,
        clock: Callable[[], float] | None = None,
        keep_credentials: bool = False,
        **options: Unpack[SessionOptions],
    ) -> None:
        """Start with an empty pool.

        Args:
            max_sessions: How many sessions fit; 0 for none, and then each call makes one.
            max_clients: How many clients fit, of all sessions together: the least recently used one of any session
                gives way. None for as many as each session's own caches take.
            eviction_policy: ``"LRU"`` or ``"LFU"``: who gives way, of sessions and of clients that share a budget.
            ttl: Seconds from making a session until it leaves; None for never.
            idle_ttl: Seconds from its last use until a session leaves; None for never.
            max_wait: Seconds that a caller waits for what another thread makes before it makes a session itself.
            on_evict: Called as ``on_evict(key, session, cause)`` after a session has left, with no lock held.
            clock: Called for the time, seconds on a monotonic clock; None for the system's.
            keep_credentials: Whether credentials of a role outlive the session that gives way to another, in memory,
                until they expire: the role's next session begins with them, and STS is not asked.
            **options: What ``Session`` takes, for every session of the pool; a call's own come before it.

        Raises:
            SessionCacheError: A number is negative, the policy is unknown, a callback cannot be called, or
                ``client_cache`` has a size of its own beside ``max_clients``.
            TypeError: There is no such option.
        """
        self._options: dict[str, Any] = _private(_OPTIONS.bind_partial(**options).arguments)
        self._on_evict = on_evict
        self._cache = _core.PooledSessionCache(
            eviction_policy,
            _size("max_sessions", max_sessions),
            ttl=ttl,
            idle_ttl=idle_ttl,
            max_wait=max_wait,
            on_evict=self._departed if keep_credentials and (on_evict is None or callable(on_evict)) else on_evict,
            clock=clock,
        )
        self._clients = None if max_clients is None else self._shared_clients(max_clients, eviction_policy)
        self._start_afresh()
        self._begin(self._cache, self._options, _roles.options_of_role({}, self._options))
        _pools[id(self)] = weakref.ref(self, partial(_forget, id(self)))

    def session(self, *args: Any, **kwargs: Unpack[SessionOptions]) -> Session:
        """Return the pool's session of these arguments, or make it.

        Takes what ``Session`` takes. What a call does not say, the pool's options do.

        Raises:
            SessionCacheError: The pool is closed, or an option cannot be a key.
            Exception: Whatever boto3 raises while it makes the session; nothing is kept then.
        """
        given = _OPTIONS.bind_partial(*args, **kwargs).arguments
        options = self._options | given
        sharing = self._sharing(given)
        return self._create(SessionCacheKey(**options), lambda: Session(**options | sharing))

    def assume_role(
        self,
        role_arn: str,
        *,
        source: boto3.session.Session | None = None,
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
        """Return the pool's session that assumes this role, or make it.

        Nothing is asked of STS until a request needs credentials. botocore refreshes them before they expire; threads
        that need them meanwhile wait for the one that asks. A role that STS denies raises botocore's error at each
        request.

        Args:
            role_arn: The role.
            source: Whose credentials assume it: a session, also of another role; None for one of the pool's options.
            role_session_name: The name in the role's audit trail; None for botocore's.
            external_id: What the role's owner asks for; shown as ``***``.
            policy: A session policy, the text of its JSON; shown as ``***``.
            policy_arns: Managed policies that bound the session.
            tags: Session tags.
            transitive_tag_keys: Those that stay in a chain of roles.
            duration_seconds: How long credentials are valid, from 900 to 43200; None for STS's hour.
            source_identity: Who is behind the session, for the audit trail.
            serial_number: An MFA device that the role asks for.
            token_provider: Called with ``serial_number`` for the device's code, at each refresh.
            **options: What ``Session`` takes, but for credentials. The region is the pool's, or that of ``source``.

        Raises:
            SessionCacheError: STS cannot be asked so, arguments contradict each other, or the pool is closed.
        """
        given: dict[str, Any] = {
            "role_session_name": role_session_name,
            "external_id": external_id,
            "policy": policy,
            "policy_arns": policy_arns,
            "tags": tags,
            "transitive_tag_keys": transitive_tag_keys,
            "duration_seconds": duration_seconds,
            "source_identity": source_identity,
            "serial_number": serial_number,
            "token_provider": token_provider,
        }
        return self._role_session(_roles.role(role_arn, **given), source, options, given)

    def assume_role_with_web_identity(
        self,
        role_arn: str,
        *,
        web_identity_token_file: str | os.PathLike[str] | None = None,
        web_identity_token_loader: TokenLoader | None = None,
        role_session_name: str | None = None,
        policy: str | None = None,
        policy_arns: Sequence[str] | None = None,
        duration_seconds: int | None = None,
        **options: Unpack[RoleSessionOptions],
    ) -> Session:
        """Return the pool's session that assumes this role by a web identity token, or make it.

        As ``assume_role``; no other credentials are needed.

        Args:
            role_arn: The role.
            web_identity_token_file: The file that holds the token, read at each refresh.
            web_identity_token_loader: Instead, a function that returns the token, called at each refresh.
            role_session_name: The name in the role's audit trail; None for botocore's.
            policy: A session policy, the text of its JSON; shown as ``***``.
            policy_arns: Managed policies that bound the session.
            duration_seconds: How long credentials are valid, from 900 to 43200; None for STS's hour.
            **options: What ``Session`` takes, but for credentials.

        Raises:
            SessionCacheError: STS cannot be asked so, arguments contradict each other, or the pool is closed.
        """
        given: dict[str, Any] = {
            "web_identity_token_file": web_identity_token_file,
            "web_identity_token_loader": web_identity_token_loader,
            "role_session_name": role_session_name,
            "policy": policy,
            "policy_arns": policy_arns,
            "duration_seconds": duration_seconds,
        }
        return self._role_session(_roles.web_identity_role(role_arn, **given), None, options, given)

    def key(self, *args: Any, **kwargs: Any) -> SessionCacheKey:
        """Return the key of what ``session(...)`` or ``assume_role(...)`` takes, with the pool's options."""
        defaults = _roles.options_of_role({}, self._options) if "role_arn" in kwargs else self._options
        said = {*tuple(_OPTIONS.parameters)[: len(args)], *kwargs}
        rest = {name: value for name, value in defaults.items() if name not in said}
        return SessionCacheKey(*args, **rest, **kwargs)

    @property
    def max_sessions(self) -> int:
        """How many sessions fit. Lowering it lets the rest go at once."""
        return self._cache.max_size

    @max_sessions.setter
    def max_sessions(self, max_sessions: int) -> None:
        self._cache.max_size = _size("max_sessions", max_sessions)

    @property
    def max_clients(self) -> int | None:
        """How many clients fit, of all sessions; None without a budget. Lowering it lets the rest go at once.

        A pool that was made without a budget cannot be given one, and one that has it cannot lose it.
        """
        return None if self._clients is None else self._clients.max_size

    @max_clients.setter
    def max_clients(self, max_clients: int) -> None:
        if self._clients is None:
            message = "max_clients must be given when the pool is made: its sessions have caches of their own"
            raise SessionCacheError(message, param="max_clients", value=shown(max_clients))
        self._clients.max_size = _size("max_clients", max_clients)

    @property
    def clients(self) -> ClientCache | None:
        """The cache that all sessions of the pool share, where ``max_clients`` was given.

        For what concerns the clients of all: ``cache_info()``, ``size_advice()``, ``invalidate(predicate)``.
        """
        return self._clients

    @property
    def closed(self) -> bool:
        """Whether ``close()`` was called."""
        return self._cache.closed

    def explain(self, key: SessionCacheKey) -> Explanation:
        """Say why ``key`` misses: the nearest key in the pool, and in what it differs."""
        return self._cache.explain(key)

    def pin(self, key: SessionCacheKey) -> None:
        """Keep a session from giving way to others; ``SessionCacheNotFoundError`` where there is none."""
        self._cache.pin(key)

    def unpin(self, key: SessionCacheKey) -> None:
        """Let a session give way again; ``SessionCacheNotFoundError`` where there is none."""
        self._cache.unpin(key)

    def invalidate(self, predicate: Callable[[SessionCacheKey, Session], object]) -> int:
        """Remove the sessions for which ``predicate(key, session)`` is true, and all kept credentials; return how many.

        Raises:
            SessionCacheError: ``predicate`` cannot be called.
        """
        removed = self._cache.invalidate(predicate)
        self._kept = {}
        return removed

    def clear(self) -> None:
        """Remove all sessions and kept credentials."""
        self._cache.clear()
        self._start_afresh()

    def close(self) -> None:
        """Remove all and make none any more: a later call raises ``SessionCacheError``."""
        self._cache.close()
        self._start_afresh()

    def cache_info(self) -> CacheInfo:
        """Return what the pool has counted: sessions, not their clients."""
        return self._cache.cache_info()

    def __len__(self) -> int:
        """Return how many sessions there are."""
        return len(self._cache)

    def __contains__(self, key: object) -> bool:
        """Whether there is a session of this key; no use is counted."""
        return key in self._cache

    def __iter__(self) -> Iterator[SessionCacheKey]:
        """Iterate over a snapshot of the keys, the next to go first."""
        return iter(self._cache)

    def __enter__(self) -> Self:
        """Return the pool itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the pool."""
        self.close()

    def __repr__(self) -> str:
        """Show the calls whose sessions there are, secrets as ``***``."""
        name = type(self).__name__
        lines = [f"   - Session({key.label})" for key in self._cache]
        return "\n".join([f"{name}:", *lines]) if lines else f"{name}(empty)"

    def _role_session(
        self, role: Role, source: boto3.session.Session | None, options: Mapping[str, Any], given: dict[str, Any]
    ) -> Session:
        if source is not None:
            _roles.check_source(source)
        whole = _roles.options_of_role(_OPTIONS.bind_partial(**options).arguments, self._options)
        key = SessionCacheKey(role_arn=role.arn, source=source, **given, **whole)
        sharing = self._sharing(options)

        def make() -> Session:
            answers = self._kept.pop(key, {})
            assumed_by = self._own_source() if source is None else source
            session = _roles.session_of(role, assumed_by, whole | sharing, answers)
            vars(session)[_ANSWERS] = answers
            return session

        return self._create(key, make)

    def _create(self, key: SessionCacheKey, make: Callable[[], Session]) -> Session:
        if self._cache.closed:
            raise SessionCacheError("The pool is closed: make another one")
        made: Session = self._cache._create(
            key, make, lambda session: self._cache._store(key, None, session, 0), None, None, 0
        )
        return made

    def _own_source(self) -> Session:
        """Return the session that assumes roles for which no other is named: not one of those that give way."""
        return self._turn.run(self._make_own_source)

    def _make_own_source(self) -> Session:
        if self._source is None:
            self._source = Session(**self._options | self._sharing({}))
        return self._source

    def _shared_clients(self, max_clients: int, eviction_policy: EvictionPolicy) -> ClientCache:
        """Return a cache for the clients of all sessions, with the other options of ``client_cache``."""
        given = self._options.get("client_cache")
        is_cache = isinstance(given, ClientCache)
        options = {} if is_cache else checked_options(ClientCacheError, client_cache=given) or {}
        if is_cache or options.get("max_size") is not None:
            message = "max_clients contradicts client_cache, which has a size of its own: give one of them"
            raise SessionCacheError(message, param="max_clients", value=shown(max_clients))
        max_size = _size("max_clients", max_clients)
        return ClientCache(eviction_policy, **{**options, "max_size": max_size})

    def _sharing(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a session is made with besides its options, so that the budget holds for it too."""
        if self._clients is None:
            return {}
        if given.get("client_cache") is not None:
            message = "client_cache cannot be given to a session of a pool with max_clients: give it to the pool"
            raise SessionCacheError(message, param="client_cache", value=shown(given["client_cache"], "client_cache"))
        return {"client_cache": self._clients}

    def _departed(self, key: SessionCacheKey, session: Session, cause: Cause) -> None:
        """Keep the credentials of a session that has given way or lived too long, and drop those that have expired."""
        kept, now = self._kept, datetime.now(timezone.utc)
        for other in [other for other, answers in list(kept.items()) if not _is_any_valid(answers, now)]:
            kept.pop(other, None)
        answers = vars(session).get(_ANSWERS, {})
        if cause in {"size", "expired"} and _is_any_valid(answers, now):
            kept[key] = answers
        if self._on_evict is not None:
            self._on_evict(key, session, cause)

    def _start_afresh(self) -> None:
        self._source = None
        self._turn = Turn()
        self._kept = {}


def _private(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with copies of those that the caller might change."""
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in options.items()}


def _size(param: str, size: Any) -> int:
    try:
        checked = operator.index(size)
    except TypeError:
        checked = -1
    if not 0 <= checked <= sys.maxsize:
        raise SessionCacheError(
            f"{param} must be an integer, not negative and not beyond {sys.maxsize}", param=param, value=shown(size)
        )
    return checked


def _is_any_valid(answers: Mapping[str, Any], now: datetime) -> bool:
    return any(answer["Credentials"]["Expiration"] > now for answer in list(answers.values()))


_pools: dict[int, weakref.ref[SessionPool]] = {}  # by id; a WeakSet may change under whoever iterates over it


def live_pools() -> list[SessionPool]:
    """Return every pool of the process."""
    return [pool for reference in list(_pools.values()) if (pool := reference()) is not None]


def _forget(pool: int, _: object) -> None:
    _pools.pop(pool, None)


def _start_afresh_in_child() -> None:
    """Leave a forked child no session of its parent's, whose credentials may be locked."""
    for pool in live_pools():
        pool._start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh_in_child)

# From here on the compiled core answers what it can, and calls these for the rest.
_core.install_pool_methods(
    SessionPool,
    {
        name: f"{name}{_signatures.text_of(signature)}\n--\n\n{inspect.getdoc(getattr(SessionPool, name))}"
        for name, signature in (
            ("session", _OPTIONS),
            ("assume_role", inspect.signature(SessionPool.assume_role)),
            ("assume_role_with_web_identity", inspect.signature(SessionPool.assume_role_with_web_identity)),
        )
    },
)
