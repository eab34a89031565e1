"""Creations that are interrupted, by signals or by the end of the process, leave nobody waiting and nothing behind."""

import os

import pytest
from support.child import run_child

# As many per kind of attempt; `./dev test --full` has 10,000.
INTERRUPTIONS = int(os.environ.get("CLIENT_CACHE_INTERRUPTIONS", "2000"))

INTERRUPTED = """
import itertools, os, signal, threading, time
from concurrent.futures import ThreadPoolExecutor
import boto3
from boto3_client_cache import Session, _core
from support.kinds import CLIENT, RESOURCE

SOON = 60
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
cache, key = CLIENT.factory(), CLIENT.key("s3")
"""


def in_an_interrupted_process(body, timeout=120):
    run_child(INTERRUPTED + body, timeout=timeout)


# Each is an attempt to get one client; it may be interrupted anywhere.
ATTEMPTS = {
    "a session": 'session.client("s3")',
    "a cache": "cache.get_or_create(key, CLIENT.stub)",
    "a cache whose factory asks a session": 'cache.get_or_create(key, lambda: session.client("s3"))',
    "a session's resource, and its client": '(session.resource("s3"), session.client("s3"))',
}


@pytest.mark.timeout(300 + INTERRUPTIONS / 5)
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_ctrl_c_at_any_moment_leaves_no_key_that_hangs_or_is_refused(attempt):
    in_an_interrupted_process(
        f"""
boto3.Session.client = lambda self, *args, **kwargs: CLIENT.stub()
boto3.Session.resource = lambda self, *args, **kwargs: (self.client(*args, **kwargs), RESOURCE.stub())[1]
session = Session(region_name="us-east-1")

def attempt():
    return {attempt}

def after(seconds):
    "Attempt, with a Ctrl-C after so long; say whether it came in time."
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            attempt()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    return False

signal.signal(signal.SIGALRM, signal.default_int_handler)
interrupted = 0
with ThreadPoolExecutor(1) as pool:
    for microseconds in itertools.cycle(range(1, 200)):
        if interrupted >= {INTERRUPTIONS}:
            break
        for each in (cache, *(session.cache[kind][policy] for kind in session.cache for policy in ("LRU", "LFU"))):
            each.clear()
        rival = pool.submit(attempt) if microseconds % 4 == 0 else None
        interrupted += after(microseconds * 1e-6)
        if rival:
            rival.result(SOON)
        attempt()
        pool.submit(attempt).result(SOON)
        assert session.client("sqs") is session.client("sqs")
assert not _core.waiting_threads()
""",
        timeout=120 + INTERRUPTIONS / 10,
    )


def test_a_waiter_takes_over_when_a_signal_ends_the_builder():
    in_an_interrupted_process("""
def stop(*_):
    raise SystemExit(5)

signal.signal(signal.SIGTERM, stop)
building = threading.Event()

def never_ends():
    building.set()
    threading.Event().wait(SOON)

def take_over():
    assert building.wait(SOON)
    while not ended.wait(0.1):  # again and again: a signal just before a wait begins does not end it
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

ended = threading.Event()
with ThreadPoolExecutor(2) as pool:
    waiter = pool.submit(lambda: building.wait(SOON) and cache.get_or_create(key, CLIENT.stub))
    pool.submit(take_over)
    try:
        cache.get_or_create(key, never_ends)
    except SystemExit as exit:
        ended.set()
        assert exit.code == 5
    assert waiter.result(SOON) is cache[key]
""")


def test_ctrl_c_ends_the_wait_for_another_threads_turn_and_harms_neither():
    in_an_interrupted_process("""
building, go_on, interrupted = threading.Event(), threading.Event(), threading.Event()

def build(self, name):
    building.set()
    assert name != "slow" or go_on.wait(SOON)
    return CLIENT.stub()

def press():
    while not interrupted.wait(0.1):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

boto3.Session.client = build
session = Session(region_name="us-east-1")
with ThreadPoolExecutor(2) as pool:
    builder = pool.submit(session.client, "slow")
    assert building.wait(SOON)
    pool.submit(press)
    try:
        session.client("quick")
    except KeyboardInterrupt:
        interrupted.set()
    else:
        raise AssertionError("not interrupted")
    assert not builder.done()
    go_on.set()
    assert session.client("slow") is builder.result(SOON)
assert session.client("quick") is session.client("quick")
""")


# CPython ends such a thread when it wants the GIL back: where that came through our frames the process aborted.
AT_EXIT = {
    "builds a stand-in": 'session.client("sqs")',
    "calls a factory": "cache.get_or_create(key, endless)",
    "builds real clients": 'boto3.Session.client = real; [Session().client("sqs") for _ in itertools.count()]',
    "uses a cache": "[(cache.get(key), cache.items(), str(cache), CLIENT.key('s3')) for _ in itertools.count()]",
}


@pytest.mark.parametrize("work", AT_EXIT.values(), ids=AT_EXIT)
@pytest.mark.parametrize("threads", [1, 3])
def test_the_process_ends_in_peace_while_a_daemon_thread(work, threads):
    in_an_interrupted_process(f"""
def endless(*_):
    while True:
        time.sleep(0.001)

def work():
    started.release()
    {work}

real, boto3.Session.client = boto3.Session.client, endless
session, started = Session(region_name="us-east-1"), threading.Semaphore(0)
for _ in range({threads}):
    threading.Thread(target=work, daemon=True).start()
for _ in range({threads}):
    assert started.acquire(timeout=SOON)
time.sleep(0.02)
""")
