"""Measure how hits scale from one thread to two, on free-threaded CPython, and print a table.

    ./dev scaling [--rounds N]

A thread makes what it works with itself, as threads that share nothing do: cache, key and client, or session. In the
rows of one cache and of one session, the second thread comes to the first one's with a key and a client of its own.
`dict` tells what the machine and the interpreter give.

A ratio is the hits a second of two threads, from the first one's start to the last one's end, to those of one thread;
each is the best of several repeats. Which of the two is measured first turns from round to round; the table shows the
median over the rounds with the lowest and the highest. This is wall time, which tells something only on a machine with
two idle processors.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from measure import CREDENTIALS, UNROLLED
from rows import cells, verdict

TARGET = 1.7
REPEATS = 5
SECONDS = 0.05  # of one repeat

Names = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A statement, and what makes its names in each thread; `shared` makes what all threads have in common."""

    path: str
    statement: str
    names: Callable[[Any], Names]
    shared: Callable[[], Any] = lambda: None
    has_target: bool = True


def cache_names(policy: str, cache: Any) -> Names:
    from boto3_client_cache import ClientCache, ClientCacheKey, Session

    cache = ClientCache(policy) if cache is None else cache
    key = ClientCacheKey("s3", region_name=f"region-{threading.get_ident()}")
    cache[key] = Session().client("s3", region_name="us-west-2")
    return {"cache": cache, "key": key}


def session_names(session: Any) -> Names:
    session = make_session() if session is None else session
    region = f"region-{threading.get_ident()}"
    session.client("s3", region_name=region)
    return {"session": session, "region": region}


def dict_names(_: Any) -> Names:
    key = f"region-{threading.get_ident()}"
    return {"cache": {key: object()}, "key": key}


def make_session() -> Any:
    from boto3_client_cache import Session

    return Session()


def make_cache(policy: str) -> Any:
    from boto3_client_cache import ClientCache

    return ClientCache(policy)


CLIENT = 'session.client("s3", region_name=region)'


def rows_of_caches(policy: str) -> list[Row]:
    return [
        row
        for statement in ("cache[key]", "cache.get(key)")
        for row in (
            Row(f"`{statement}`, {policy}, two caches", statement, lambda cache: cache_names(policy, cache)),
            Row(
                f"`{statement}`, {policy}, one cache",
                statement,
                lambda cache: cache_names(policy, cache),
                lambda: make_cache(policy),
                has_target=False,
            ),
        )
    ]


ROWS = [
    *rows_of_caches("LRU"),
    *rows_of_caches("LFU"),
    Row('`session.client("s3", region_name=…)`, two sessions', CLIENT, session_names),
    Row('`session.client("s3", region_name=…)`, one session', CLIENT, session_names, make_session, has_target=False),
    Row("`dict[key]`, two dicts", "cache[key]", dict_names, has_target=False),
]


def rate(row: Row, threads: int) -> float:
    """Return the hits a second of so many threads together."""
    barrier = threading.Barrier(threads)
    shared = row.shared()
    spans: list[list[tuple[float, float]]] = [[] for _ in range(REPEATS)]
    done = [0] * threads

    def work(number: int) -> None:
        timer = timeit.Timer("\n".join([row.statement] * UNROLLED), globals=row.names(shared))
        count = max(1, round(SECONDS / (timer.timeit(200) / 200)))
        done[number] = count
        barrier.wait()
        count = done[0]
        for repeat in range(REPEATS):
            barrier.wait()
            start = perf_counter()
            timer.timeit(count)
            spans[repeat].append((start, perf_counter()))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    shortest = min(max(end for _, end in span) - min(start for start, _ in span) for span in spans)
    return threads * done[0] * UNROLLED / shortest


def line(row: Row, rounds: list[tuple[float, float]]) -> str:
    ratios = [two / one for one, two in rounds]
    middle = statistics.median(ratios)
    one, two = (statistics.median(rates) / 1e6 for rates in zip(*rounds, strict=True))
    target = (f"≥ {TARGET}", verdict(middle >= TARGET)) if row.has_target else ("", "")
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    return cells(row.path, f"{one:.1f}", f"{two:.1f}", f"{middle:.2f}×", spread, *target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how hits scale from one thread to two.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each row is measured (default: 7)")
    arguments = parser.parse_args()
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        sys.exit("scaling.py: this interpreter has a GIL, under which threads take turns; run ./dev scaling")
    os.environ.update(CREDENTIALS)
    rounds: dict[str, list[tuple[float, float]]] = {row.path: [] for row in ROWS}
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
        order = (1, 2) if number % 2 else (2, 1)
        for row in ROWS:
            rates = {threads: rate(row, threads) for threads in order}
            rounds[row.path].append((rates[1], rates[2]))
    print(cells("path", "one thread, M/s", "two threads, M/s", "ratio", "lowest–highest", "target", ""))
    print(cells("---", "---:", "---:", "---:", "---:", "---:", "---"))
    for row in ROWS:
        print(line(row, rounds[row.path]))


if __name__ == "__main__":
    main()
