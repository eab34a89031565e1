"""What happens when objects leave a cache: the caller's callback, closing, and a line in the log."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any

from boto3.resources.base import ServiceResource

if TYPE_CHECKING:
    from boto3_client_cache import _core
    from boto3_client_cache.cache import Cause

    Departed = list[tuple[Any, Any, Cause]]  # key, object and cause

logger = logging.getLogger("boto3_client_cache")


def tell(cache: _core._Cache[Any, Any], departed: Departed | None, handed_over: bool = False) -> None:
    """Log what left, call ``cache.on_evict``, and close it if ``cache.close_evicted``, unless the caller got it.

    No lock is held. An ``Exception`` of the callback or of closing is logged and goes no further; anything else, such
    as ``KeyboardInterrupt`` or what a log handler raises, is raised when all have been told of.
    """
    interruption: BaseException | None = None
    for departure in departed or ():
        try:
            _tell_of(cache, *departure, handed_over)
        except BaseException as error:
            interruption = error
    if interruption is not None:
        raise interruption


def _tell_of(cache: _core._Cache[Any, Any], key: Any, departed_object: Any, cause: Cause, handed_over: bool) -> None:
    try:
        logger.debug("evicted %s (%s)", key, cause)
    finally:
        try:
            if cache.on_evict is not None:
                cache.on_evict(key, departed_object, cause)
        except Exception:
            logger.exception("on_evict failed for %s (%s)", key, cause)
        finally:
            try:
                if cache.close_evicted and not handed_over:
                    _close(departed_object)
            except Exception:
                logger.exception("closing %s failed", key)


def _close(client_or_resource: Any) -> None:
    """Close the pooled connections of a client, or of a resource's client. A request under way is not cut off."""
    client_of(client_or_resource).close()


def client_of(client_or_resource: Any) -> Any:
    """Return the client itself, or the one of a resource; a test's stand-in for a resource may have none."""
    if not isinstance(client_or_resource, ServiceResource):
        return client_or_resource
    return getattr(client_or_resource.meta, "client", None)


def closes_asynchronously(client_or_resource: Any) -> bool:
    """Whether closing it takes an ``await``, as with aiobotocore's clients."""
    return inspect.iscoroutinefunction(getattr(client_of(client_or_resource), "close", None))
