"""Keys and caches: the low-level API. See :mod:`boto3_client_cache.session` for the high-level one."""

from __future__ import annotations

from typing import Literal, NamedTuple

from boto3_client_cache._core import (
    ClientCache,
    ClientCacheKey,
    LFUClientCache,
    LFUResourceCache,
    LRUClientCache,
    LRUResourceCache,
    ResourceCache,
    ResourceCacheKey,
)

__all__ = [
    "CacheInfo",
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
]

CacheType = Literal["client", "resource"]
EvictionPolicy = Literal["LRU", "LFU"]
Cause = Literal["size", "expired", "removed", "cleared", "replaced"]


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
