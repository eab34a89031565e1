"""What clients cost that work over HTTPS: plain boto3's beside ours, as a table.

usage: python benchmarks/working_cost.py [--runs 5] [--write]

Every figure is taken in fresh processes, the sides in turn; the table shows the median, the lowest and the highest.
Time is processor time of the client's process, memory its resident memory. The server, a process of its own on this
machine, speaks TLS 1.3, and the CA bundle is as long as in production. Every answer is checked.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pages
import side_by_side
from folds import fold
from side_by_side import Figures, Spread, is_reached, resident_mib, share, written

sys.path.insert(0, str(pages.ROOT / "tests"))

from support.https import https_server

# The sides by name: what heads their columns, and the options of our Session.
SIDES: dict[str, tuple[str, dict[str, Any]]] = {
    "boto3": ("plain boto3", {}),
    "alone": ("`share_trust=False`", {"share_trust": False}),
    "trust": ("`Session()`", {}),
    "connections": ('`share_connections="process"`', {"share_connections": "process"}),
}
DEAR = ("boto3", "alone")  # sides whose sessions cost so much that fewer tell it
FURTHER = 20  # clients, or sessions that assume a role
CONNECTIONS = 9  # new ones, beside the one that the first request made: as many as a pool keeps
MARKS = "working clients"
CONFIG = """\
[profile base]
aws_access_key_id = base
aws_secret_access_key = base
[profile role]
source_profile = base
role_arn = arn:aws:iam::123456789012:role/role
"""


def s3_object(client: Any) -> bool:
    return bool(client.get_object(Bucket="bucket", Key="value")["Body"].read() == b"value")


OPERATIONS: tuple[Callable[[Any], bool], ...] = (
    s3_object,
    lambda client: client.put_object(Bucket="bucket", Key="value", Body=b"value")["ETag"] == '"0"',
    lambda client: client.head_object(Bucket="bucket", Key="value")["ContentLength"] == len("value"),
    lambda client: client.list_objects_v2(Bucket="bucket")["KeyCount"] == 0,
    lambda client: client.list_buckets()["Buckets"] == [],
)
REQUESTS: dict[str, Callable[[Any], bool]] = {
    "s3": s3_object,
    "dynamodb": lambda client: client.get_item(TableName="table", Key={"id": {"S": "1"}})["Item"] == {"id": {"S": "1"}},
    "sqs": lambda client: client.get_queue_url(QueueName="queue")["QueueUrl"].endswith("/queue"),
    "sts": lambda client: client.get_caller_identity()["Account"] == "123456789012",
}


# ---- what is measured, in a process of its own -----------------------------------------------------------------------


def clients(new_session: Callable[..., Any], _: str) -> Figures:
    """Time further clients of one session, and their first requests."""
    session, kept, created, asked = new_session(), [], [], []
    for _number in range(1 + FURTHER):
        start = time.process_time()
        client = session.client("s3")
        made = time.process_time()
        right(s3_object(client))
        asked.append(time.process_time() - made)
        created.append(made - start)
        kept.append(client)
    return {"create_ms": 1e3 * statistics.median(created[1:]), "request_ms": 1e3 * statistics.median(asked[1:])}


def connections(new_session: Callable[..., Any], _: str) -> Figures:
    """Have one client open connections one after another, each busy with an answer that is not read yet."""
    client = new_session().client("s3")
    right(s3_object(client))
    waiting = [client.get_object(Bucket="bucket", Key="value")]  # takes the first connection
    start = time.process_time()
    waiting += [client.get_object(Bucket="bucket", Key="value") for _number in range(CONNECTIONS)]
    taken = time.process_time() - start
    right(sockets() == 1 + CONNECTIONS)
    right(all(answer["Body"].read() == b"value" for answer in waiting))
    return {"connection_ms": 1e3 * taken / CONNECTIONS}


def threads(new_session: Callable[..., Any], _: str) -> Figures:
    """Have ten threads share a client with one connection, all at once."""
    client = new_session().client("s3")
    right(s3_object(client))
    together = threading.Barrier(1 + CONNECTIONS)

    def ask() -> bool:
        together.wait()
        answer = client.get_object(Bucket="bucket", Key="value")
        together.wait()
        return bool(answer["Body"].read() == b"value")

    gc.collect()
    memory, start = resident_mib(), time.process_time()
    with ThreadPoolExecutor(1 + CONNECTIONS) as pool:
        right(all(answer.result() for answer in [pool.submit(ask) for _number in range(1 + CONNECTIONS)]))
    taken = time.process_time() - start
    gc.collect()
    right(sockets() == 1 + CONNECTIONS)
    return {"connection_ms": 1e3 * taken / CONNECTIONS, "connection_mib": (resident_mib() - memory) / CONNECTIONS}


def role(new_session: Callable[..., Any], _: str) -> Figures:
    """Time the first requests of further sessions that assume a role for it."""
    kept, asked = [], []
    for _number in range(1 + FURTHER):
        session = new_session(profile_name="role")
        client = session.client("s3")
        start = time.process_time()
        right(s3_object(client))
        asked.append(time.process_time() - start)
        right(session.get_credentials().access_key == "ASSUMED")
        kept.append((session, client))
    return {"request_ms": 1e3 * statistics.median(asked[1:])}


def working(new_session: Callable[..., Any], side: str, operations: str) -> Figures:
    """Keep sessions with an S3 client each that has done so many different operations."""

    def work() -> Any:
        session = new_session()
        client = session.client("s3")
        right(all(operation(client) for operation in OPERATIONS[: int(operations)]))
        return session, client

    return kept_sessions(work, 21 if side in DEAR else 101)


def fleet(new_session: Callable[..., Any], side: str) -> Figures:
    """Keep sessions with four services each that have done a request each."""

    def work() -> Any:
        session = new_session()
        made = {service: session.client(service) for service in REQUESTS}
        right(all(REQUESTS[service](client) for service, client in made.items()))
        return session, made

    return kept_sessions(work, 25 if side in DEAR else 200)


def kept_sessions(work: Callable[[], Any], count: int) -> Figures:
    """Return what each session takes after the first, which pays for what a process needs once."""
    kept = [work()]
    gc.collect()
    memory, start = resident_mib(), time.process_time()
    kept += [work() for _ in range(count - 1)]
    taken = time.process_time() - start
    gc.collect()
    return {
        "session_mib": (resident_mib() - memory) / (count - 1),
        "session_ms": 1e3 * taken / (count - 1),
        "session_sockets": sockets() / count,
    }


def sockets() -> int:
    """Return how many this process has open."""
    descriptors = Path("/proc/self/fd").iterdir()
    return sum(os.path.islink(entry) and os.readlink(entry).startswith("socket:") for entry in descriptors)


def right(condition: bool) -> None:
    """Stop at a wrong answer: no figure comes of it."""
    if not condition:
        raise RuntimeError("an answer or a number of connections is wrong")


KINDS: dict[str, Callable[..., Figures]] = {
    "clients": clients,
    "connections": connections,
    "threads": threads,
    "role": role,
    "working": working,
    "fleet": fleet,
}


def measure_here(side: str, kind: str, *options: str) -> Figures:
    """Measure one thing for one side, in this process, which must be fresh."""
    module: Any = __import__("boto3" if side == "boto3" else "boto3_client_cache")  # the import is not what is measured
    cache = {} if side == "boto3" else {"client_cache": {"max_size": 0}}  # each call makes a client
    return KINDS[kind](functools.partial(module.Session, **cache, **SIDES[side][1]), side, *options)


# ---- the report ------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A figure, what it is measured with, and the targets of shared trust and of shared connections."""

    name: str
    kind: str
    title: str
    unit: str
    targets: tuple[float, float] | None = None


