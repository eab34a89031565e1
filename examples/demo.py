"""Cached boto3 clients at work on a real HTTPS endpoint, beside the same work on plain boto3.

Each side runs in a process of its own: THREADS threads create a bucket, a table and a queue each, then do TASKS tasks
each. A task asks for the clients and resources it needs, as a request handler would, stores an object, an item and a
message, and reads all three back. The endpoint is moto's server, started here on a free loopback port with a
certificate that the clients verify, or AWS_ENDPOINT_URL when it is set.

    python examples/demo.py        exit status 1 if anything read back differs from what was stored

With `--accounts 200` another service is at work, one of many accounts: see demo_accounts.py.
"""

from __future__ import annotations

import argparse
import collections
import functools
import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import demo_accounts
from botocore.config import Config

import boto3_client_cache

THREADS, TASKS = 4, 25
REGIONS = ("us-east-1", "eu-west-1")
SIDES = ("boto3", "cached")


# ---- one side of the comparison, in a process of its own -----------------------------------------------------------


class CachedForThread:
    """Clients from a session that all threads share; resources, which they may not share, from a cache of its own."""

    def __init__(
        self, session: boto3_client_cache.Session, resource_maker: boto3.Session, lock: threading.Lock
    ) -> None:
        self.client = session.client
        self.resource_maker, self.lock = resource_maker, lock
        self.resources = boto3_client_cache.ResourceCache()

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        key = boto3_client_cache.ResourceCacheKey(*args, **kwargs)
        resource = self.resources.get(key)
        if resource is None:
            with self.lock:  # boto3 sessions are not safe for making things concurrently
                resource = self.resource_maker.resource(*args, **kwargs)
            self.resources[key] = resource
        return resource


def for_threads(side: str) -> Callable[[], Any]:
    """Return what each thread calls for something with boto3's `client` and `resource`."""
    if side == "boto3":
        return boto3.Session  # boto3's guide: a session for each thread
    return functools.partial(CachedForThread, boto3_client_cache.Session(), boto3.Session(), threading.Lock())


class Counter:
    """Counts what a thread asks for, and hands the question on."""

    def __init__(self, answerer: Any, keep: bool) -> None:
        self.answerer, self.keep = answerer, keep
        self.asked, self.distinct = 0, {}

    def client(self, *args: Any, **kwargs: Any) -> Any:
        return self.count(self.answerer.client(*args, **kwargs))

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        return self.count(self.answerer.resource(*args, **kwargs))

    def count(self, answer: Any) -> Any:
        self.asked += 1
        if self.keep:
            self.distinct[id(answer)] = answer
        return answer


def count_builds() -> collections.Counter[str]:
    """Count the clients that botocore builds from now on; each boto3 resource stands on one of its own."""
    built: collections.Counter[str] = collections.Counter()
    original = botocore.session.Session.create_client
    lock = threading.Lock()

    def create_client(self: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            built["clients"] += 1
        return original(self, *args, **kwargs)

    botocore.session.Session.create_client = create_client
    return built


def do_tasks(ask: Any, name: str, region: str) -> list[str]:
    """Do the work of one thread; return a line for everything that was not read back as it was stored."""
    where = {"region_name": region}
    for_s3 = {**where, "config": Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3})}
    placement = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    ask.client("s3", **for_s3).create_bucket(Bucket=name, **placement)
    ask.client("dynamodb", **where).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    ask.client("dynamodb", **where).get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    queue = ask.client("sqs", **where).create_queue(QueueName=name)["QueueUrl"]

    differences = []

    def check(what: str, got: Any, expected: Any) -> None:
        if got != expected:
            differences.append(f"{what} in {name}: stored {expected!r}, read back {got!r}")

    def text_of(task: int) -> str:
        return hashlib.sha256(f"{name}/{task}".encode()).hexdigest()

    for task in range(TASKS):
        text = text_of(task)
        ask.client("s3", **for_s3).put_object(Bucket=name, Key=f"{task:04}", Body=text.encode())
        ask.client("dynamodb", **where).put_item(TableName=name, Item={"id": {"N": str(task)}, "text": {"S": text}})
        ask.client("sqs", **where).send_message(QueueUrl=queue, MessageBody=text)

        body = ask.resource("s3", **for_s3).Object(name, f"{task:04}").get()["Body"].read().decode()
        check(f"object {task:04}", body, text)
        item = ask.resource("dynamodb", **where).Table(name).get_item(Key={"id": task}, ConsistentRead=True)
        check(f"item {task}", item.get("Item", {}).get("text"), text)
        messages = ask.client("sqs", **where).receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", [])
        check(f"message {task}", [message["Body"] for message in messages], [text])
        for message in messages:
            ask.client("sqs", **where).delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    bucket = ask.resource("s3", **for_s3).Bucket(name)
    listed = [summary.key for summary in bucket.objects.all()]
    check("the list of objects", listed, [f"{task:04}" for task in range(TASKS)])

    bucket.objects.all().delete()
    bucket.delete()
    ask.client("dynamodb", **where).delete_table(TableName=name)
    ask.client("sqs", **where).delete_queue(QueueUrl=queue)
    return differences


