"""Under gevent's patches greenlets are the threads: one client each, no waiting for others, no circle."""

import os

import pytest
from support.child import run_child

pytest.importorskip("gevent", reason="gevent has no wheel for free-threaded CPython")

PROGRAM = """
from gevent import monkey
monkey.patch_all()

import threading
import boto3, gevent
from boto3_client_cache import CacheError, ClientCacheError, Session
from support.credentials import CredentialService, spawn_all, values
from support.kinds import CLIENT

service = CredentialService()
session = Session(region_name="us-east-1")
cache = CLIENT.factory()
builds = []
boto3_client = boto3.Session.client

def counted(self, *args, **kwargs):
    builds.append(args)
    return boto3_client(self, *args, **kwargs)

boto3.Session.client = counted
"""


def under_gevent(body):
    run_child(PROGRAM + body, timeout=120, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


def test_sixty_greenlets_that_ask_for_three_clients_build_three():
    under_gevent("""
names = ["s3", "sqs", "sns"] * 20
greenlets = spawn_all(lambda name=name: session.client(name) for name in names)
assert service.asked.wait(60)
assert not any(greenlet.ready() for greenlet in greenlets)
service.go_on.set()
made = values(greenlets)
assert all(one is made[names.index(name)] for one, name in zip(made, names)), made
assert len(builds) == len(session.cache.client.LRU) == 3
assert service.requests == 1
""")


def test_a_hit_does_not_wait_for_a_creation():
    under_gevent("""
session.cache.client.LRU[CLIENT.key("sns")] = held = CLIENT.stub()
[building] = spawn_all([lambda: session.client("sqs")])
assert service.asked.wait(60)
assert session.client("sns") is held
assert CLIENT.key("sqs") not in session.cache.client.LRU
assert not building.ready()
service.go_on.set()
assert values([building]) == [session.client("sqs")]
""")


def test_two_sessions_build_at_the_same_time():
    under_gevent("""
other = Session(region_name="us-east-1")
greenlets = spawn_all([lambda: session.client("sqs"), lambda: other.client("sqs")])
with gevent.Timeout(60):
    while service.held < 2:  # each session asks for credentials of its own
        gevent.sleep(0.01)
service.go_on.set()
ours, others = values(greenlets)
assert ours is session.client("sqs") is not others is other.client("sqs")
""")


def test_an_error_reaches_every_greenlet_that_waits_and_the_next_call_tries_again():
    under_gevent("""
service.status = "400 Bad Request"
greenlets = spawn_all([lambda: session.client("sqs")] * 20)
assert service.asked.wait(60)
service.go_on.set()
errors = values(greenlets)
assert {type(error).__name__ for error in errors} == {"CredentialRetrievalError"}, errors
assert len({id(error) for error in errors}) == len(builds) == 1
service.status = "200 OK"
assert session.client("sqs") is session.client("sqs")
assert len(builds) == 2
""")


def test_a_waiter_takes_over_from_a_greenlet_that_is_killed():
    under_gevent("""
builder, *waiters = spawn_all([lambda: session.client("sqs")] * 5)
assert service.asked.wait(60)
builder.kill(block=False)
service.go_on.set()
killed, *made = values([builder, *waiters])
assert isinstance(killed, gevent.GreenletExit)
assert {id(one) for one in made} == {id(session.client("sqs"))}
assert len(builds) == 2
""")


def test_a_timeout_ends_the_wait_of_its_own_greenlet_alone():
    under_gevent("""
def wait_shortly():
    with gevent.Timeout(0.05):
        session.client("sqs")

builder, impatient, patient = spawn_all([lambda: session.client("sqs"), wait_shortly, lambda: session.client("sqs")])
assert isinstance(values([impatient])[0], gevent.Timeout)
assert not builder.ready() and not patient.ready()
service.go_on.set()
made, same = values([builder, patient])
assert made is same is session.client("sqs")
""")


def test_a_creation_that_asks_for_its_own_client_is_an_error():
    under_gevent("""
service.go_on.set()
session.events.register("creating-client-class.sqs", lambda **_: session.client("sqs"))
try:
    session.client("sqs")
except ClientCacheError as error:
    assert "asks for what it is itself creating" in str(error), error
else:
    raise AssertionError("no error")
""")


def test_two_creations_that_ask_for_each_others_are_an_error_not_a_hang():
    under_gevent("""
def factory(own, other):
    def make():
        gevent.sleep(0)
        cache.get_or_create(CLIENT.key(other), CLIENT.stub)
        return CLIENT.stub()
    return lambda: cache.get_or_create(CLIENT.key(own), make)

outcomes = values(spawn_all([factory("a", "b"), factory("b", "a")]))
errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
assert errors, outcomes
assert all(isinstance(error, ClientCacheError) and "wait for each other" in str(error) for error in errors), errors
""")


def test_two_sessions_whose_creations_ask_for_each_others_are_an_error_not_a_hang():
    under_gevent("""
service.go_on.set()
other = Session(region_name="us-east-1")
met = threading.Barrier(2)

def ask(whom):
    def handler(**_):
        met.wait(60)
        whom.client("sns")
    return handler

session.events.register("creating-client-class.sqs", ask(other))
other.events.register("creating-client-class.sqs", ask(session))
outcomes = values(spawn_all([lambda: session.client("sqs"), lambda: other.client("sqs")]))
errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
assert errors, outcomes
assert all(isinstance(error, CacheError) and "wait for each other" in str(error) for error in errors), errors
""")


def test_a_native_thread_of_the_pool_waits_for_a_greenlets_creation():
    under_gevent("""
[building] = spawn_all([lambda: session.client("sqs")])
assert service.asked.wait(60)
in_thread = gevent.get_hub().threadpool.spawn(session.client, "sqs")
gevent.sleep(0.1)
assert not in_thread.ready()
service.go_on.set()
assert in_thread.get(timeout=60) is values([building])[0]
assert len(builds) == 1
""")


def test_patches_that_come_after_the_import_count_for_sessions_made_before_and_after():
    # All but ssl's, which gevent itself warns of once urllib3 has imported it.
    run_child(
        """
        import boto3
        from boto3_client_cache import Session
        before = Session(region_name="us-east-1")
        before.cache
        """
        + PROGRAM.replace("patch_all()", "patch_all(ssl=False)").replace("\n", "\n" + " " * 8)
        + """
        for each in (before, session):
            service.go_on.clear()
            service.asked.clear()
            names = ["s3", "sqs"] * 10
            greenlets = spawn_all(lambda name=name: each.client(name) for name in names)
            assert service.asked.wait(60)
            assert not any(greenlet.ready() for greenlet in greenlets)
            service.go_on.set()
            assert len({id(one) for one in values(greenlets)}) == len(each.cache.client.LRU) == 2
        """,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )


def test_native_threads_of_the_pool_beside_greenlets_hung():
    under_gevent("""
service.go_on.set()
for _ in range(10):
    session = Session(region_name="us-east-1")
    names = ["s3", "sqs"] * 2
    pool = gevent.get_hub().threadpool
    native = [pool.spawn(session.client, name) for name in names]
    greenlets = spawn_all(lambda name=name: session.client(name) for name in names)
    made = values(greenlets) + [job.get(timeout=60) for job in native]
    assert len({id(one) for one in made}) == len(session.cache.client.LRU) == 2, made
assert len(builds) == 20, builds
""")
