"""What the exporters of metrics show: the same signals for each, from the statistics of all caches of the process.

What a cache has counted is kept when it dies, so a scrape never shows less than the one before; a forked child starts
at 0. All is summed by kind and policy: no label has a key, a session or a secret in it, and there are six series of
each signal, whatever a process does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from boto3_client_cache import _core

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3_client_cache.cache import CacheInfo, CacheType, EvictionPolicy


class Signal(NamedTuple):
    """One metric: its name behind the prefix, its unit, what it means, and where its value is from."""

    name: str
    unit: str
    meaning: str
    value: Callable[[CacheInfo], float]


COUNTERS = (
    Signal("hits", "hit", "Look-ups that found a cached object.", lambda info: info.hits),
    Signal("misses", "miss", "Look-ups that did not.", lambda info: info.misses),
    Signal("evictions", "eviction", "Objects that gave way to others.", lambda info: info.evictions),
    Signal("expirations", "expiration", "Objects that had lived too long.", lambda info: info.expirations),
    Signal("regrets", "miss", "Misses of what was evicted for want of room.", lambda info: info.regrets),
    Signal("creations", "creation", "Objects that were built.", lambda info: info.creations),
)
CREATION_TIME = Signal("creation", "s", "Seconds that building objects took.", lambda info: info.creation_seconds)
LEVELS = (
    Signal("entries", "entry", "Objects that are cached now.", lambda info: info.currsize),
    Signal("max_entries", "entry", "Objects that fit into all caches there are.", lambda info: info.maxsize),
)


def totals() -> list[tuple[CacheType | Literal["session"], EvictionPolicy, CacheInfo]]:
    """Return what all caches of each kind and policy have counted, without what has expired."""
    for cache in _core.live_caches():
        cache.expire()
    return _core.totals()
