"""What belongs to an event loop: attributes of it.

A dict by loops, weak or not, would keep a loop that has ended: its clients refer to it. An attribute is part of the
loop's own cycle of references, which the garbage collector takes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from boto3_client_cache.exceptions import ClientCacheError

if TYPE_CHECKING:
    import asyncio

_Found = TypeVar("_Found")


def of_loop(loop: asyncio.AbstractEventLoop, name: str, make: Callable[[], _Found]) -> _Found:
    """Return an attribute of the running ``loop``, made if there is none."""
    found: _Found | None = getattr(loop, name, None)
    if found is None:
        found = make()
        try:
            setattr(loop, name, found)
        except (AttributeError, TypeError):
            message = f"Clients cannot be kept for an event loop of class {type(loop).__name__}: it takes no attributes"
            raise ClientCacheError(message) from None
    return found
