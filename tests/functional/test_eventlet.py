"""Under eventlet's patches greenlets are the threads, and so are the native ones of its pool: one client, no hang."""

import importlib.util
import os

import pytest
from support.child import run_child

# Not imported here: once it is, forks of this process warn.
pytestmark = pytest.mark.skipif(importlib.util.find_spec("eventlet") is None, reason="eventlet is not installed")

PROGRAM = """
import warnings
warnings.simplefilter("ignore")
import eventlet
eventlet.monkey_patch()

import boto3
from eventlet import tpool
from boto3_client_cache import Session

session = Session(region_name="us-east-1")
builds, boto3_client = [], boto3.Session.client

def slowly(self, *args, **kwargs):
    builds.append(args)
    eventlet.sleep(0.01)
    return boto3_client(self, *args, **kwargs)

boto3.Session.client = slowly

def values(greenlets):
    with eventlet.Timeout(60):
        return [greenlet.wait() for greenlet in greenlets]
"""


def under_eventlet(body):
    run_child(PROGRAM + body, timeout=120, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_ACCESS_KEY_ID="testing",
              AWS_SECRET_ACCESS_KEY="testing")  # fmt: skip


def test_sixty_greenlets_that_ask_for_three_clients_build_three():
    under_eventlet("""
names = ["s3", "sqs", "sns"] * 20
made = values([eventlet.spawn(session.client, name) for name in names])
assert all(one is made[names.index(name)] for one, name in zip(made, names))
assert len(builds) == len(session.cache.client.LRU) == 3
""")


def test_native_threads_of_its_pool_beside_greenlets_hung():
    under_eventlet("""
for _ in range(5):
    names = ["s3", "sqs"] * 2
    native = [eventlet.spawn(tpool.execute, session.client, name) for name in names]
    made = values([eventlet.spawn(session.client, name) for name in names] + native)
    assert len(set(map(id, made))) == len(session.cache.client.LRU) == 2, made
    session.cache.clear()
assert len(builds) == 10, builds
""")
