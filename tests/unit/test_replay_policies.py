"""The models that traces are replayed with: by hand, beside the package's caches, and beside every choice there is."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from runpy import run_path
from unittest.mock import Mock

import pytest
from botocore.client import BaseClient

from boto3_client_cache import ClientCache, ClientCacheKey

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
if not BENCHMARKS.exists():
    pytest.skip("a distribution has no benchmarks", allow_module_level=True)
POLICIES = run_path(str(BENCHMARKS / "policies.py"))["POLICIES"]


@pytest.mark.parametrize(
    ("model", "keys", "size", "hits"),
    [
        ("LRU", "abcab", 2, 0),
        ("LRU", "abacab", 2, 2),  # b has left for c
        ("LFU", "aabcba", 2, 2),  # b leaves for c, c for b; a stays
        ("SIEVE", "aabcadab", 2, 3),  # a is passed over each time
        ("SIEVE", "abacab", 2, 2),
        ("SIEVE", "abcab", 1, 0),
        ("S3-FIFO", "abcab", 2, 0),
        ("S3-FIFO", "aaabcda", 2, 3),  # a, used twice, goes to the main queue; the others pass by
        ("LRU", "abcdaefgha", 3, 0),
        ("S3-FIFO", "abcdaefgha", 3, 1),  # a comes again as a ghost, so it goes to the main queue
        ("optimum", "abcab", 2, 1),
        ("optimum", "abcdabcd", 3, 3),
    ],
)
def test_a_policy_does_what_it_does_by_hand(model, keys, size, hits):
    assert POLICIES[model](keys, size) == hits


def sequences(count, length, names):
    chosen = random.Random(13)
    return ["".join(chosen.choices(names, k=length)) for _ in range(count)]


@pytest.mark.parametrize("model", ["LRU", "LFU"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_lru_and_lfu_hit_when_the_packages_caches_do(model, size):
    keys = {name: ClientCacheKey(name) for name in "abcdefgh"}
    client = Mock(spec=BaseClient)
    for sequence in sequences(30, 60, "aaabbcdefgh"):
        held, hits = ClientCache(model, size), 0
        for name in sequence:
            if held.get(keys[name]) is not None:
                hits += 1
            else:
                held[keys[name]] = client
        assert POLICIES[model](sequence, size) == hits, sequence


def most_hits(keys, size):
    """Return the most hits of all choices of who leaves."""

    @cache
    def most(place, held):
        if place == len(keys):
            return 0
        key = keys[place]
        if key in held:
            return 1 + most(place + 1, held)
        if len(held) < size:
            return most(place + 1, held | {key})
        return max(most(place + 1, held - {victim} | {key}) for victim in held)

    return most(0, frozenset())


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_optimum_is_the_best_of_all_choices_and_no_policy_is_better(size):
    for sequence in sequences(40, 12, "aabcde"):
        best = most_hits(sequence, size)
        assert POLICIES["optimum"](sequence, size) == best, sequence
        assert max(policy(sequence, size) for policy in POLICIES.values()) == best, sequence


@pytest.mark.parametrize("model", POLICIES)
def test_what_fits_is_missed_once(model):
    for sequence in sequences(20, 40, "abcde"):
        assert POLICIES[model](sequence, 5) == len(sequence) - len({*sequence})


def replayed(*arguments):
    command = [sys.executable, str(BENCHMARKS / "replay_policies.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_trace_is_replayed_a_session_and_over_one_store(tmp_path):
    calls = [(0, "client", 0), (0, "client", 1), (1, "client", 0), (1, "client", 0), (0, "client", 0)]
    calls += [(0, "botocore", 0), (0, "client", None)]
    lines = [json.dumps({"session": session, "kind": kind, "key": key}) for session, kind, key in calls]
    (tmp_path / "small.jsonl").write_text("\n".join(lines) + "\n")
    done = replayed("--sizes", "1", "2", "--", str(tmp_path / "small.jsonl"))
    assert done.returncode == 0, done.stderr
    assert "| small, a cache a session | 1 | 16.7 | 16.7 | 16.7 | 16.7 | 16.7 |" in done.stdout  # of 6 calls
    assert "| small, one store | 1 | 16.7 |" in done.stdout
    assert "| small, one store | 2 | 16.7 | 16.7 | 16.7 | 16.7 | 33.3 |" in done.stdout
    assert "a cache a session | 2 |" not in done.stdout  # it holds all


def test_a_size_that_is_none_is_refused():
    for size in ("0", "-1", "x", "0%"):
        done = replayed(f"--sizes={size}", "trace.jsonl")
        assert done.returncode == 2
        assert "is no size" in done.stderr
