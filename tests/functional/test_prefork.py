"""Servers that fork their workers after the application has made its clients: each has its own, and its sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
import pytest
from support.child import TESTS, run_child
from support.recorder import recording

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PATIENCE = 60


@pytest.mark.parametrize(
    "start",
    [
        'get_context("fork")',
        'get_context("forkserver")',
        '(context := get_context("forkserver")).set_forkserver_preload(["support.prefork"]) or context',
        'get_context("spawn")',
    ],
    ids=["fork", "forkserver", "forkserver with the application preloaded", "spawn"],
)
def test_the_workers_of_a_pool_store_and_queue_through_clients_of_their_own(endpoint, start):
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket="bucket")
    queue = boto3.client("sqs", endpoint_url=endpoint).create_queue(QueueName="queue")["QueueUrl"]
    output = run_child(
        f"""
        import json
        from multiprocessing import get_context
        from support import prefork
        with ({start}).Pool(2) as pool:
            done = pool.map(prefork.work, range(24), chunksize=1)
        assert prefork.session.client("s3") is prefork.made
        prefork.made.list_buckets()
        print(json.dumps(done))
        """,
        timeout=120,
        AWS_ENDPOINT_URL=endpoint,
    )
    workers, own = zip(*json.loads(output), strict=True)
    assert all(own)
    stored = {s3.get_object(Bucket="bucket", Key=str(number))["Body"].read().decode(): number for number in range(24)}
    assert stored.keys() == {str(worker) for worker in workers}
    attributes = boto3.client("sqs", endpoint_url=endpoint).get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "24"


def test_a_child_neither_uses_nor_ends_its_parents_connection():
    with recording() as service:
        run_child(
            """
            import gc, os, sys
            from multiprocessing import get_context
            from support.prefork import session, made

            def check():
                assert session.client("s3") is not made
                for _ in range(3):
                    session.client("s3").list_buckets()
                session.cache.client.LRU.clear()
                gc.collect()

            for _ in range(3):  # each ends as a process does, by exit handlers and not by os._exit
                child = get_context("fork").Process(target=check)
                child.start()
                child.join(60)
                assert child.exitcode == 0, child
                made.list_buckets()
            """,
            AWS_ENDPOINT_URL=service.url,
        )
        parents, first, second, third = (
            [service.ports[0], *service.ports[4::4]],
            *({*service.ports[begin : begin + 3]} for begin in (1, 5, 9)),
        )
        assert len(service.ports) == 13
        assert len({*parents}) == 1, "the parent's connection did not stay"
        assert [len(each) for each in (first, second, third)] == [1, 1, 1]
        assert len({*parents} | first | second | third) == 4, "a connection was shared"


@pytest.fixture
def service():
    with recording() as server:
        yield server


@pytest.fixture
def gunicorn(service, tmp_path):
    """Two workers of the application, preloaded; the port they answer on, which is ours until they have it."""
    pytest.importorskip("gunicorn")
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
        bind = f"--bind=fd://{listener.fileno()}"
        command = ["-m", "gunicorn", "--preload", "--workers=2", bind, "support.prefork:application"]
        server = subprocess.Popen(
            [sys.executable, *command, "--timeout=60", "--graceful-timeout=5"],
            env={**os.environ, "PYTHONPATH": str(TESTS), "AWS_ENDPOINT_URL": service.url},
            pass_fds=[listener.fileno()],
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while log.read_text().count("Booting worker") < 2:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield listener.getsockname()[1]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE)
    assert "Traceback" not in log.read_text(), log.read_text()


def test_each_worker_of_a_preloaded_gunicorn_has_its_own_client_and_connection(service, gunicorn):
    answers = {}
    deadline = time.monotonic() + PATIENCE
    while len(answers) < 2 or min(map(len, answers.values())) < 3:  # the system chooses the worker
        assert time.monotonic() < deadline, answers
        before = len(service.ports)
        with urllib.request.urlopen(f"http://127.0.0.1:{gunicorn}/", timeout=PATIENCE) as response:
            answer = json.load(response)
        assert answer["own"]
        assert answer["made_in"] != answer["worker"]
        assert len(service.ports) == before + 1
        answers.setdefault(answer["worker"], []).append((answer["client"], service.ports[-1]))
    masters = service.ports[0]
    connections = [{port for _, port in each} for each in answers.values()]
    assert [len(set(each)) for each in answers.values()] == [1, 1], "a worker changed its client or connection"
    assert len({masters}.union(*connections)) == 3, "a connection was shared"
