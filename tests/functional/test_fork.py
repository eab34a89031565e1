"""A child after ``fork`` starts with empty caches and free locks; its parent keeps what it has."""

import os
import sys
import sysconfig

import pytest
from support.child import run_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# Runs in an interpreter of its own, so that a lock held across the fork hangs a child process and not the tests.
FORK = """
import os, sys, threading, time
import boto3
import boto3_client_cache
from boto3_client_cache import Session
from support.forking import in_child, settle
from support.kinds import CLIENT, RESOURCE, FLAVOURS, KINDS

"""


def in_a_forking_process(body, **environment):
    run_child(FORK + body, timeout=250, **environment)


def test_a_child_makes_clients_of_its_own(kind):
    in_a_forking_process(f"""
kind = {kind.name.upper()}
session = Session(region_name="us-east-1")
ours = kind.get(session, "sqs")
lfu = kind.get(session, "sqs", eviction_policy="LFU")

def check():
    assert len(kind.caches(session).LRU) == len(kind.caches(session).LFU) == 0
    made = kind.get(session, "sqs")
    assert made is not ours
    assert kind.get(session, "sqs") is made
    assert kind.get(session, "sqs", eviction_policy="LFU") is not lfu

in_child(check)
assert kind.get(session, "sqs") is ours
assert kind.get(session, "sqs", eviction_policy="LFU") is lfu
""")


@pytest.mark.parametrize("default", ["boto3_client_cache.setup_default_session()", "boto3.setup_default_session()"])
def test_a_child_makes_default_clients_of_its_own(kind, default):
    in_a_forking_process(f"""
kind = {kind.name.upper()}
{default}
session = boto3.DEFAULT_SESSION
ours = kind.function("sqs")

def check():
    assert kind.function("sqs") is not ours
    assert kind.function("sqs") is kind.function("sqs")
    assert boto3.DEFAULT_SESSION is session

in_child(check)
assert kind.function("sqs") is ours
""")


def test_a_low_level_cache_is_empty_in_the_child_and_keeps_its_size(kind):
    in_a_forking_process(f"""
kind = {kind.name.upper()}
caches = [flavour.filled("abc", 3) for flavour in FLAVOURS if flavour.kind is kind]

def check():
    for cache in caches:
        assert len(cache) == 0 and cache.keys() == () and cache.max_size == 3
        assert kind.key("a") not in cache
        for name in "abcd":
            cache[kind.key(name)] = kind.stub()
        assert len(cache) == 3

in_child(check)
for cache in caches:
    assert [key.label for key in cache] == ["'a'", "'b'", "'c'"]
""")


def test_a_child_tells_nobody_of_what_it_forgets_and_counts_from_nothing(flavour):
    in_a_forking_process(f"""
flavour = {{str(each): each for each in FLAVOURS}}["{flavour}"]
told = []

class Closable(flavour.kind.stub):
    def close(self):
        told.append("closed")

    @property
    def meta(self):
        return type("Meta", (), {{"client": self}})

cache = flavour.cache_class(2, on_evict=lambda *_: told.append("left"), close_evicted=True, ttl=3600)
for name in "abc":
    cache[flavour.kind.key(name)] = Closable()
cache[flavour.kind.key("c")]
cache.pin(flavour.kind.key("c"))
before = cache.cache_info()
assert told == ["left", "closed"]

def check():
    assert told == ["left", "closed"] and len(cache) == 0
    assert cache.cache_info() == (0, 0, 2, 0, 0, 0, 0, 0, 0)
    assert cache.explain(flavour.kind.key("a")).evicted is None and cache.get(flavour.kind.key("a")) is None
    assert cache.cache_info().regrets == 0
    for name in "xyz":
        cache[flavour.kind.key(name)] = Closable()
    assert told == ["left", "closed"] * 2

in_child(check)
assert cache.cache_info() == before
assert told == ["left", "closed"]
""")


def test_a_grandchild_starts_empty_too():
    in_a_forking_process("""
session = Session(region_name="us-east-1")
ours = session.client("sqs")

def check():
    made = session.client("sqs")

    def check_again():
        assert len(session.cache.client.LRU) == 0
        assert session.client("sqs") not in (ours, made)

    in_child(check_again)
    assert session.client("sqs") is made

in_child(check)
""")


