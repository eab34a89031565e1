"""What clients of aiobotocore cost on this machine: plain aiobotocore's beside ours, as a table.

usage: python benchmarks/aio_cost.py [--runs 5] [--write]

Every figure is taken in fresh processes, the two sides in turn; the median is shown. Memory is resident memory, time
processor time. A hit is beside that of `functools.lru_cache` on a function that is not awaited, and of our own
`Session`, in one process by turns; the quickest of the turns is shown. A stall is how long the loop was blocked at
most while 50 clients were built at once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import gc
import importlib.util
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pages
import side_by_side
from side_by_side import Figures, is_reached, resident_mib, share, written

SIDES = ("aiobotocore", "boto3_client_cache.aio")
FURTHER = (11, 101)  # sessions with one client, of plain aiobotocore and of ours
AT_ONCE = ("s3", "sqs", "sns", "kms", "sts", "lambda", "dynamodb", "ec2", "iam", "ssm")
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-south-1")
TURNS, CALLS = 60, 2000


class Row(NamedTuple):
    """A figure, what it is measured with, and its target."""

    name: str
    kind: str
    title: str
    unit: str
    target: float | None


ROWS = (
    Row("first_mib", "sessions", "memory of the first s3 client of a process", "MiB", 4.5),
    Row("first_ms", "sessions", "time of the first s3 client of a process", "ms", 1 / 0.40),
    Row("later_mib", "sessions", "memory of each further session with one", "MiB", 45),
    Row("later_ms", "sessions", "time of each further session with one", "ms", 20),
    Row("stall_ms", "at_once", "longest stall of the loop while 50 clients are built at once", "ms", None),
    Row("total_ms", "at_once", "until all 50 are there", "ms", None),
    Row("later_mib", "s3fs", "memory of each further filesystem of s3fs, `session=` of ours", "MiB", None),
    Row("later_ms", "s3fs", "its time", "ms", None),
    Row("later_mib", "s3fs installed", "memory of each further filesystem of s3fs, with `install()`", "MiB", None),
    Row("later_ms", "s3fs installed", "its time", "ms", None),
    Row("later_mib", "aioboto3", "memory of each further session of aioboto3, on our `botocore_session`", "MiB", 15),
    Row("later_ms", "aioboto3", "its time", "ms", 10),
    Row("later_mib", "aioboto3 installed", "memory of each further session of aioboto3, with `install()`", "MiB", 15),
    Row("later_ms", "aioboto3 installed", "its time", "ms", 10),
)

CreateClient = Callable[[str, str], Awaitable[Any]]


def new_session(side: str, stack: contextlib.AsyncExitStack) -> CreateClient:
    """Return what creates clients of a new session, which each asks for in its own way."""
    if side == SIDES[0]:
        import aiobotocore.session

        plain = aiobotocore.session.get_session()

        def enter(service: str, region: str) -> Awaitable[Any]:
            return stack.enter_async_context(plain.create_client(service, region_name=region))

        return enter
    from boto3_client_cache import aio

    session = aio.Session(client_cache={"max_size": 100})
    return lambda service, region: session.client(service, region_name=region)


async def sessions(side: str) -> Figures:
    """Create sessions with a client each."""
    async with contextlib.AsyncExitStack() as stack:
        new_session(side, stack)  # the import is not what is measured
        kept, times = [], []
        size = FURTHER[SIDES.index(side)]
        gc.collect()
        base = first = resident_mib()
        for number in range(size):
            start = time.process_time()
            create = new_session(side, stack)
            kept.append((create, await create("s3", "us-east-1")))
            times.append(time.process_time() - start)
            if number == 0:
                gc.collect()
                first = resident_mib()
        gc.collect()
        return {
            "first_mib": first - base,
            "first_ms": times[0] * 1e3,
            "later_mib": (resident_mib() - first) / (size - 1),
            "later_ms": statistics.median(times[1:]) * 1e3,
        }


async def further(side: str, make: Callable[[contextlib.AsyncExitStack], Awaitable[Any]]) -> Figures:
    """Make further ones of what a package makes."""
    async with contextlib.AsyncExitStack() as stack:
        kept, times = [await make(stack)], []
        gc.collect()
        first, number = resident_mib(), FURTHER[SIDES.index(side)]
        for _ in range(number):
            start = time.process_time()
            kept.append(await make(stack))
            times.append(time.process_time() - start)
        gc.collect()
        return {"later_mib": (resident_mib() - first) / number, "later_ms": statistics.median(times) * 1e3}


def is_given_ours(side: str, *, by_install: bool) -> bool:
    """Whether a package is given a session of ours; with ``by_install`` the package is installed instead."""
    from boto3_client_cache import install

    if side != SIDES[0] and by_install:
        install()
    return side != SIDES[0] and not by_install


async def filesystems(side: str, *, by_install: bool = False) -> Figures:
    """Make filesystems of s3fs, which have a client each, or share that of a session of ours."""
    import s3fs

    from boto3_client_cache import aio

    options = {"session": aio.Session()} if is_given_ours(side, by_install=by_install) else {}

    async def make(_: contextlib.AsyncExitStack) -> Any:
        made = s3fs.S3FileSystem(asynchronous=True, skip_instance_cache=True, **options)
        await made.set_session()
        return made

    return await further(side, make)


async def sessions_of_aioboto3(side: str, *, by_install: bool = False) -> Figures:
    """Make sessions of aioboto3 with a client each."""
    import aioboto3

    from boto3_client_cache import aio

    is_given = is_given_ours(side, by_install=by_install)

    async def make(stack: contextlib.AsyncExitStack) -> Any:
        options = {"botocore_session": aio.Session().botocore_session} if is_given else {}
        session = aioboto3.Session(**options)
        return session, await stack.enter_async_context(session.client("s3"))

    return await further(side, make)


async def at_once(side: str) -> Figures:
    """Create 50 clients at once, and see how long the loop was blocked."""
    async with contextlib.AsyncExitStack() as stack:
        create = new_session(side, stack)
        ending, longest = False, 0.0

        async def watch() -> None:
            nonlocal longest
            before = time.perf_counter()
            while not ending:
                await asyncio.sleep(0)
                now = time.perf_counter()
                longest, before = max(longest, now - before), now

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        start = time.perf_counter()
        await asyncio.gather(*(create(service, region) for service in AT_ONCE for region in REGIONS))
        total, ending = time.perf_counter() - start, True
        await watching
        return {"stall_ms": longest * 1e3, "total_ms": total * 1e3}


async def hits(_: str) -> Figures:
    """Time hits by turns, in nanoseconds."""
    import boto3_client_cache
    from boto3_client_cache import aio

    session, sync = aio.Session(), boto3_client_cache.Session()
    client, sync_client = await session.client("s3", region_name="us-east-1"), sync.client
    remembered = functools.lru_cache(lambda service, region_name: client)
    kinds: dict[str, Callable[[], Awaitable[None]]] = {}

    async def awaited() -> None:
        for _ in range(CALLS):
            await session.client("s3", region_name="us-east-1")

    async def cached() -> None:
        for _ in range(CALLS):
            session.cached("s3", region_name="us-east-1")

    async def lru_cache() -> None:
        for _ in range(CALLS):
            remembered("s3", region_name="us-east-1")

    async def sync_hit() -> None:
        for _ in range(CALLS):
            sync_client("s3", region_name="us-east-1")

    kinds.update(awaited_ns=awaited, cached_ns=cached, lru_cache_ns=lru_cache, sync_ns=sync_hit)
    quickest = dict.fromkeys(kinds, float("inf"))
    for _ in range(TURNS):
        for name, call in kinds.items():
            start = time.perf_counter()
            await call()
            quickest[name] = min(quickest[name], (time.perf_counter() - start) / CALLS * 1e9)
    return quickest


KINDS = {
    "sessions": sessions,
    "at_once": at_once,
    "hits": hits,
    "s3fs": filesystems,
    "s3fs installed": functools.partial(filesystems, by_install=True),
    "aioboto3": sessions_of_aioboto3,
    "aioboto3 installed": functools.partial(sessions_of_aioboto3, by_install=True),
}
PACKAGES = {"s3fs", "aioboto3"}


def measure_here(side: str, kind: str) -> Figures:
    """Measure in this process, which must be fresh."""
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_EC2_METADATA_DISABLED="true")
    return asyncio.run(KINDS[kind](side))


def report(runs: int) -> tuple[str, list[str]]:
    """Return the table as Markdown, and what misses its target."""
    absent = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    kinds = [kind for kind in KINDS if kind != "hits" and kind.split()[0] not in absent]
    figures = {kind: side_by_side.rounds((kind,), SIDES, runs, {}) for kind in kinds}
    lines = ["| | aiobotocore | boto3_client_cache.aio | | target |", "| --- | ---: | ---: | --- | --- |"]
    missed = []
    for row in (row for row in ROWS if row.kind in figures):
        plain, ours = (of_side[row.name] for of_side in figures[row.kind].values())
        target = "" if row.target is None else f"1/{written(row.target)}"
        of_sides = " | ".join(f"{written(of_side.median)} {row.unit}" for of_side in (plain, ours))
        lines.append(f"| {row.title} | {of_sides} | **{share(plain, ours)}** | {target} |")
        if row.target is not None and not is_reached(plain, ours, row.target):
            missed.append(f"Missed: {row.title}: {share(plain, ours)}, wanted {target}.")
    (hit,) = side_by_side.rounds(("hits",), SIDES[1:], runs, {}).values()
    for name, beside, title, most in (
        ("awaited_ns", "lru_cache_ns", '`await session.client("s3")`, beside `functools.lru_cache`', 3),
        ("cached_ns", "sync_ns", '`session.cached("s3")`, beside the sync `Session`', 1.3),
    ):
        ours, other = hit[name].median, hit[beside].median
        lines.append(f"| hit: {title} | {written(other)} ns | {written(ours)} ns | **{ours / other:.2f}×** | {most}× |")
        if ours / other > most:
            missed.append(f"Missed: {title}: {ours / other:.2f}×, wanted {most}×.")
    return "\n".join(lines), missed


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 5, measure_here)
    table, missed = report(arguments.runs)
    print(table, "", *(missed or ["Every target is reached."]), sep="\n")
    if arguments.write:
        import aiobotocore

        head = pages.made_by(f"./dev aio-cost --runs {arguments.runs}")
        pages.put(pages.BENCHMARKS, "asyncio", f"{head} aiobotocore=={aiobotocore.__version__}.\n\n{table}")


if __name__ == "__main__":
    main()
