"""A concurrency-safe, bounded cache for boto3 clients and resources with deterministic identity."""

from __future__ import annotations

from boto3_client_cache import _core
from boto3_client_cache.cache import (
    CacheInfo,
    CacheOptions,
    CacheType,
    ClientCache,
    ClientCacheKey,
    EvictionPolicy,
    LFUClientCache,
    LFUResourceCache,
    LRUClientCache,
    LRUResourceCache,
    ResourceCache,
    ResourceCacheKey,
    SessionCacheKey,
    clear_all,
)
from boto3_client_cache.connections import connections_info, limit_connections
from boto3_client_cache.exceptions import (
    CacheError,
    ClientCacheError,
    ClientCacheExistsError,
    ClientCacheNotFoundError,
    ResourceCacheError,
    ResourceCacheExistsError,
    ResourceCacheNotFoundError,
    SessionCacheError,
    SessionCacheExistsError,
    SessionCacheNotFoundError,
)
from boto3_client_cache.handles import ClientHandle, ResourceHandle, client_handle, resource_handle
from boto3_client_cache.models import models_info, preload, release_models
from boto3_client_cache.patching import cached_boto3, install, uninstall
from boto3_client_cache.pool import SessionPool
from boto3_client_cache.session import (
    Session,
    SessionCache,
    SessionClientCache,
    SessionResourceCache,
    client,
    resource,
    setup_default_session,
)

__version__ = "3.0.0"

__all__ = [
    "CacheError",
    "CacheInfo",
    "CacheOptions",
    "CacheType",
    "ClientCache",
    "ClientCacheError",
    "ClientCacheExistsError",
    "ClientCacheKey",
    "ClientCacheNotFoundError",
    "ClientHandle",
    "EvictionPolicy",
    "LFUClientCache",
    "LFUResourceCache",
    "LRUClientCache",
    "LRUResourceCache",
    "ResourceCache",
    "ResourceCacheError",
    "ResourceCacheExistsError",
    "ResourceCacheKey",
    "ResourceCacheNotFoundError",
    "ResourceHandle",
    "Session",
    "SessionCache",
    "SessionCacheError",
    "SessionCacheExistsError",
    "SessionCacheKey",
    "SessionCacheNotFoundError",
    "SessionClientCache",
    "SessionPool",
    "SessionResourceCache",
    "cached_boto3",
    "clear_all",
    "client",
    "client_handle",
    "connections_info",
    "install",
    "limit_connections",
    "models_info",
    "preload",
    "release_models",
    "resource",
    "resource_handle",
    "setup_default_session",
    "uninstall",
]

_core.finish_import()  # last: an import that failed or was interrupted before may be tried again
