"""Sixteen threads at all that a cache has, and books of what it lost, had twice or did wrong; for concurrency.py."""

from __future__ import annotations

import gc
import itertools
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from botocore.client import BaseClient
from rows import Figures

THREADS = 16
PARTS = 10  # memory is read after each
SIZE = 10
NAMES = [f"s{number}" for number in range(20)]


def run_together(works: list[Callable[[], object]]) -> float:
    """Run each work in a thread of its own, released together; return the seconds until the last has ended."""
    gate = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    gate.wait()
    start = perf_counter()
    for thread in threads:
        thread.join()
    return perf_counter() - start


class Client(BaseClient):
    """A client by type only, known by its number, so that the books do not keep it."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.number = name, number


class MixedOperations:
    """One cache, and what its threads do to it."""

    def __init__(self, total: int) -> None:
        from boto3_client_cache import ClientCache, ClientCacheKey

        self.steps = total // PARTS // THREADS
        self.numbers, self.numbering = itertools.count(), threading.Lock()
        self.stored, self.left = bytearray(2 * total), bytearray(2 * total)  # how often, by number
        self.wrong: list[str] = []
        self.keys = {name: ClientCacheKey(name) for name in NAMES}
        self.cache = ClientCache("LRU", SIZE, ttl=0.05, idle_ttl=0.02, on_evict=self.leave)

    def figures(self) -> Figures:
        """Do them all."""
        memory, seconds = [], 0.0
        for part in range(PARTS):
            seeds = range(part * THREADS, (part + 1) * THREADS)
            seconds += run_together([lambda seed=seed: self.work(seed) for seed in seeds])
            gc.collect()
            memory.append(resident_mib())
        self.check(not self.cache._creating(), "a creation without end")
        self.cache.clear()
        self.check(self.stored == self.left and max(self.stored) == 1, "lost, or told of twice")
        return {
            "operations": self.steps * PARTS * THREADS,
            "seconds": seconds,
            "stored": self.stored.count(1),
            "wrong": len(self.wrong),
            "first": memory[0],
            "last": memory[-1],
        }

    def work(self, seed: int) -> None:
        from boto3_client_cache import ClientCacheExistsError, ClientCacheNotFoundError

        dice = random.Random(seed)
        often = [self.get, self.subscript, self.create, self.create] * 8
        sometimes = [self.store, self.replace, self.read] * 2
        rarely = [self.pop, self.popitem, self.delete, self.pin, self.invalidate, self.look, self.resize, self.clear]
        operations = [*often, *sometimes, *rarely]
        for _ in range(self.steps):
            try:
                dice.choice(operations)(dice.choice(NAMES))
            except (ClientCacheNotFoundError, ClientCacheExistsError):
                pass
            except BaseException as error:
                self.wrong.append(repr(error))

    def check(self, right: bool, otherwise: str) -> None:
        if not right:
            self.wrong.append(otherwise)

    def make(self, name: str) -> Client:
        with self.numbering:  # without the GIL, a count may give a number twice
            return Client(name, next(self.numbers))

    def leave(self, _key: Any, client: Any, _cause: str) -> None:
        self.left[client.number] += 1

    # ---- the operations ----

    def get(self, name: str) -> None:
        client = self.cache.get(self.keys[name])
        self.check(client is None or client.name == name, "another key's client")

    def subscript(self, name: str) -> None:
        self.check(self.cache[self.keys[name]].name == name, "another key's client")

    def create(self, name: str) -> None:
        made: list[int] = []

        def factory() -> Client:
            client = self.make(name)
            made.append(client.number)
            return client

        client = self.cache.get_or_create(self.keys[name], factory)
        self.check(client.name == name, "another key's client")
        if client.number in made:
            self.stored[client.number] += 1

    def store(self, name: str) -> None:
        client = self.make(name)
        self.cache[self.keys[name]] = client
        self.stored[client.number] += 1

    def replace(self, name: str) -> None:
        client = self.make(name)
        self.cache.replace(self.keys[name], client)
        self.stored[client.number] += 1

    def read(self, _: str) -> None:
        items = self.cache.items()
        self.check(len({key for key, _ in items}) == len(items) <= SIZE, "a key twice, or too many")

    def pop(self, name: str) -> None:
        self.cache.pop(self.keys[name], None)

    def popitem(self, _: str) -> None:
        self.cache.popitem()

    def delete(self, name: str) -> None:
        del self.cache[self.keys[name]]

    def pin(self, name: str) -> None:
        (self.cache.pin if name < "s5" else self.cache.unpin)(self.keys["s0"])

    def invalidate(self, name: str) -> None:
        self.cache.invalidate(lambda _, client: client.name == name)

    def look(self, name: str) -> None:
        self.check(self.cache.cache_info().currsize <= SIZE >= len(self.cache), "too many")
        self.check((self.keys[name] in self.cache) in {True, False}, "neither there nor not")
        self.cache.expire()

    def resize(self, name: str) -> None:
        self.cache.max_size = SIZE - len(name)
        self.cache.max_size = SIZE

    def clear(self, name: str) -> None:
        if name == NAMES[0]:
            self.cache.clear()


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
