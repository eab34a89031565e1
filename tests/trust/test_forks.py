"""A forked child uses no context that its parent has connected with, whatever its parent's threads were doing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.child import run_child
from support.tls import Server, server_context, tls_server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

BEGIN = """
import os, sys, threading
from botocore.config import Config
import boto3_client_cache
from boto3_client_cache import Session
from boto3_client_cache.lean import trust
from support.forking import in_child

url, bundle = sys.argv[1:]

def make_client():
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=16)
    return Session(region_name="us-east-1").client("s3", endpoint_url=url, verify=bundle, config=config)

def request(client):
    assert client.head_bucket(Bucket="bucket")["ResponseMetadata"]["HTTPStatusCode"] == 200

def held():
    return [each.context for each in trust._contexts.values()]

"""


def in_a_process(body: str, server: Server, certificates: Path) -> str:
    return run_child(BEGIN + body, server.url, str(certificates / "ours.pem"), timeout=250)


def test_a_child_connected_with_its_parent_s_context(server: Server, certificates: Path) -> None:
    in_a_process(
        """
client = make_client()
request(client)
ours = held()
assert len(ours) == 1

def check():
    assert held() == []
    request(client)
    request(make_client())
    assert len(held()) == 1 and held() != ours
    assert ours[0] in [each.context for each in trust._of_the_parent]

in_child(check)
request(client)
assert held() == ours
""",
        server,
        certificates,
    )


def test_a_context_that_was_only_prepared_is_the_child_s_too(server: Server, certificates: Path) -> None:
    in_a_process(
        """
os.environ["AWS_CA_BUNDLE"] = bundle
boto3_client_cache.preload("s3")
ours = held()
assert len(ours) == 1

def check():
    assert held() == ours
    request(make_client())
    assert held() == ours

in_child(check)
in_child(check)
request(make_client())
assert held() == ours
in_child(lambda: held() == [] or 1 / 0)
""",
        server,
        certificates,
    )


def test_nothing_is_said_ahead_of_a_bundle_that_is_wrong(server: Server, certificates: Path) -> None:
    in_a_process(
        """
os.environ["AWS_CA_BUNDLE"] = "/none"
boto3_client_cache.preload("s3")
assert held() == []
""",
        server,
        certificates,
    )


def test_a_fork_in_the_midst_of_handshakes_left_a_child_with_a_lock_held(certificates: Path) -> None:
    """Nothing here uses urllib3's pools or glibc's resolver, whose locks plain boto3 leaves to children too."""
    with tls_server(server_context(certificates / "ours-good.pem"), host="127.0.0.1") as server:
        in_a_process(
            """
client, unused, ended = make_client(), make_client(), threading.Event()
request(client)  # what is imported at a first use has a lock too

def work():
    while not ended.is_set():
        request(client)

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
try:
    for _ in range(20):
        in_child(lambda: request(unused))
finally:
    ended.set()
    for thread in threads:
        thread.join()
""",
            server,
            certificates,
        )


def test_a_fork_while_a_context_is_made_leaves_its_turn_free(server: Server, certificates: Path) -> None:
    in_a_process(
        """
with trust._turn:
    in_child(lambda: (trust._turn.acquire(timeout=0) or 1 / 0, trust._turn.release(), request(make_client())))
""",
        server,
        certificates,
    )


@pytest.mark.parametrize("how", ["sys.exit()", "os.kill(os.getpid(), 15)"])
def test_children_end_with_what_they_have_inherited(how: str, server: Server, certificates: Path) -> None:
    in_a_process(
        f"""
clients = [make_client() for _ in range(3)]
for client in clients:
    request(client)
for _ in range(5):
    child = os.fork()
    if not child:
        request(clients[0])
        {how}
    assert os.waitpid(child, 0)[1] in (0, 15)
""",
        server,
        certificates,
    )


def test_the_interpreter_ends_with_connections_open_and_in_the_making(certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem"), keep_alive=True) as server:
        in_a_process(
            """
clients = [make_client() for _ in range(4)]
for client in clients:
    request(client)

def work():
    while True:
        request(make_client())

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
for _ in range(20):
    request(make_client())
""",
            server,
            certificates,
        )
