"""A cache in which one thing after the other has happened, and what its metrics must then have risen by."""

from __future__ import annotations

from typing import Any

from support.kinds import Flavour

RISES = {
    "hits": 3,
    "misses": 3,
    "evictions": 1,
    "expirations": 1,
    "regrets": 1,
    "creations": 1,
    "entries": 1,
    "max_entries": 2,
}


class Clock:
    """A clock that stands until it is set forward."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def eventful_cache(flavour: Flavour) -> Any:
    """Make a cache in which what ``RISES`` says has happened."""
    clock = Clock()
    cache = flavour.cache_class(2, ttl=10, clock=clock)
    key, stub = flavour.kind.key, flavour.kind.stub
    cache.get_or_create(key("a"), stub)  # a miss, and a creation
    cache.get(key("b"))  # a miss
    clock.now = 5
    cache[key("b")] = stub()
    for _ in range(3):
        cache[key("b")]
    cache[key("c")] = stub()  # evicts "a"
    cache.get(key("a"))  # a miss, and a regret
    clock.now = 14
    cache.replace(key("c"), stub())
    clock.now = 16  # "b" has expired
    return cache