def test_a_fork_while_another_thread_builds_leaves_no_lock_held(kind):
    in_a_forking_process(f"""
kind = {kind.name.upper()}
session = Session(region_name="us-east-1")
building, go_on = threading.Event(), threading.Event()
parent = os.getpid()

def build(self, *args, **kwargs):
    if os.getpid() == parent:
        building.set()
        assert go_on.wait(60)
    return kind.stub()

setattr(boto3.Session, kind.name, build)
thread = threading.Thread(target=kind.get, args=(session, "slow"))
thread.start()
assert building.wait(60)

def check():
    made = kind.get(session, "slow")
    assert kind.get(session, "slow") is made
    assert len(kind.caches(session).LRU) == 1

try:
    in_child(check)
    assert len(kind.caches(session).LRU) == 0
finally:
    go_on.set()
    thread.join(60)
assert len(kind.caches(session).LRU) == 1
""")


def test_a_fork_by_the_builder_itself_lets_both_processes_finish_what_they_build(kind):
    in_a_forking_process(f"""
kind = {kind.name.upper()}
session = Session(region_name="us-east-1")
cache = kind.factory()
forks = []

def build(self=None, *args, **kwargs):
    if not forks:
        forks.append(os.fork())  # both processes go on from here
    return kind.stub()

setattr(boto3.Session, kind.name, build)

def check():
    assert len(kind.caches(session).LRU) == 1  # what the child went on to build is the child's
    assert kind.get(session, "a") is made
    ask = threading.Thread(target=kind.get, args=(session, "b"))
    ask.start()
    ask.join(60)
    assert not ask.is_alive()

made = kind.get(session, "a")
settle(forks[0], check)
assert kind.get(session, "a") is made

def check():
    assert cache.get_or_create(kind.key("a"), kind.stub) is made

forks = []
made = cache.get_or_create(kind.key("a"), build)
settle(forks[0], check)
check()
""")


@pytest.mark.parametrize(
    "turn", ["package_session._default_session_turn", "session.cache._turn"], ids=["the default session", "a session"]
)
def test_a_fork_while_another_thread_has_the_turn_of(turn):
    in_a_forking_process(f"""
package_session = sys.modules["boto3_client_cache.session"]
held, go_on = threading.Event(), threading.Event()
boto3.Session.client = lambda self, *args, **kwargs: CLIENT.stub()
cache, session = CLIENT.factory(), Session(region_name="us-east-1")

def hold():
    held.set()
    assert go_on.wait(60)

thread = threading.Thread(target={turn}.run, args=(hold,))
thread.start()
assert held.wait(60)

def check():
    assert boto3_client_cache.client("a") is boto3_client_cache.client("a")
    assert session.client("a") is session.client("a")
    assert cache.get_or_create(CLIENT.key("a"), CLIENT.stub) is cache.get_or_create(CLIENT.key("a"), CLIENT.stub)

try:
    in_child(check)
finally:
    go_on.set()
    thread.join(60)
check()
""")


# Without the GIL a dict has a lock, which CPython 3.13 may have handed to a thread that the fork loses. Once in ten
# runs that was the dict of `threading` itself, and the child hung in CPython's own hook, before ours.
@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="CPython 3.13t itself may hang here")
def test_forks_while_threads_build_wait_and_are_refused_leave_a_child_that_can_build():
    in_a_forking_process("""
from boto3_client_cache import CacheError

sessions = [Session(region_name="us-east-1") for _ in range(2)]
stop, refused, failures = threading.Event(), [], []

def build(self, name):
    time.sleep(0.0005)
    if name in "ab":  # each asks the other session for the other: circles, again and again
        sessions[self is sessions[0]].client("ba"["ab".index(name)])
    return CLIENT.stub()

def work(number):
    while not stop.is_set():
        try:
            sessions[number % 2].client("abcdefgh"[number])
        except CacheError as error:
            right = "wait for each other" in str(error) or "itself creating" in str(error)
            (refused if right else failures).append(error)
        if number == 7:
            for session in sessions:
                session.cache.client.LRU.clear()

def check():
    for session in sessions:
        assert session.client("z") is session.client("z")
        assert session.client("c") is session.client("c")  # in one thread: starting others is CPython's part

boto3.Session.client = build
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
try:
    for _ in range(30):
        in_child(check)
    while not refused and not failures:  # sooner or later two meet
        time.sleep(0.001)
finally:
    stop.set()
    for thread in threads:
        thread.join(60)
assert not any(thread.is_alive() for thread in threads)
assert not failures, failures
""")


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
def test_two_hundred_forks_leave_the_parent_as_large_as_ten(endpoint):
    in_a_forking_process(
        """
from support.memory import resident

def held():
    return len(os.listdir("/proc/self/fd")), resident()

session = Session(region_name="us-east-1")
clients = [session.client(name) for name in ("s3", "sqs")]
clients[0].list_buckets()
filled = [flavour.filled("abc") for flavour in FLAVOURS]

def check():
    assert session.client("sqs") not in clients
    assert not any(map(len, filled))

for _ in range(10):
    in_child(check)
descriptors, memory = held()
for _ in range(200):
    in_child(check)
assert held()[0] == descriptors
assert resident() - memory < 2**20, (memory, resident())
assert all(map(len, filled)) and session.client("s3") is clients[0]
""",
        AWS_ENDPOINT_URL=endpoint,
    )


