"""What one session has on one event loop: its caches, and what is being built.

It is an attribute of the loop, under the session's own name for it, and nothing else refers to it strongly: it ends
with the loop, or with the session.

Thread safety: the caches are used by any thread, as ever; the rest by the loop's alone.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from boto3_client_cache._session_caches import SessionCache
from boto3_client_cache.aio._flights import builder_here

if TYPE_CHECKING:
    from typing_extensions import Self

    from boto3_client_cache.aio._flights import Flight
    from boto3_client_cache.aio.session import Session
    from boto3_client_cache.cache import ClientCache, ClientCacheKey, EvictionPolicy


class LoopCache(SessionCache):
    """A session's caches on one event loop."""

    def __new__(cls, session: Session, loop: asyncio.AbstractEventLoop) -> Self:
        """Make the caches with the session's options."""
        made: Self = super().__new__(cls, session._options)
        return made

    def __init__(self, session: Session, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with empty caches."""
        super().__init__(client_cache=session._options)
        self.flights: dict[tuple[str, ClientCacheKey], Flight] = {}
        self.warned: set[ClientCacheKey] = set()
        self.next_search = 0.0  # for credentials, on the monotonic clock
        self._session = weakref.ref(session, partial(_forget, weakref.ref(loop), session._name))

    def _is_search_due(self) -> bool:
        """Whether it is time to look for credentials again."""
        return time.monotonic() >= self.next_search

    def _another(self) -> SessionCache:
        return SessionCache(*self._options)

    def of(self, eviction_policy: EvictionPolicy) -> ClientCache[Any]:
        """Return the client cache of a policy."""
        return self._cache("client", eviction_policy)

    def _all(self) -> Iterator[ClientCache[Any]]:
        yield from (self.of("LRU"), self.of("LFU"))

    def close(self) -> None:
        """Empty the caches for good."""
        for cache in self._all():
            cache.close()

    async def flights_end(self) -> None:
        """Wait for what is being built."""
        builder = builder_here()
        tasks = [flight.task for flight in self.flights.values() if builder is None or not flight.leads_to(builder)]
        await asyncio.gather(*tasks, return_exceptions=True)


def _forget(loop: Callable[[], Any], name: str, _: object) -> None:
    """Take from a loop what a session that is gone had there."""
    held = loop()
    if held is not None:
        vars(held).pop(name, None)
