"""Sixteen threads at every operation of one cache at once; then every object must be accounted for.

usage: storm.py FLAVOUR VALUES LIFETIME STEPS SEED

What was stored is there, or has left by one callback, and by no second one: whatever the values' destructors, the
callbacks and the factories did to the cache meanwhile. Objects are known by number, so that nothing here keeps them.
"""

from __future__ import annotations

import gc
import itertools
import logging
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from account import Account, ExpectedError, Unexpected
from rage import rage
from support.kinds import FLAVOURS, Flavour
from values import maker

from boto3_client_cache import CacheError

NAMES = [f"s{number}" for number in range(24)]
PINNED = NAMES[:2]  # fewer than the smallest size: there is always a victim
SIZES = range(4, 13)


class Storm:
    """One cache, and what its threads do to it."""

    def __init__(self, flavour: Flavour, values: str, lifetime: str) -> None:
        self.flavour = flavour
        self.account = Account()
        self._numbers = itertools.count()
        self._numbering = threading.RLock()  # re-entrant: a destructor may make an object while it is held
        self.now = 0.0
        self.depth = threading.local()
        self.keys = {name: flavour.kind.key(name) for name in NAMES}
        options = {
            "never": {},
            "injected": {"ttl": 50, "idle_ttl": 20, "clock": lambda: self.now},
            "real": {"ttl": 0.005, "idle_ttl": 0.002},
        }[lifetime]
        self.ages = lifetime == "real"
        self.may_copy = lifetime == "never"  # a copy's entries expire too, and call the same callback
        self.cache = flavour.cache_class(10, on_evict=self.hear, **options)
        self.make = maker(self, values)

    # ---- what the operations share ----

    def number(self) -> int:
        """Return a number that no other object has: without the GIL, `itertools.count` alone would not."""
        with self._numbering:
            return next(self._numbers)

    def once(self, action: Callable[[], Any]) -> None:
        """Act on the cache from a callback or destructor, unless this thread is inside of one that does already."""
        if getattr(self.depth, "inside", False):
            return
        self.depth.inside = True
        try:
            action()
        except self.flavour.kind.error:
            pass  # another was faster, or the cache is closed
        finally:
            self.depth.inside = False

    def put(self, key: Any, value: Any) -> None:
        number = value.number
        try:
            self.cache[key] = value
        except self.flavour.kind.exists_error:
            return
        self.account.stored.append(number)

    def hear(self, key: Any, value: Any, cause: str) -> None:
        assert self.keys[value.name] == key, (value.name, key)
        self.account.left.append((value.number, cause))
        name, kind_of_use = value.name, value.number % 10
        if kind_of_use < 5:
            self.once(
                [
                    lambda: self.put(key, self.make(name)),
                    lambda: self.get_or_create(name),
                    lambda: self.cache.pop(key, None),
                    lambda: (len(self.cache), self.cache.items(), self.cache.expire(), self.cache.cache_info()),
                    lambda: setattr(self.cache, "max_size", SIZES[value.number % len(SIZES)]),
                ][kind_of_use]
            )
            raise ExpectedError

    def get_or_create(self, name: str, other: str | None = None, fail: bool = False) -> None:
        made: list[int] = []

        def factory() -> Any:
            if other is not None:
                self.get_or_create(other)
            if fail:
                raise ExpectedError
            value = self.make(name)
            made.append(value.number)
            return value

        value = self.cache.get_or_create(self.keys[name], factory)
        assert value.name == name, (value.name, name)
        if value.number in made:
            self.account.stored.append(value.number)

    # ---- the operations: each with a name that a thread has drawn ----

    def get(self, name: str) -> None:
        found = self.cache.get(self.keys[name])
        assert found is None or found.name == name

    def subscript(self, name: str) -> None:
        assert self.cache[self.keys[name]].name == name

    def store(self, name: str) -> None:
        self.put(self.keys[name], self.make(name))

    def replace(self, name: str) -> None:
        value = self.make(name)
        number = value.number
        self.cache.replace(self.keys[name], value)
        self.account.stored.append(number)

    def delete(self, name: str) -> None:
        del self.cache[self.keys[name]]

    def pop(self, name: str) -> None:
        popped = self.cache.pop(self.keys[name], None)
        assert popped is None or popped.name == name

    def popitem(self, _: str) -> None:
        key, value = self.cache.popitem()
        assert key == self.keys[value.name]

    def pin(self, name: str) -> None:
        self.cache.pin(self.keys[PINNED[name > NAMES[5]]])

    def unpin(self, name: str) -> None:
        self.cache.unpin(self.keys[PINNED[name > NAMES[5]]])

    def invalidate(self, name: str) -> None:
        self.cache.invalidate(lambda _, value: value.name == name or value.number % 16 == 0)

    def snapshot(self, _: str) -> None:
        items = self.cache.items()
        assert len({key for key, _ in items}) == len(items) <= max(SIZES)
        assert all(self.keys[value.name] == key for key, value in items)
        assert len(self.cache.keys()) <= max(SIZES) >= len(self.cache.values())
        assert len([*self.cache]) <= max(SIZES) >= len([*reversed(self.cache)])

    def look(self, name: str) -> None:
        assert (self.keys[name] in self.cache) in {True, False}
        assert len(self.cache) <= max(SIZES) >= self.cache.cache_info().currsize
        assert type(self.cache).__name__ in str(self.cache)
        assert self.cache.explain(self.keys[name]).differences is not None

    def copy(self, _: str) -> None:
        if self.may_copy:
            twin = self.cache.copy()
            assert twin == twin.copy()
            assert (self.cache == twin) in {True, False}

    def resize(self, name: str) -> None:
        self.cache.max_size = SIZES[NAMES.index(name) % len(SIZES)]

    def tick(self, _: str) -> None:
        self.now += 10
        self.cache.expire()

    def clear(self, name: str) -> None:
        if name == NAMES[0]:
            self.cache.clear()

    def fail(self, name: str) -> None:
        self.get_or_create(name, fail=True)

    def nest(self, name: str) -> None:
        self.get_or_create(name, other=NAMES[NAMES.index(name) // 2])

    def work(self, seed: int, steps: int) -> None:
        dice = random.Random(seed)
        often = [self.get, self.subscript, self.store, self.get_or_create] * 6
        sometimes = [
            self.replace,
            self.pop,
            self.popitem,
            self.delete,
            self.snapshot,
            self.look,
            self.copy,
            self.tick,
        ] * 2
        rarely = [self.pin, self.unpin, self.resize, self.invalidate, self.clear, self.fail, self.nest]
        for _ in range(steps):
            try:
                dice.choice([*often, *sometimes, *rarely])(dice.choice(NAMES))
            except (self.flavour.kind.not_found_error, ExpectedError):
                pass
            except CacheError as error:
                if "closed" in str(error):
                    return
                if "each other" not in str(error) and "itself" not in str(error):  # a factory asked for another key
                    raise

    # ---- the verdict ----

    def check(self) -> None:
        cache = self.cache
        while self.ages and len(cache) > 0:
            time.sleep(0.001)  # what goes on expiring while it is counted is counted in vain
        items, causes = cache.items(), self.account.causes()
        assert len({key for key, _ in items}) == len(items) == len(cache) <= cache.max_size
        assert not cache._creating()
        self.account.check([value.number for _, value in items])
        info = cache.cache_info()
        assert (info.evictions, info.expirations) == (causes["size"], causes["expired"])
        assert info.currsize == len(items)


def main() -> None:
    flavour, values, lifetime, steps, seed = sys.argv[1:]
    failures: list[Any] = []
    logger = logging.getLogger("boto3_client_cache")
    logger.addHandler(Unexpected(failures))
    logger.propagate = False
    sys.unraisablehook = lambda unraisable: failures.append(unraisable.exc_value)
    sys.setswitchinterval(1e-6)

    start = time.perf_counter()
    storm = Storm(next(each for each in FLAVOURS if str(each) == flavour), values, lifetime)
    rage(storm.work, int(steps), int(seed), failures)
    gc.collect()
    storm.check()
    closer = threading.Timer(0.05, storm.cache.close)
    closer.start()
    rage(storm.work, int(steps), int(seed) + 1, failures)
    closer.join()  # it may still be telling of what it closed
    gc.collect()
    storm.check()
    assert len(storm.cache) == 0
    assert not failures, failures
    seconds = time.perf_counter() - start
    print(f"{seconds:.1f} s, {len(storm.account.stored)} stored, {dict(storm.account.causes())}")


if __name__ == "__main__":
    main()
