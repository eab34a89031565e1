"""Sixteen threads at three sessions at once, whose creations ask for more, fail, and fall into circles.

usage: session_storm.py KIND BUILD STEPS SEED

BUILD is ``stubs`` (built at once, with much going on) or ``real`` (botocore's own clients). No creation overlaps
another of its session, no call returns what another call is for, and afterwards every session is free in every thread.
"""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
from collections import Counter
from typing import Any

import boto3
from account import ExpectedError, Unexpected
from rage import rage
from support.kinds import KINDS, Kind

from boto3_client_cache import CacheError, Session, _core

REAL_NAMES = ["s3", "sqs", "sns", "sts", "kms", "ssm"]


class Sessions:
    """Three sessions, and what the threads and creations do to them."""

    def __init__(self, kind: Kind, real: bool) -> None:
        self.kind, self.real = kind, real
        self.names = REAL_NAMES if real else [f"s{number}" for number in range(12)]
        options = {"ttl": 0.02, "on_evict": self.hear, "max_size": 4}
        caches = {"client_cache": options, "resource_cache": options}
        self.sessions = [Session(region_name="us-east-1", **caches) for _ in range(3)]
        self.building: Counter[int] = Counter()  # by session: how deep its one builder is in
        self.builder: dict[int, int] = {}
        self.lock = threading.Lock()
        self.left: Counter[str] = Counter()
        self.dice = threading.local()
        if not real:
            setattr(boto3.Session, kind.name, lambda session, name: self.build(session, name))

    def hear(self, _key: Any, _value: Any, cause: str) -> None:
        with self.lock:
            self.left[cause] += 1
        if self.dice.own.random() < 0.1:
            try:
                self.ask(self.dice.own)
            except CacheError as error:
                raise ExpectedError from error

    def build(self, session: Session, name: str) -> Any:
        me, number = threading.get_ident(), self.sessions.index(session)
        with self.lock:
            assert not self.building[number] or self.builder[number] == me, "two threads build for one session"
            self.builder[number] = me
            self.building[number] += 1
        try:
            if (event := self.dice.own.random()) < 0.1:
                time.sleep(0.0002)  # others run
            elif event < 0.2:
                self.ask(self.dice.own)  # perhaps what it is building, or what waits for it
            elif event < 0.25:
                raise ExpectedError
            made = self.kind.stub()
            made.name = name
            return made
        finally:
            with self.lock:
                self.building[number] -= 1

    def ask(self, dice: random.Random) -> None:
        name, session = dice.choice(self.names), dice.choice(self.sessions)
        made = self.kind.get(session, name, eviction_policy=dice.choice(["LRU", "LFU", None]))
        is_right = made.meta.service_model.service_name == name if self.real else made.name == name
        assert is_right, (name, made)

    def work(self, seed: int, steps: int) -> None:
        self.dice.own = dice = random.Random(seed)

        def resize() -> None:
            self.kind.get(dice.choice(self.sessions), dice.choice(self.names), max_size=dice.choice([0, 1, 3, 6]))

        def forget() -> None:
            session = dice.choice(self.sessions)
            session.cache.invalidate(lambda key, _: dice.random() < 0.5)
            assert repr(session.cache)
            assert session.cache_info().currsize >= 0

        def clear() -> None:
            dice.choice(self.sessions).cache.clear()

        actions = [self.ask] * 20 + [lambda _: resize(), lambda _: forget(), lambda _: clear()]
        for _ in range(steps):
            try:
                dice.choice(actions)(dice)
            except ExpectedError:
                pass
            except CacheError as error:
                if "each other" not in str(error) and "itself" not in str(error):
                    raise

    def check(self) -> None:
        assert not +self.building
        assert not _core.waiting_threads()
        for session in self.sessions:
            for kind in session.cache:
                for policy in ("LRU", "LFU"):
                    cache = session.cache[kind][policy]
                    assert not cache._creating()
                    assert len({*cache}) == len(cache.keys()) <= cache.max_size
            free = threading.Thread(target=self.work, args=(0, 100))
            free.start()
            free.join(60)
            assert not free.is_alive(), "a session is not free"


def main() -> None:
    kind, build, steps, seed = sys.argv[1:]
    sys.setswitchinterval(1e-6)
    sessions = Sessions(next(each for each in KINDS if str(each) == kind), build == "real")
    failures: list[Any] = []
    logger = logging.getLogger("boto3_client_cache")
    logger.addHandler(Unexpected(failures))
    logger.propagate = False

    start = time.perf_counter()
    rage(sessions.work, int(steps), int(seed), failures)
    sessions.dice.own = random.Random(0)  # for what this thread drops when it looks
    sessions.check()
    assert not failures, failures
    print(f"{time.perf_counter() - start:.1f} s, {dict(sessions.left)}")


if __name__ == "__main__":
    main()
