"""Keys and caches: the low-level API. See :mod:`boto3_client_cache.session` for the high-level one."""

from __future__ import annotations

from typing import Literal

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
)

__all__ = [
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
    "clear_all",
]

CacheType = Literal["client", "resource"]
EvictionPolicy = Literal["LRU", "LFU"]


def clear_all() -> None:
    """Clear every cache of the process: those of all sessions, in all threads, and those made by hand.

    As by each one's ``clear()``: sizes stay, and a client that is being built meanwhile is cached when it is done.
    """
    for cache in _core.live_caches():
        cache.clear()
