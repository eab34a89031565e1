"""Keys and caches: the low-level API. See :mod:`boto3_client_cache.session` for the high-level one."""

from __future__ import annotations

from typing import Literal

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
]

CacheType = Literal["client", "resource"]
EvictionPolicy = Literal["LRU", "LFU"]
