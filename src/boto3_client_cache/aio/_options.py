"""What a caller gives as ``client_cache``, judged before there is a loop to cache for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boto3_client_cache._masking import shown
from boto3_client_cache.cache import ClientCache
from boto3_client_cache.exceptions import ClientCacheError


def checked_options(client_cache: Any) -> dict[str, Any] | None:
    """Return a copy of the options; ``ClientCacheError`` or ``TypeError`` for what no cache takes."""
    if client_cache is None:
        return None
    if not isinstance(client_cache, Mapping):
        message = "client_cache must be a mapping of a cache's keyword options"
        raise ClientCacheError(message, param="client_cache", value=shown(client_cache, "client_cache"))
    options = dict(client_cache)
    if options.get("close_evicted"):
        message = "close_evicted is not for asyncio, where a client is closed when nobody holds it: leave it out"
        raise ClientCacheError(message, param="close_evicted", value=shown(options["close_evicted"], "close_evicted"))
    ClientCache(**options)
    return options
