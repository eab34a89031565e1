"""Measure what threads that share a session get, beside the peer package, and print a table.

    ./dev concurrency [--rounds N] [--operations N]

The peer has an environment of its own, as in run.py; a round runs each side in a fresh process, in turns. The rows:

- Hits of another key that a second thread completes while one EC2 client is being built in the same session.
- Clients built when 64 threads ask one session for 8 keys at once.
- Time for 8 new sessions' first S3 clients from 8 threads, beside one session after another in one thread. Among busy
  programs eight threads get more of the processors than one; the ratio of processor times knows nothing of it.
- Cost of a hit in a cache with `ttl`, beside one without: this project alone.
- Mixed operations, all that a cache has, from 16 threads on one cache of 10 entries with `ttl` and `on_evict`: what is
  lost, twice or wrong afterwards, and the resident memory when a tenth is done and at the end. This project alone.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import threading
import timeit
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

from measure import CREDENTIALS, UNROLLED
from mixed_operations import MixedOperations, run_together
from rows import Figures, cells, verdict

OURS, PEERS = "ours", "peer"


# ---- what is measured, each in a fresh process -----------------------------------------------------------------------


def hits_meanwhile() -> Figures:
    """Count the hits between the moment when a creation begins and the moment when it has ended."""
    import boto3

    from boto3_client_cache import Session

    build = boto3.Session.client
    building, built = threading.Event(), threading.Event()

    def watched(session: Any, *args: Any, **kwargs: Any) -> Any:
        if args == ("ec2",):
            building.set()
        return build(session, *args, **kwargs)

    boto3.Session.client = watched
    session = Session()
    session.client("s3")
    hits = 0

    def hit() -> None:
        nonlocal hits
        building.wait()
        while not built.is_set():
            session.client("s3")
            hits += 1

    run_together([hit, lambda: (session.client("ec2"), built.set())])
    return {"hits": hits}


def builds_at_once() -> Figures:
    """Count what boto3 is asked to build."""
    import boto3

    from boto3_client_cache import Session

    build, builds = boto3.Session.client, []

    def counted(session: Any, *args: Any, **kwargs: Any) -> Any:
        builds.append(args)
        return build(session, *args, **kwargs)

    boto3.Session.client = counted
    session = Session()
    run_together([lambda number=number: session.client("s3", f"region-{number % 8}") for number in range(64)])
    return {"builds": len(builds)}


def first_clients() -> Figures:
    """Time first clients of sessions that are made beforehand, the best of several batches, the two ways in turns."""
    from boto3_client_cache import Session

    def build(sessions: list[Any]) -> None:
        for session in sessions:
            session.client("s3")

    figures: Figures = {}
    kept = [Session() for _ in range(8)]  # a session that dies would cost the next batch its collection
    build(kept)  # whatever is made once a process
    for number in range(12):
        name = ("together", "one by one")[(number + number // 2) % 2]
        sessions = [Session() for _ in range(8)]
        kept += sessions
        shares = [[session] for session in sessions] if name == "together" else [sessions]
        gc.collect()
        start = process_time()
        measured = {name: run_together([lambda share=share: build(share) for share in shares])}
        measured[f"{name}, processor"] = process_time() - start
        for label, seconds in measured.items():
            figures[label] = min(figures.get(label, seconds), seconds)
    return figures


def hit_with_ttl() -> Figures:
    """Time hits with and without a limit in short turns; processor time, the best of many."""
    from boto3_client_cache import ClientCache, ClientCacheKey, Session

    key, client = ClientCacheKey("s3"), Session().client("s3")
    figures = {}
    timers = {}
    for name, options in {"plain": {}, "ttl": {"ttl": 3600}, "both": {"ttl": 3600, "idle_ttl": 3600}}.items():
        cache = ClientCache(**options)
        cache[key] = client
        timers[name] = timeit.Timer("\n".join(["c[k]"] * UNROLLED), timer=process_time, globals={"c": cache, "k": key})
    for _ in range(40):
        for name, timer in timers.items():
            figures[name] = min(figures.get(name, float("inf")), timer.timeit(5000) / 5000 / UNROLLED * 1e9)
    return figures


SUBJECTS: dict[str, Callable[[], Figures]] = {
    "hits": hits_meanwhile,
    "builds": builds_at_once,
    "first clients": first_clients,
    "ttl": hit_with_ttl,
}


# ---- the table -------------------------------------------------------------------------------------------------------


def measure(python: Path, subject: str, *arguments: str) -> Figures:
    command = [python, __file__, "--measure", subject, *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: Figures = json.loads(result.stdout)
    return figures


def spread(values: list[float], digits: int = 0) -> str:
    middle, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


def row(what: str, target: str, ours: str, peers: str, reached: bool) -> str:
    return cells(what, ours, peers, target, verdict(reached))


def report(rounds: int, operations: int) -> str:
    from run import PEER, environment  # beside this file

    sides = {OURS: Path(sys.executable), PEERS: environment("peer", PEER, f"boto3=={version('boto3')}")}
    figures: dict[tuple[str, str], list[Figures]] = {}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for side in sorted(sides, reverse=number % 2 > 0):
            for subject in ("hits", "builds", "first clients", *(("ttl",) if side == OURS else ())):
                figures.setdefault((side, subject), []).append(measure(sides[side], subject))

    def of(subject: str, name: str, beside: str | None = None, side: str = OURS) -> list[float]:
        return [each[name] / (each[beside] if beside else 1) for each in figures[side, subject]]

    hits, builds = of("hits", "hits"), of("builds", "builds")
    processor = ("together, processor", "one by one, processor")
    ratios, ttl = of("first clients", "together", "one by one"), of("ttl", "ttl", "plain")
    print(f"{operations:,} mixed operations", file=sys.stderr)
    mixed = measure(sides[OURS], "mixed", str(operations))
    return "\n".join(
        [
            cells("what", "ours", "the peer", "target", ""),
            cells("---", "---:", "---:", "---:", "---"),
            row(
                "hits of another key while one EC2 client is built in the session",
                "≥ 1,000",
                spread(hits),
                spread(of("hits", "hits", side=PEERS)),
                statistics.median(hits) >= 1000,
            ),
            row(
                "builds when 64 threads ask for 8 keys at once",
                "8",
                spread(builds),
                spread(of("builds", "builds", side=PEERS)),
                set(builds) == {8},
            ),
            row(
                "first clients of 8 sessions: from 8 threads / one by one",
                "≤ 1",
                f"{spread(of('first clients', 'together'), 3)} s / {spread(of('first clients', 'one by one'), 3)} s: "
                f"{spread(ratios, 2)}; processor time {spread(of('first clients', *processor), 2)}",
                f"{spread(of('first clients', 'together', 'one by one', PEERS), 2)}; processor time "
                f"{spread(of('first clients', *processor, PEERS), 2)}",
                statistics.median(ratios) <= 1,
            ),
            row(
                "a hit with `ttl` / without",
                "≤ 1.5",
                f"{spread(of('ttl', 'ttl'), 1)} ns / {spread(of('ttl', 'plain'), 1)} ns: {spread(ttl, 2)}; "
                f"with `idle_ttl` too {spread(of('ttl', 'both', 'plain'), 2)}",
                "–",
                statistics.median(ttl) <= 1.5,
            ),
            row(
                f"{mixed['operations']:,.0f} mixed operations, 16 threads, size 10, `ttl` and callbacks",
                "nothing wrong, memory level",
                f"{mixed['wrong']:.0f} wrong of {mixed['stored']:,.0f} stored; {mixed['first']:.1f} → "
                f"{mixed['last']:.1f} MiB; {mixed['operations'] / mixed['seconds'] / 1e6:.2f} M/s",
                "–",
                mixed["wrong"] == 0 and mixed["last"] - mixed["first"] < 1,
            ),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each side is measured (default: 7)")
    parser.add_argument("--operations", type=int, default=10_000_000, help="of the last row (default: 10 million)")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    arguments: Any = parser.parse_args()
    if not arguments.measure:
        print(report(arguments.rounds, arguments.operations))
        return
    os.environ.update(CREDENTIALS)
    subject, *parameters = arguments.measure
    figures = MixedOperations(int(parameters[0])).figures() if subject == "mixed" else SUBJECTS[subject]()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
