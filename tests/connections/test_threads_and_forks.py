"""Shared connections under threads, across forks, and at the interpreter's end."""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.child import run_child
from support.scripted_server import ScriptedServer

from .conftest import get

Start = Callable[..., ScriptedServer]
Tenant = Callable[..., Any]

THREADS = 64


@pytest.mark.parametrize("share_trust", [True, False])
def test_64_threads_each_get_the_answers_to_their_own_requests(start: Start, tenant: Tenant, share_trust: bool) -> None:
    """Every other one closes its client after each request, and some leave a part of an answer unread."""
    server = start()
    together, errors = threading.Barrier(THREADS), []
    clients = [tenant(f"TENANT{number}", server, share_trust=share_trust) for number in range(THREADS)]

    def work(number: int) -> None:
        try:
            client = clients[number]
            together.wait(60)
            for attempt in range(8):
                key = f"{number}-{attempt}"
                if attempt == number % 8:
                    client.get_object(Bucket="bucket", Key=key)["Body"].close()
                else:
                    assert get(client, key) == f"TENANT{number} /bucket/{key}".encode()
                if number % 2:
                    client.close()
        except BaseException as error:  # raised below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert errors == []
    assert len(server.requests) == THREADS * 8  # each sent once
    assert server.connections < THREADS * 4
    for client in clients:
        client.close()


# Runs in an interpreter of its own, that forks, ends, or counts its descriptors.
PROGRAM = """
import gc, os, ssl, sys, threading, time
from contextlib import ExitStack
from pathlib import Path
from botocore.config import Config
import boto3_client_cache
from boto3_client_cache import Session, connections_info
from boto3_client_cache.lean import connections
from support.forking import in_child, settle
from support.scripted_server import ScriptedServer, make_certificates, reply

certificates = Path(sys.argv[1])
context = None
if sys.argv[2] == "https":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")

def answer(request):
    yield reply(f"{request.tenant} {request.path}".encode())

def tenant(name):
    session = Session(name, "secret", region_name="eu-west-1", share_connections="process")
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return session.client("s3", endpoint_url=server.url, verify=str(certificates / "authority.pem"), config=config)

def get(client):
    return client.get_object(Bucket="bucket", Key="x")["Body"].read()

def descriptors():
    paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    return [os.readlink(path) for path in paths if os.path.lexists(path)]

server = ScriptedServer(answer, context)
"""


def run(program: str, certificates: Path, scheme: str) -> str:
    return run_child(PROGRAM + program, str(certificates), scheme, timeout=250)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@needs_fork
def test_a_child_shares_no_socket_with_its_parent_and_ends_no_session_of_it(scheme: str, certificates: Path) -> None:
    run(
        """
a, b = tenant("A"), tenant("B")
assert [get(a), get(b)] == [b"A /bucket/x", b"B /bucket/x"]
(pool,) = [pool for shared in connections._held.values() for pool in shared.pools.list()]
(idle,) = [connection for connection in pool.pool.queue if connection is not None]
socket = os.fstat(idle.sock.fileno()).st_ino

def check():
    held = descriptors()
    assert f"socket:[{socket}]" not in held, held
    assert connections_info() == (0, 0, ())
    assert [get(a), get(b)] == [b"A /bucket/x", b"B /bucket/x"]
    assert connections_info().hosts == ((server.url, 1, 0, 2),)
    a.close()
    b.close()

for number in range(1, 4):
    in_child(check)
    assert server.connections == 1 + number
    assert get(a) == b"A /bucket/x"
assert [request.connection for request in server.requests if request.tenant == "A"] == [0, 1, 0, 2, 0, 3, 0]
assert 0 not in server.ended
""",
        certificates,
        scheme,
    )


@needs_fork
def test_a_child_does_not_wait_for_what_a_thread_of_its_parents_held(scheme: str, certificates: Path) -> None:
    run(
        """
a = tenant("A")
cached = Session("C", "secret", region_name="eu-west-1", share_connections="process")
assert get(a) == b"A /bucket/x"
os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_CA_BUNDLE"] = server.url, str(certificates / "authority.pem")
assert get(cached.client("s3")).startswith(b"C ")
pools = [pool for shared in connections._held.values() for pool in shared.pools.list()]
locks = [connections._lock, *(shared._sender._manager.pools.lock for shared in connections._held.values())]
locks += [pool.pool.mutex for pool in pools]
holds, forked = threading.Event(), threading.Event()

def hold():
    with ExitStack() as held:
        for lock in locks:
            held.enter_context(lock)
        holds.set()
        forked.wait(60)

thread = threading.Thread(target=hold)
thread.start()
assert holds.wait(60)

def check():
    global cached
    assert get(a) == b"A /bucket/x"
    assert get(cached.client("s3")).startswith(b"C ")
    del cached
    gc.collect()
try:
    in_child(check)
finally:
    forked.set()
    thread.join()
assert get(a) == b"A /bucket/x"
""",
        certificates,
        scheme,
    )


# Without the GIL an object that gets another class has all threads stopped first, by a lock of CPython's own that a
# fork may lose: a child in a hundred hung where its client's TLS context got its class.
@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="CPython 3.13t itself may hang here")
@needs_fork
def test_children_forked_while_threads_are_sending_send_and_end(scheme: str, certificates: Path) -> None:
    run(
        """
clients = [tenant(f"TENANT{number}") for number in range(8)]
get(clients[0])  # the first connection imports a codec, and a child forked meanwhile would wait for CPython's import
stop, errors = threading.Event(), []

def send(number):
    try:
        while not stop.is_set():
            assert get(clients[number]) == f"TENANT{number} /bucket/x".encode()
            if number % 4 == 0:
                clients[number].close()
    except BaseException as error:
        errors.append(error)

threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
try:
    for number in range(30):
        in_child(lambda: [get(client) for client in clients] and None)
finally:
    stop.set()
    for thread in threads:
        thread.join()
assert errors == [], errors
""",
        certificates,
        scheme,
    )


@pytest.mark.parametrize("busy", ["idle", "reading", "sending"])
def test_an_interpreter_with_open_pools_ends(busy: str, scheme: str, certificates: Path) -> None:
    run(
        f"""
clients = [tenant(name) for name in "AB"]
for client in clients:
    get(client)
if {busy!r} == "reading":
    body = clients[0].get_object(Bucket="bucket", Key="x")["Body"]
if {busy!r} == "sending":
    def send(client):
        while True:
            try:
                get(client)
            except Exception:
                return
    for client in clients * 4:
        threading.Thread(target=send, args=(client,), daemon=True).start()
    time.sleep(0.2)
print("the end")
""",
        certificates,
        scheme,
    )


def test_no_descriptor_is_left_when_clients_are_closed_or_forgotten(scheme: str, certificates: Path) -> None:
    run(
        """
def use(number):
    clients = [tenant(f"{name}{number}") for name in "ABC"]
    threads = [threading.Thread(target=get, args=(client,)) for client in clients * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    body = clients[0].get_object(Bucket="bucket", Key="x")["Body"]
    if number % 2:
        body.close()
        for client in clients:
            client.close()

def settled():
    gc.collect()
    for _ in range(60_000):
        if len(server.ended) == server.connections:
            return len(descriptors())
        time.sleep(0.001)
    raise AssertionError((server.ended, server.connections))

use(0)
before = settled()
for number in range(1, 7):
    use(number)
    assert settled() <= before
assert connections_info() == (0, 0, ())
""",
        certificates,
        scheme,
    )
