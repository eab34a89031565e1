"""Clients and resources side by side, so that one test body serves both kinds and every policy."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from boto3.resources.base import ServiceResource
from botocore.client import BaseClient

import boto3_client_cache as package


class _ByIdentityOnly:
    """No cache may ask a stored object anything: it holds it, and hands back the same one."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a cached object was compared by value")

    def __hash__(self) -> int:
        raise AssertionError("a cached object was hashed")


class StubClient(_ByIdentityOnly, BaseClient):
    """A client by type only: costs nothing to make."""

    def __init__(self) -> None:
        """Build nothing."""


class StubResource(_ByIdentityOnly, ServiceResource):
    """A resource by type only."""

    def __init__(self) -> None:
        """Build nothing."""


class StubSession(_ByIdentityOnly, boto3.Session):
    """A session by type only."""

    def __init__(self) -> None:
        """Build nothing."""


@dataclass(frozen=True)
class Kind:
    """Everything that differs between the cache of clients and the cache of resources."""

    name: str
    word: str
    base: type
    stub: type

    def __str__(self) -> str:
        return self.name

    def _public(self, pattern: str) -> Any:
        return getattr(package, pattern.format(self.word))

    @cached_property
    def key(self) -> Any:
        return self._public("{}CacheKey")

    @cached_property
    def factory(self) -> Any:
        return self._public("{}Cache")

    @cached_property
    def error(self) -> type[Exception]:
        return self._public("{}CacheError")

    @cached_property
    def exists_error(self) -> type[Exception]:
        return self._public("{}CacheExistsError")

    @cached_property
    def not_found_error(self) -> type[Exception]:
        return self._public("{}CacheNotFoundError")

    @cached_property
    def session_cache(self) -> type:
        return self._public("Session{}Cache")

    @cached_property
    def function(self) -> Any:
        """The module-level ``client`` or ``resource``."""
        return getattr(package, self.name)

    @cached_property
    def other(self) -> Kind:
        return RESOURCE if self is CLIENT else CLIENT

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What boto3's own method takes, in order, with the defaults (None for the service, which has none)."""
        signature = inspect.signature(getattr(boto3.Session, self.name))
        _self, service, *others = signature.parameters.values()
        return {service.name: None, **{parameter.name: parameter.default for parameter in others}}

    def get(self, session: boto3.Session, *args: Any, **kwargs: Any) -> Any:
        """Ask the session for an object of this kind."""
        return getattr(session, self.name)(*args, **kwargs)

    def caches(self, session: package.Session) -> Any:
        """Hand over the session's caches of this kind, one a policy."""
        return session.cache[self.name]

    def positionally(self, **values: Any) -> tuple[Any, ...]:
        """Spell a call by position alone, with boto3's default wherever nothing is given."""
        last = max(map(list(self.parameters).index, values))
        return tuple({**self.parameters, **values}.values())[: last + 1]


CLIENT = Kind("client", "Client", BaseClient, StubClient)
RESOURCE = Kind("resource", "Resource", ServiceResource, StubResource)
KINDS = (CLIENT, RESOURCE)
SESSION = Kind("session", "Session", boto3.Session, StubSession)  # no session makes it: it is not among the others
POLICIES = ("LRU", "LFU")
SECRET_PARAMETERS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


@dataclass(frozen=True)
class Flavour:
    """One of the four cache classes."""

    kind: Kind
    policy: str

    def __str__(self) -> str:
        return f"{self.policy}{self.kind.word}Cache"

    @cached_property
    def cache_class(self) -> Any:
        return getattr(package, str(self))

    def filled(self, names: Iterable[str], max_size: int = 10) -> Any:
        """Make a cache that holds one stub under each name, stored in that order."""
        cache = self.cache_class(max_size)
        self.store(cache, names)
        return cache

    def store(self, cache: Any, names: Iterable[str]) -> None:
        for name in names:
            cache[self.kind.key(name)] = self.kind.stub()

    def use(self, cache: Any, names: Iterable[str]) -> None:
        for name in names:
            cache[self.kind.key(name)]


@dataclass(frozen=True)
class PooledFlavour(Flavour):
    """One of the two cache classes that pools of sessions are made of, which are not public."""

    @cached_property
    def cache_class(self) -> Any:
        return getattr(package._core, f"{self.policy}PooledSessionCache")


FLAVOURS = tuple(Flavour(kind, policy) for kind in KINDS for policy in POLICIES)
ALL_FLAVOURS = FLAVOURS + tuple(PooledFlavour(SESSION, policy) for policy in POLICIES)


def names(keys: Iterable[Any]) -> str:
    """Spell the one-letter service names of some keys, in order: the order of a cache at a glance."""
    return "".join(key.key[0][0] for key in keys)


@contextmanager
def unchanged(*caches: Any) -> Iterator[None]:
    """Check that the block leaves contents, order and sizes as they were."""

    def state() -> list[Any]:
        return [(str(cache), [*map(id, cache.keys())], [*map(id, cache.values())], cache.max_size) for cache in caches]

    before = state()
    yield
    assert state() == before
