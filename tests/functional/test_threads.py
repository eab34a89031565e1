"""Threads that share a session: one client each, no waiting for others' builds, no lost work."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain

import boto3
import pytest
from support.building import Builder
from support.kinds import names

from boto3_client_cache import Session, client

THREADS = 16
PATIENCE = 60  # seconds until a thread that should go on counts as stuck


def at_once(work, threads=THREADS):
    """Run ``work(number)`` in as many threads, released together; return the results."""
    gate = threading.Barrier(threads)

    def gated(number):
        gate.wait(PATIENCE)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(gated, range(threads), timeout=PATIENCE))


def distinct(things):
    return len({id(thing) for thing in things})


def test_the_first_call_of_many_threads_builds_one(session, kind):
    assert distinct(at_once(lambda _: kind.get(session, "sqs"))) == 1
    assert len(kind.caches(session).LRU) == 1


@pytest.mark.parametrize("attempt", range(5))
def test_the_first_default_client_of_many_threads_is_one(attempt):
    assert distinct(at_once(lambda _: client("sqs"))) == 1
    assert type(boto3.DEFAULT_SESSION) is Session


def test_the_first_call_on_a_plain_default_session_builds_one(kind):
    boto3.DEFAULT_SESSION = boto3.Session(region_name="us-east-1")
    assert distinct(at_once(lambda _: kind.function("sqs"))) == 1


def test_builds_of_one_session_never_overlap(session, kind, monkeypatch):
    def build():
        with_me = inside.acquire(blocking=False)
        overlaps.append(not with_me)
        time.sleep(0.002)  # long enough for another thread to come in, were it let
        if with_me:
            inside.release()
        return kind.stub()

    inside, overlaps = threading.Lock(), []
    Builder(kind).install(kind, monkeypatch).make = build
    at_once(lambda number: kind.get(session, f"s{number}", max_size=100))
    assert overlaps == [False] * THREADS


class SlowBuild:
    """A build of "slow" that waits in its thread until it is let go; anything else is built at once."""

    def __init__(self, session, kind, monkeypatch):
        self.session, self.kind = session, kind
        self.started, self.let_go = threading.Event(), threading.Event()
        self.outcomes = []  # of each build of "slow" in turn; then stubs
        self.builds = 0
        self.pool = ThreadPoolExecutor(THREADS)
        monkeypatch.setattr(boto3.Session, kind.name, lambda _session, *args, **_kwargs: self.build(*args))

    def build(self, name):
        if name != "slow":
            return self.kind.stub()
        self.builds += 1
        self.started.set()
        assert self.let_go.wait(PATIENCE)
        outcome = self.outcomes.pop(0) if self.outcomes else self.kind.stub()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def ask(self, name, session=None):
        return self.pool.submit(self.kind.get, session or self.session, name)

    def __enter__(self):
        self.first = self.ask("slow")
        assert self.started.wait(PATIENCE)
        return self

    def __exit__(self, *_):
        self.let_go.set()
        self.pool.shutdown()


@pytest.fixture
def slow(session, kind, monkeypatch):
    """Hold a build of the session in another thread for as long as the test runs."""
    with SlowBuild(session, kind, monkeypatch) as build:
        yield build


def test_a_hit_does_not_wait_for_a_build(slow, session, kind):
    kind.caches(session).LRU[kind.key("quick")] = quick = kind.stub()
    assert slow.ask("quick").result(PATIENCE) is quick
    assert not slow.first.done()


def test_the_cache_is_open_while_a_build_runs(slow, session, kind):
    def use():
        cache = kind.caches(session).LRU
        cache[kind.key("quick")] = kind.stub()
        cache.max_size = 20
        return len(cache), cache.get(kind.key("slow"))

    assert slow.pool.submit(use).result(PATIENCE) == (1, None)
    assert not slow.first.done()


def test_sessions_do_not_wait_for_each_other(slow, kind):
    assert isinstance(slow.ask("quick", Session(region_name="us-east-1")).result(PATIENCE), kind.base)
    assert not slow.first.done()


def test_threads_that_wait_for_a_build_get_what_it_made(slow, kind):
    slow.outcomes = [kind.stub()]
    made = slow.outcomes[0]
    waiting = [slow.ask("slow") for _ in range(8)]
    slow.let_go.set()
    assert distinct([made, *(each.result(PATIENCE) for each in waiting)]) == 1
    assert slow.builds == 1


def test_the_error_of_a_build_is_not_cached(slow, session, kind):
    slow.outcomes = [ZeroDivisionError()]
    slow.let_go.set()
    with pytest.raises(ZeroDivisionError):
        slow.first.result(PATIENCE)
    assert slow.ask("slow").result(PATIENCE) is kind.get(session, "slow")
    assert slow.builds == 2


def test_a_resource_built_by_one_thread_costs_another_no_cached_client():
    class Pausing(Session):
        def client(self, *args, **kwargs):
            made = super().client(*args, **kwargs)
            if threading.current_thread() is builder:
                building.set()
                assert asking.wait(PATIENCE)
            return made

    def build():
        session.resource("sqs")

    def ask():
        assert building.wait(PATIENCE)
        asking.set()
        return session.client("sns")

    session = Pausing(region_name="us-east-1")
    building, asking = threading.Event(), threading.Event()
    builder = threading.Thread(target=build)
    builder.start()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask).result(PATIENCE)
    builder.join(PATIENCE)
    assert session.client("sns") is asked
    assert names(session.cache.client.LRU) == "sns"


def test_a_cache_under_fire_keeps_its_bounds(flavour):
    cache = flavour.cache_class(8)
    keys = [flavour.kind.key(f"s{number}") for number in range(32)]

    def work(seed):
        for step in range(3000):
            key = keys[(seed * 7 + step * 13) % len(keys)]
            action = (seed + step) % 8
            if action == 0:
                cache.pop(key, None)
            elif action == 1 and step % 100 == 1:
                cache.max_size = 4 + step % 8
            elif action == 2 and step % 500 == 2:
                cache.clear()
            elif cache.get(key) is None:
                with suppress(flavour.kind.exists_error):
                    cache[key] = flavour.kind.stub()
            elif action == 3:
                assert len(cache.items()) <= 11
                cache == cache.copy()  # noqa: B015
        return True

    assert all(at_once(work, 8))
    assert len(cache) <= cache.max_size
    assert len({*cache}) == len(cache) == len(cache.values())


def test_threads_share_cached_clients_over_http(endpoint, session):
    session.client("s3").create_bucket(Bucket="bucket")
    queue = session.client("sqs").create_queue(QueueName="q")["QueueUrl"]

    def work(number):
        used = []
        for step in range(5):
            s3, sqs = session.client("s3"), session.client("sqs", region_name=None)
            name, body = f"{number}/{step}", f"{number}-{step}".encode()
            s3.put_object(Bucket="bucket", Key=name, Body=body)
            assert s3.get_object(Bucket="bucket", Key=name)["Body"].read() == body
            sqs.send_message(QueueUrl=queue, MessageBody=name)
            used += [s3, sqs]
        return used

    used = at_once(work, 8)
    assert distinct(chain.from_iterable(used)) == 2
    stored = session.client("s3").list_objects_v2(Bucket="bucket")["Contents"]
    assert {item["Key"] for item in stored} == {f"{number}/{step}" for number in range(8) for step in range(5)}
    count = session.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    assert count["Attributes"]["ApproximateNumberOfMessages"] == "40"
