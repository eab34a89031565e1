"""Measure what is installed where this runs, and print the figures as one JSON object: name -> nanoseconds or bytes.

    python measure.py calls|growth|memory package|yardsticks
    python measure.py calls handles|pools

`package` is boto3_client_cache, this project's or the peer's; `yardsticks` are cachebox, cachetools and dict; `handles`
and `pools` are this project's alone. run.py starts it anew for every round, in one environment after the other. Times
are processor time, so that other programs count little, and the best of several short repeats, since what disturbs a
measurement only ever adds to it.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import pickle
import random
import sys
import timeit
from collections.abc import Callable, Iterable
from time import process_time, process_time_ns
from typing import Any

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
REPEATS = 15
UNROLLED = 20
GROWTH_SIZES = (10, 1_000, 100_000)
GROWTH_OPERATIONS = 100_000


# ---- calls: one statement, over and over -----------------------------------------------------------------------------


def time_statements(statements: dict[str, str], names: dict[str, Any]) -> dict[str, float]:
    """Time each statement, written out many times in a row so that the loop around it does not count."""
    figures = {}
    for label, statement in statements.items():
        timer = timeit.Timer("\n".join([statement] * UNROLLED), timer=process_time, globals=names)
        number = max(1, round(0.008 / (timer.timeit(50) / 50)))  # a repeat of about 8 ms
        figures[label] = min(timer.repeat(REPEATS, number)) / number / UNROLLED * 1e9
    return figures


def calls_of_package() -> dict[str, float]:
    from botocore.config import Config

    from boto3_client_cache import ClientCache, ClientCacheKey, Session, client, setup_default_session

    keywords = {"service_name": "s3", "region_name": "us-west-2"}
    config = Config(retries={"max_attempts": 3, "mode": "adaptive"}, max_pool_connections=50)
    key = ClientCacheKey(**keywords)
    lru, lfu = ClientCache("LRU", max_size=30), ClientCache("LFU", max_size=30)
    session = Session()
    s3 = session.client("s3", region_name="us-west-2")
    lru[key] = lfu[key] = s3
    for _ in range(3):  # the peer misses at first: building a client rewrites the caller's Config
        session.client("s3", region_name="us-west-2", config=config)
    setup_default_session()
    client("s3", region_name="us-west-2")

    @functools.lru_cache(maxsize=30)
    def memo(service: str, *, region_name: str) -> Any:
        return s3

    memo("s3", region_name="us-west-2")
    credentials = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    literal = "aws_access_key_id='a', aws_secret_access_key='b'"
    statements = {
        "lru[key]": "lru[key]",
        "lru.get": "lru.get(key)",
        "lfu[key]": "lfu[key]",
        "lfu.get": "lfu.get(key)",
        "key(**)": "ClientCacheKey(**keywords)",
        "key(literal)": "ClientCacheKey(service_name='s3', region_name='us-west-2')",
        "key(credentials, config)": f"ClientCacheKey('s3', {literal}, config=config)",
        "key(**credentials, config)": "ClientCacheKey('s3', **credentials, config=config)",
        "session.client": "session.client('s3', region_name='us-west-2')",
        "session.client(config)": "session.client('s3', region_name='us-west-2', config=config)",
        "client": "client('s3', region_name='us-west-2')",
        "lru_cache": "memo('s3', region_name='us-west-2')",
    }
    return time_statements(statements, {**locals(), "ClientCacheKey": ClientCacheKey, "client": client})


def calls_of_handles() -> dict[str, float]:
    from boto3_client_cache import client, client_handle, setup_default_session

    setup_default_session()
    handle = client_handle("s3", region_name="us-west-2")
    handle.get()
    loads, pickled, function = pickle.loads, pickle.dumps(handle), pickle.dumps(calls_of_yardsticks)
    statements = {
        "client in turn": "client('s3', region_name='us-west-2')",
        "handle.get": "handle.get()",
        "loads(handle).get": "loads(pickled).get()",
        "loads(function), client": "loads(function); client('s3', region_name='us-west-2')",
    }
    return time_statements(statements, {**locals(), "client": client})


def calls_of_pools() -> dict[str, float]:
    from boto3_client_cache import SessionPool

    pool = SessionPool(region_name="us-west-2")
    role = "arn:aws:iam::111111111111:role/reader"
    session = pool.session(region_name="us-west-2")
    part = SessionPool(max_clients=500).session(region_name="us-west-2")
    part.client("s3", region_name="us-west-2")
    session.client("s3", region_name="us-west-2")
    pool.assume_role(role).client("s3", region_name="us-west-2")
    pool.assume_role(role, role_session_name="me", external_id="tenant").client("s3", region_name="us-west-2")
    statements = {
        "session.client beside pools": "session.client('s3', region_name='us-west-2')",
        "part.client": "part.client('s3', region_name='us-west-2')",
        "pool.session": "pool.session(region_name='us-west-2')",
        "pool.assume_role": "pool.assume_role(role)",
        "pool.assume_role.client": "pool.assume_role(role).client('s3', region_name='us-west-2')",
        "pool.assume_role(secret).client": "pool.assume_role(role, role_session_name='me', external_id='tenant')"
        ".client('s3', region_name='us-west-2')",
    }
    return time_statements(statements, locals())


def calls_of_yardsticks() -> dict[str, float]:
    import cachebox
    import cachetools

    rust, python, plain = cachebox.LRUCache(30), cachetools.LRUCache(30), {}
    for mapping in (rust, python, plain):
        mapping["a"] = object()
    statements = {
        "cachebox[key]": "rust['a']",
        "cachebox.get": "rust.get('a')",
        "cachetools[key]": "python['a']",
        "dict[key]": "plain['a']",
    }
    return time_statements(statements, locals())


# ---- growth: hits in random order and evicting inserts, at several sizes ---------------------------------------------


def best_of(run: Callable[[], None]) -> float:
    """Time GROWTH_OPERATIONS operations; return nanoseconds for each."""
    taken = []
    for _ in range(REPEATS):
        start = process_time_ns()
        run()
        taken.append(process_time_ns() - start)
    return min(taken) / GROWTH_OPERATIONS


def look_up(cache: Any, keys: Iterable[Any]) -> None:
    for key in keys:
        cache[key]


def insert(cache: Any, keys: Iterable[Any], value: Any) -> None:
    for key in keys:
        cache[key] = value


def replace(mapping: dict[Any, Any], old_keys: Iterable[Any], new_keys: Iterable[Any], value: Any) -> None:
    for old, new in zip(old_keys, new_keys, strict=False):  # the old keys go on with the new ones
        del mapping[old]
        mapping[new] = value


def growth(label: str, make: Callable[[int], Any], keys: list[Any], value: Any) -> dict[str, float]:
    """Measure one kind of cache; `keys` are twice GROWTH_OPERATIONS different ones."""
    figures = {}
    for size in GROWTH_SIZES:
        old, new = keys[:GROWTH_OPERATIONS], keys[GROWTH_OPERATIONS:]
        order = old[-size:]
        random.Random(size).shuffle(order)

        cache = make(size)
        insert(cache, order, value)
        visits = order * (GROWTH_OPERATIONS // size)
        figures[f"{label} hit {size}"] = best_of(functools.partial(look_up, cache, visits))

        cache = make(size)  # anew: to LFU, those that were looked up would be dearer than any that follow
        insert(cache, old[-size:], value)
        halves = [old, new]

        def evicting_inserts(cache: Any = cache, halves: list[list[Any]] = halves, size: int = size) -> None:
            if isinstance(cache, dict):
                replace(cache, halves[0][-size:] + halves[1], halves[1], value)
            else:
                insert(cache, halves[1], value)
            halves.reverse()

        figures[f"{label} evicting insert {size}"] = best_of(evicting_inserts)
    return figures


def growth_of_package() -> dict[str, float]:
    from boto3_client_cache import ClientCache, ClientCacheKey, Session

    s3 = Session().client("s3")
    keys = [ClientCacheKey("s3", region_name=f"region-{number}") for number in range(2 * GROWTH_OPERATIONS)]
    figures = {}
    for policy in ("LRU", "LFU"):
        figures |= growth(policy, functools.partial(ClientCache, policy), keys, s3)
    return figures


def growth_of_yardsticks() -> dict[str, float]:
    import cachebox

    keys = [f"region-{number}" for number in range(2 * GROWTH_OPERATIONS)]
    value = object()
    return growth("dict", lambda size: {}, keys, value) | growth("cachebox", cachebox.LRUCache, keys, value)


# ---- memory: an entry without its client -----------------------------------------------------------------------------


def resident_bytes() -> int:
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) * 1024


def bytes_an_entry(cache: Any, make_key: Callable[[int], Any], value: Any, entries: int) -> float:
    """Fill a cache with keys made on the way; one value stands under all of them."""
    cache[make_key(-1)] = value
    gc.collect()
    before = resident_bytes()
    for number in range(entries):
        cache[make_key(number)] = value
    gc.collect()
    return (resident_bytes() - before) / entries


def memory_of_package() -> dict[str, float]:
    from boto3_client_cache import ClientCache, ClientCacheKey, Session

    entries = 100_000

    def make_key(number: int) -> Any:
        return ClientCacheKey(service_name="s3", region_name=f"region-{number:06}")

    s3 = Session().client("s3")
    caches = {policy: ClientCache(policy, max_size=entries + 1) for policy in ("LRU", "LFU")}  # all alive to the end
    return {policy: bytes_an_entry(cache, make_key, s3, entries) for policy, cache in caches.items()}


def memory_of_yardsticks() -> dict[str, float]:
    import cachebox

    entries = 100_000
    cache = cachebox.LRUCache(entries + 1)
    return {"cachebox": bytes_an_entry(cache, "region-{:06}".format, object(), entries)}


def main() -> None:
    os.environ.update(CREDENTIALS)
    what, whose = sys.argv[1:]
    if what == "growth":
        gc.disable()  # timeit does the same
    print(json.dumps(globals()[f"{what}_of_{whose}"]()))


if __name__ == "__main__":
    main()