def memory_mib(field: str) -> float:
    """Read a field of /proc/self/status; ru_maxrss would carry over the peak of the process that started this one."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(f"{field}:")) / 1024


def run_side(side: str) -> None:
    """Do the work of one side, and print its figures as JSON."""
    run = uuid.uuid4().hex[:12]
    built = count_builds()
    askers: list[Counter] = []
    base, start = memory_mib("VmRSS"), time.perf_counter()
    make = for_threads(side)

    def work(number: int) -> list[str]:
        ask = Counter(make(), keep=side == "cached")  # plain boto3 stays free to drop what it made
        askers.append(ask)
        return do_tasks(ask, f"demo-{run}-{number}", REGIONS[number % len(REGIONS)])

    with ThreadPoolExecutor(THREADS) as pool:
        differences = [line for lines in pool.map(work, range(THREADS)) for line in lines]
    seconds = time.perf_counter() - start

    distinct = {identity for ask in askers for identity in ask.distinct}
    if side == "cached" and len(distinct) != built["clients"]:
        differences.append(f"{built['clients']} clients were built, but {len(distinct)} different ones handed out")
    figures = {
        "asked": sum(ask.asked for ask in askers),
        "built": built["clients"],
        "seconds": seconds,
        "mib": memory_mib("VmHWM") - base,
        "differences": differences,
    }
    print(json.dumps(figures))


# ---- the demo ------------------------------------------------------------------------------------------------------


def start_server(folder: str, serve: Callable[[Any, Any], Any]) -> dict[str, str]:
    """Start moto's server in a thread of this process. Returns the settings that lead a client to it.

    ``serve(application, context)`` makes the server of a WSGI application with a TLS context.
    """
    from moto.server import DomainDispatcherApplication, create_backend_app

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from support.server_certificate import server_certificate

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    context, bundle = server_certificate(folder)
    server = serve(DomainDispatcherApplication(create_backend_app), context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"AWS_ENDPOINT_URL": f"https://127.0.0.1:{server.server_port}", "AWS_CA_BUNDLE": str(bundle)}


def werkzeugs(application: Any, context: Any) -> Any:
    from werkzeug.serving import make_server

    return make_server("127.0.0.1", 0, application, threaded=True, ssl_context=context)


def figures_of(side: str, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, os.path.abspath(__file__), "--side", side]
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if child.returncode:
        sys.exit(f"the {side} side failed with exit status {child.returncode}; its error is above")
    figures: dict[str, Any] = json.loads(child.stdout)
    return figures


def table(figures: dict[str, dict[str, Any]]) -> str:
    rows = {
        "clients asked for": lambda f: f"{f['asked']}",
        "clients built": lambda f: f"{f['built']}",
        "hits": lambda f: f"{f['asked'] - f['built']}",
        "time": lambda f: f"{f['seconds']:.1f} s",
        "memory, at its peak": lambda f: f"{f['mib']:.0f} MiB",
    }
    lines = [f"{'':20}" + "".join(f"{side:>12}" for side in SIDES)]
    lines += [f"{name:20}" + "".join(f"{cell(figures[side]):>12}" for side in SIDES) for name, cell in rows.items()]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Cached boto3 clients at work, beside plain boto3.")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--accounts", type=int, help="work in so many accounts, by roles, always on moto's server")
    arguments = parser.parse_args()
    if arguments.side:
        run_side(arguments.side)
        return 0
    if arguments.accounts is not None and arguments.accounts < 1:
        parser.error(f"argument --accounts: there must be one at least, not {arguments.accounts}")

    with tempfile.TemporaryDirectory() as folder:
        if arguments.accounts:
            return demo_accounts.compare(local_environment(folder, demo_accounts.Server), arguments.accounts)
        if os.environ.get("AWS_ENDPOINT_URL"):
            return compare(dict(os.environ))
        return compare(local_environment(folder, werkzeugs))


def local_environment(folder: str, serve: Callable[[Any, Any], Any]) -> dict[str, str]:
    """Start a server, and return this process's environment with nothing of AWS but what leads to it."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **start_server(folder, serve),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def compare(environment: dict[str, str]) -> int:
    """Do the work of both sides, and print their figures. Returns the exit status."""
    print(f"endpoint: {environment['AWS_ENDPOINT_URL']}", flush=True)
    print(f"work: {THREADS} threads, {TASKS} tasks each, storing S3 objects, DynamoDB items and SQS messages")
    figures = {side: figures_of(side, environment) for side in SIDES}
    print(f"\n{table(figures)}\n")
    differences = [f"{side}: {line}" for side in SIDES for line in figures[side]["differences"]]
    if differences:
        print("\n".join(differences), file=sys.stderr)
        return 1
    print("Everything that was read back is what was stored.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