ROWS = (
    Row("request_ms", "clients", "processor time: a further client's first request", "ms", (4, 8)),
    Row("create_ms", "clients", "processor time: a further client's creation", "ms"),
    Row("connection_ms", "connections", "processor time: each new connection, with a request", "ms", (8, 8)),
    Row("connection_ms", "threads", "processor time: nine of them at once, ten threads", "ms", (8, 8)),
    Row("request_ms", "role", "processor time: a first request that assumes a role", "ms", (5, 5)),
    Row("connection_mib", "threads", "memory: each of nine connections at once", "MiB"),
    Row("session_mib", "working 1", "memory: a further session, S3, one request done", "MiB", (70, 100)),
    Row("session_mib", "working 5", "memory: the same after five different operations", "MiB", (28, 30)),
    Row("session_mib", "fleet", "memory: one of 200 sessions with four services", "MiB", (50, 70)),
    Row("session_ms", "fleet", "processor time: the same, creation and requests", "ms", (12, 16)),
    Row("session_sockets", "fleet", "sockets: the same", "open", (1, 200)),
)


def measure(runs: int) -> dict[str, dict[str, dict[str, Spread]]]:
    """Return by kind and side the figures."""
    with tempfile.TemporaryDirectory() as folder, https_server() as server:
        config = Path(folder) / "config"
        config.write_text(CONFIG)
        settings = {"AWS_CONFIG_FILE": str(config), **server.environment}
        return {
            kind: side_by_side.rounds(kind.split(), tuple(SIDES), runs, settings)
            for kind in dict.fromkeys(row.kind for row in ROWS)
        }


