"""Replay traces of programs with other policies and sizes, and print the hit rates in per cent.

usage: python benchmarks/replay_policies.py [--sizes 10 50 100 500 10% 50%] [TRACE ...]

A trace is what ``python -m boto3_client_cache --trace FILE`` writes, as it is or compressed by gzip; without one, those
of ``benchmarks/traces`` are replayed. Each is replayed twice: over a cache of that size for each kind in each session,
and over one store for all sessions, where the session is part of the key. A size in per cent is of the distinct keys of
the fullest cache; what would hold all of them is left out. Clients of botocore's own sessions are not cached, so they
are left out; a call that is like no other is a miss with every policy.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

from policies import POLICIES

TRACES = Path(__file__).resolve().parent / "traces"
SIZES = ("10", "50", "100", "500", "10%", "50%")
KNOWN, NEW = ("LRU", "LFU"), ("SIEVE", "S3-FIFO")


class Row(NamedTuple):
    """What one replay gave."""

    name: str
    size: int
    rates: dict[str, float]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("traces", nargs="*", type=Path, metavar="TRACE", default=sorted(TRACES.glob("*.jsonl.gz")))
    parser.add_argument("--sizes", nargs="+", default=SIZES, type=checked_size)
    arguments = parser.parse_args()
    rows: list[Row] = []
    print(f"| trace and caches | size | {' | '.join(POLICIES)} |\n| --- | {'---: | ' * (1 + len(POLICIES))}")
    for path in arguments.traces:
        calls = read(path)
        for way, caches in (("a cache a session", by_session(calls)), ("one store", in_one(calls))):
            for size in sizes_of(arguments.sizes, caches):
                row = Row(f"{path.name.partition('.')[0]}, {way}", size, rates(caches, size, len(calls)))
                rows.append(row)
                figures = " | ".join(f"{rate:.1f}" for rate in row.rates.values())
                print(f"| {row.name} | {size} | {figures} |", flush=True)
    for new in NEW if rows else ():
        for known in (("LRU",), KNOWN):
            gains = [row.rates[new] - max(row.rates[name] for name in known) for row in rows]
            print(f"{new} beside {' or '.join(known)}, the better one: {min(gains):+.1f} to {max(gains):+.1f} points")


def checked_size(text: str) -> str:
    """Return what names a size."""
    number = text.removesuffix("%")
    if not (number.isdecimal() and int(number) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: a positive number, or per cent")
    return text


def read(path: Path) -> list[tuple[int, str, int | None]]:
    """Return session, kind and key of the calls that a cache could answer."""
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    calls = [json.loads(line) for line in lines]
    return [(call["session"], call["kind"], call["key"]) for call in calls if call["kind"] != "botocore"]


def by_session(calls: list[tuple[int, str, int | None]]) -> list[list[Hashable]]:
    """Return the keys of each cache, where each session has one for each kind."""
    caches: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    for session, kind, key in calls:
        if key is not None:
            caches[session, kind].append(key)
    return [*caches.values()]


def in_one(calls: list[tuple[int, str, int | None]]) -> list[list[Hashable]]:
    """Return the keys of one cache for all."""
    return [[call for call in calls if call[2] is not None]]


def sizes_of(sizes: list[str], caches: list[list[Hashable]]) -> list[int]:
    """Return the sizes that cannot hold all keys, in order."""
    most = max((len({*keys}) for keys in caches), default=0)
    numbers = {most * int(size[:-1]) // 100 if size.endswith("%") else int(size) for size in sizes}
    return sorted(number for number in numbers if 0 < number < most)


def rates(caches: list[list[Hashable]], size: int, calls: int) -> dict[str, float]:
    """Return the hits of a hundred calls by policy."""
    return {name: 100 * sum(policy(keys, size) for keys in caches) / calls for name, policy in POLICIES.items()}


if __name__ == "__main__":
    main()