def test_forks_while_other_threads_use_the_caches_leave_no_lock_held(flavour):
    in_a_forking_process(f"""
flavour = {{str(each): each for each in FLAVOURS}}["{flavour}"]
cache = flavour.filled("abc", 3)
stop = threading.Event()

def hammer(own):
    while not stop.is_set():
        cache.get(flavour.kind.key("a"))
        cache.pop(flavour.kind.key(own), None)
        cache[flavour.kind.key(own)] = flavour.kind.stub()

# Each has a key of its own: one that met the other's would print that error, and a child would inherit stderr's lock.
threads = [threading.Thread(target=hammer, args=own) for own in "de"]
for thread in threads:
    thread.start()

def check():
    assert len(cache) == 0
    flavour.store(cache, "abcd")
    assert len(cache) == 3

try:
    for _ in range(15):
        in_child(check)
finally:
    stop.set()
    for thread in threads:
        thread.join(60)
""")


def test_many_forks_while_threads_wait_for_one_cache_leave_no_lock_held():
    in_a_forking_process("""
cache, keys = CLIENT.factory(max_size=8), [CLIENT.key(f"s{number}") for number in range(8)]
for key in keys:
    cache[key] = CLIENT.stub()
stop = threading.Event()

def hammer():
    while not stop.is_set():
        for key in keys:
            cache.get(key)

def check():
    assert len(cache) == 0
    cache[keys[0]] = CLIENT.stub()

threads = [threading.Thread(target=hammer) for _ in range(8)]
for thread in threads:
    thread.start()
try:
    children = []
    for _ in range(150):
        children.append(os.fork())
        if children[-1] == 0:
            settle(0, check)
        time.sleep(0.002)
    for child in children:
        settle(child, check)
finally:
    stop.set()
    for thread in threads:
        thread.join(60)
""")


def test_a_fork_by_what_is_told_that_a_cache_dies_does_no_harm(flavour):
    in_a_forking_process(f"""
import gc, weakref

flavour = {{str(each): each for each in FLAVOURS}}["{flavour}"]
dying, other = flavour.filled("abc"), flavour.filled("abc")
forks = []

def check():
    gc.collect()
    assert len(other) == 0
    flavour.store(other, "abc")
    for _ in range(100):
        flavour.filled("abc")

reference = weakref.ref(dying, lambda _: forks.append(os.fork()))
del dying  # both processes go on from here
settle(forks[0], check)
assert len(other) == 3
""")


def test_a_fork_by_an_object_that_leaves_a_cache_does_no_harm(flavour):
    in_a_forking_process(f"""
flavour = {{str(each): each for each in FLAVOURS}}["{flavour}"]
forks = []

class Forking(flavour.kind.stub):
    def __del__(self):
        forks.append(os.fork())

def check():
    flavour.store(cache, "xyz")
    assert len(cache) == cache.max_size == 2

for leave in (lambda: flavour.store(cache, "bc"), lambda: cache.clear(), lambda: cache.popitem()):
    cache = flavour.cache_class(2)
    cache[flavour.kind.key("a")] = Forking()
    forks = []
    leave()  # both processes go on from here
    settle(*forks, check)
""")


def test_parent_and_child_talk_to_the_service_each_through_its_own_client(endpoint):
    in_a_forking_process(
        """
session = Session(region_name="us-east-1")
session.client("s3").create_bucket(Bucket="bucket")

def check():
    for number in range(20):
        session.client("s3").put_object(Bucket="bucket", Key=f"child-{number}", Body=b"c")

in_child(check)
for number in range(20):
    session.client("s3").put_object(Bucket="bucket", Key=f"parent-{number}", Body=b"p")
found = session.client("s3").list_objects_v2(Bucket="bucket")["Contents"]
assert len(found) == 40, found
""",
        AWS_ENDPOINT_URL=endpoint,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="multiprocessing forks by default on Linux only")
def test_a_pool_of_forked_workers_builds_its_own_clients():
    in_a_forking_process("""
import multiprocessing

session = Session(region_name="us-east-1")
ours = session.client("sqs")

def work(_):
    return session.client("sqs") is ours

with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(work, range(8)) == [False] * 8
""")