def table(figures: dict[str, dict[str, dict[str, Spread]]]) -> str:
    """Return all figures as Markdown, with their spread, their targets and a verdict."""
    heads = [head for head, _ in SIDES.values()]
    lines = [f"| over HTTPS | {' | '.join(heads)} | target |  |", f"| --- |{' ---: |' * len(heads)} --- | --- |"]
    for row in ROWS:
        plain, *ours = (of_side[row.name] for of_side in figures[row.kind].values())
        cells = [row.title, _cell(plain, row.unit)]
        cells += [f"{_cell(of_side, row.unit)}, **{share(plain, of_side)}**" for of_side in ours]
        if row.targets:
            reached = [is_reached(plain, *pair) for pair in zip(ours[1:], row.targets, strict=True)]
            cells += [", ".join(f"1/{target}" for target in row.targets), "reached" if all(reached) else "**missed**"]
        else:
            cells += ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def short_table(figures: dict[str, dict[str, dict[str, Spread]]]) -> str:
    """Return the medians of plain boto3 and of ours, as the README has them."""
    sides = ("boto3", "trust", "connections")
    lines = [f"| over HTTPS | {' | '.join(SIDES[side][0] for side in sides)} |", "| --- | ---: | ---: | ---: |"]
    for row in ROWS:
        plain, *ours = (figures[row.kind][side][row.name] for side in sides)
        cells = [f"{written(of.median)} {row.unit}, **{share(plain, of)}**" for of in ours]
        lines.append(f"| {row.title} | {written(plain.median)} {row.unit} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figure: Spread, unit: str) -> str:
    return f"{written(figure.median)} ({written(figure.lowest)}–{written(figure.highest)}) {unit}"


def main() -> None:
    """Measure, and print the table."""
    # Hundreds of sessions keep their connections, in the server's process too.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into README.md and docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 5, measure_here)
    figures = measure(arguments.runs)
    print(table(figures))
    if arguments.write:
        head = pages.made_by(f"./dev working-cost --runs {arguments.runs}")
        chart = "![What a working client costs, beside plain boto3]({}charts/working.svg)"
        folded = fold("Processor time, memory and sockets", f"{head}\n\n{table(figures)}")
        pages.put(pages.BENCHMARKS, MARKS, f"{folded}\n\n{chart.format('')}")
        pages.put(pages.README, MARKS, f"{short_table(figures)}\n\n{chart.format('docs/')}")


if __name__ == "__main__":
    main()
