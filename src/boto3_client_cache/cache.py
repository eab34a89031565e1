"""Keys and caches: the low-level API. See :mod:`boto3_client_cache.session` for the high-level one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypedDict

from boto3_client_cache import _core
from boto3_client_cache._core import (
    ClientCache,
    ClientCacheKey,
    LFUClientCache,
    LFUResourceCache,
    LRUClientCache,
    LRUResourceCache,
    ResourceCache,
    ResourceCacheKey,
    SessionCacheKey,
)

__all__ = [
    "CacheInfo",
    "CacheOptions",
    "CacheType",
    "ClientCache",
    "ClientCacheKey",
    "EvictionPolicy",
    "LFUClientCache",
    "LFUResourceCache",
    "LRUClientCache",
    "LRUResourceCache",
    "ResourceCache",
    "ResourceCacheKey",
    "SessionCacheKey",
    "clear_all",
]

CacheType = Literal["client", "resource"]
EvictionPolicy = Literal["LRU", "LFU"]
Cause = Literal["size", "expired", "removed", "cleared", "replaced"]


class CacheOptions(TypedDict, total=False):
    """The keyword options of a cache, for a session's ``client_cache`` and ``resource_cache``."""

    max_size: int | None
    ttl: float | None
    idle_ttl: float | None
    max_wait: float | None
    on_evict: Callable[[Any, Any, Cause], object] | None
    close_evicted: bool
    clock: Callable[[], float] | None


class CacheInfo(NamedTuple):
    """What a cache has counted, as ``functools.lru_cache`` shows it, and more. ``clear()`` does not reset it."""

    hits: int
    """Look-ups, by a session, ``cache[key]``, ``get`` or ``get_or_create``, that found an object."""
    misses: int
    """Look-ups that did not."""
    maxsize: int
    """How many objects fit."""
    currsize: int
    """How many there are."""
    evictions: int
    """Objects that gave way to others, or to a smaller ``max_size``."""
    expirations: int
    """Objects that had lived too long, or were built from credential files that have changed."""
    creations: int
    """Objects that a session, or the factory of ``get_or_create``, has built."""
    creation_seconds: float
    """How long that took in all."""
    regrets: int
    """Misses of what had been evicted for want of room and would have hit in a cache four times as large."""


def clear_all() -> None:
    """Clear every cache of the process: those of all sessions, in all threads, of all pools, and those made by hand.

    As by each one's ``clear()``: sizes stay, and a client that is being built meanwhile is cached when it is done.
    """
    from boto3_client_cache.pool import live_pools  # noqa: PLC0415 - it needs this module

    for cache in _core.live_caches():
        cache.clear()
    for pool in live_pools():
        pool.clear()
