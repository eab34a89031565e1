"""What a service of many accounts costs: a pool of sessions with one budget of clients, beside a session an account.

usage: python benchmarks/accounts_cost.py [--runs 3] [--accounts 1000] [--asked 12000] [--write]

THREADS threads ask for an account by Zipf's law (exponent 1), a service of three and a region of two, and send a
request. A server on loopback, in a process of its own, issues the roles' credentials and answers with the account that
signed. Plain boto3 has a session an account and a client a service and region, in a dict under a lock, as programs
write it; it is asked by every STEPth account, so that its memory fits, and its memory is that, times STEP. Every figure
is taken in fresh processes, the two sides in turn; the median is shown.

The hour: the same program with one account in twenty, on a clock that is moved on by hand. botocore has no seam for the
clock that its credentials read, so in that process alone it is put in the place of `botocore.credentials.datetime`.
"""

from __future__ import annotations

import argparse
import bisect
import datetime
import gc
import itertools
import os
import random
import subprocess
import sys
import threading
import types
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.client
import botocore.credentials
import pages
import side_by_side
from accounts_server import Accounts
from side_by_side import Figures, is_reached, resident_mib, share, written

SIDES = ("boto3", "pool")
THREADS, BUDGET, STEP = 16, 500, 20
REGIONS = ("us-east-1", "eu-west-1")
ASKED: dict[str, Callable[[Any], str]] = {
    "s3": lambda client: client.list_buckets()["Owner"]["ID"],
    "dynamodb": lambda client: client.list_tables()["TableNames"][0],
    "sqs": lambda client: client.list_queues()["QueueUrls"][0],
}
TARGET = 40  # of plain boto3's memory

Question = tuple[int, str, str]  # account, service, region


def role_of(account: int) -> str:
    """Return the role of an account, by its number."""
    return f"arn:aws:iam::{account + 1:012}:role/reader"


def questions(accounts: int, asked: int, seed: int = 1) -> list[Question]:
    """Return who is asked for what, in order: the account by Zipf's law."""
    dice = random.Random(seed)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, accounts + 1)))
    return [
        (bisect.bisect_left(weights, dice.random() * weights[-1]), dice.choice(list(ASKED)), dice.choice(REGIONS))
        for _ in range(asked)
    ]


def ask_all(client_of: Callable[[Question], Any], asked: list[Question]) -> Counter[str]:
    """Ask in THREADS threads; count the answers that are `right`, `wrong` and `failed`."""
    counted: Counter[str] = Counter()
    lock, remaining = threading.Lock(), iter(asked)

    def work() -> None:
        while True:
            with lock:
                question = next(remaining, None)
            if question is None:
                return
            account, service, region = question
            try:
                answer = ASKED[service](client_of(question))
            except Exception as error:
                if not counted["failed"]:
                    print(f"failed: {error!r}", file=sys.stderr)
                outcome = "failed"
            else:
                outcome = "right" if answer == f"{account + 1:012} {region}" else "wrong"
            with lock:
                counted[outcome] += 1

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counted


def clients_alive() -> int:
    """Count the clients of this process."""
    gc.collect()
    return sum(issubclass(type(each), botocore.client.BaseClient) for each in gc.get_objects())


def plain_sessions() -> Callable[[Question], Any]:
    """Return what gives a client of a session an account, kept in a dict as programs do it by hand."""
    import boto3
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    hub = boto3.Session(region_name=REGIONS[0])
    sessions: dict[int, boto3.Session] = {}
    clients: dict[Question, Any] = {}
    lock = threading.RLock()

    def session_of(account: int) -> boto3.Session:
        if account not in sessions:
            inner: Any = hub._session
            fetcher = AssumeRoleCredentialFetcher(inner.create_client, hub.get_credentials(), role_of(account), {})
            session: Any = boto3.Session(region_name=REGIONS[0])
            session._session._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
            sessions[account] = session
        return sessions[account]

    def client_of(question: Question) -> Any:
        account, service, region = question
        with lock:
            if question not in clients:
                clients[question] = session_of(account).client(service, region_name=region)
            return clients[question]

    return client_of


def measure_plain(accounts: int, asked: int) -> Figures:
    """Ask every STEPth account; the first one pays for what a process needs once."""
    chosen = [each for each in questions(accounts, asked) if each[0] % STEP == 0]
    client_of = plain_sessions()
    ask_all(client_of, [(0, service, region) for service in ASKED for region in REGIONS])
    gc.collect()
    first = resident_mib()
    counted = ask_all(client_of, [each for each in chosen if each[0] > 0])
    gc.collect()
    return {"mib": (resident_mib() - first) * STEP, "clients": float(clients_alive() * STEP), **_outcomes(counted)}


def measure_pool(accounts: int, asked: int) -> Figures:
    """Ask every account of a pool, with all that it takes."""
    gc.collect()
    before = resident_mib()
    from boto3_client_cache import SessionPool

    pool = SessionPool(max_sessions=accounts, max_clients=BUDGET, region_name=REGIONS[0])
    shared: Any = pool.clients
    most, done = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.0005):
            most = max(most, len(shared))

    watching = threading.Thread(target=watch)
    watching.start()
    counted = ask_all(
        lambda question: pool.assume_role(role_of(question[0])).client(question[1], region_name=question[2]),
        questions(accounts, asked),
    )
    done.set()
    watching.join()
    info = shared.cache_info()
    gc.collect()
    figures = {"mib": resident_mib() - before, "most": float(most), **_outcomes(counted)}
    return {**figures, "alive": float(clients_alive()), "hits": 100 * info.hits / (info.hits + info.misses)}


def _outcomes(counted: Counter[str]) -> Figures:
    return {name: float(counted[name]) for name in ("right", "wrong", "failed")}


# ---- One hour ----

LIFETIME, MARGIN, ROUND = 1800, 900, 15  # seconds: of credentials, in which botocore renews them, of a round


class _IsDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime.datetime)


class Clock(metaclass=_IsDatetime):
    """What stands in the place of `datetime.datetime`, whose time is moved on by hand."""

    time_now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)

    @classmethod
    def now(cls, _: Any = None) -> Any:
        """Return the time."""
        return cls.time_now


@contextmanager
def clock_of_credentials() -> Iterator[type[Clock]]:
    """Have botocore's credentials read a clock of ours, in this process."""
    module: Any = botocore.credentials
    own = module.datetime
    module.datetime = types.SimpleNamespace(**{**vars(own), "datetime": Clock})
    try:
        yield Clock
    finally:
        module.datetime = own


def one_hour(accounts: int, asked: int) -> Figures:
    """Work an hour by the clock; count how often STS was asked, and how often credentials in use had to be renewed."""
    from boto3_client_cache import SessionPool

    rounds = 3600 // ROUND
    expected = 0
    counted: Counter[str] = Counter()
    renewed: dict[int, datetime.datetime] = {}
    with clock_of_credentials() as clock, Accounts(LIFETIME, clock.now) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ["AWS_ENDPOINT_URL"] = server.url
        pool = SessionPool(max_sessions=accounts, max_clients=BUDGET, region_name=REGIONS[0])
        for number in range(rounds):
            of_round = questions(accounts, asked // rounds, number)
            for account in {each[0] for each in of_round}:
                last = renewed.get(account)
                if last is None or (clock.time_now - last).total_seconds() > LIFETIME - MARGIN:
                    renewed[account] = clock.time_now
                    expected += 1
            counted += ask_all(
                lambda question: pool.assume_role(role_of(question[0])).client(question[1], region_name=question[2]),
                of_round,
            )
            clock.time_now += datetime.timedelta(seconds=ROUND)
        calls = sum(map(len, server.issued.values()))
        refused = server.refused
        server.shutdown()
    return {"calls": float(calls), "expected": float(expected), "refused": float(refused), **_outcomes(counted)}


# ---- Both ----


@contextmanager
def serving() -> Iterator[str]:
    """Run the server in a process of its own; yield its URL."""
    program = Path(__file__).with_name("accounts_server.py")
    server = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait()


def measure_here(side: str, kind: str, accounts: str, asked: str) -> Figures:
    """Measure one side in this process, which must be fresh."""
    if kind == "hour":
        return one_hour(int(accounts), int(asked))
    return (measure_plain if side == SIDES[0] else measure_pool)(int(accounts), int(asked))


def report(accounts: int, asked: int, runs: int) -> tuple[str, list[str]]:
    """Return the figures as Markdown, and what misses its target."""
    what = [str(accounts), str(asked)]
    with serving() as url:
        measured = side_by_side.rounds(["accounts", *what], SIDES, runs, {"AWS_ENDPOINT_URL": url})
    plain, ours = measured.values()
    hour = side_by_side.rounds(["hour", str(accounts // STEP), str(asked)], SIDES[1:], 1, {})[SIDES[1]]
    wrong, failed = ours["wrong"].highest + hour["wrong"].highest, ours["failed"].highest + hour["failed"].highest
    calls, expected = hour["calls"].median, hour["expected"].median
    rows = [
        ("another account's answers", "0", f"{wrong:.0f} of {asked * (runs + 1)}", wrong == 0),
        ("requests that failed", "0", f"{failed:.0f}", failed == 0),
        (
            "the most clients at once, in the cache and alive",
            f"≤ {BUDGET}",
            f"{ours['most'].highest:.0f}, {ours['alive'].highest:.0f}",
            max(ours["most"].highest, ours["alive"].highest) <= BUDGET,
        ),
        (
            "memory, beside plain boto3 with a session an account",
            f"1/{TARGET}",
            f"{written(ours['mib'].median)} beside {written(plain['mib'].median)} MiB, "
            f"**{share(plain['mib'], ours['mib'])}**",
            is_reached(plain["mib"], ours["mib"], TARGET),
        ),
        (
            "one hour: questions to STS, credentials in use that had to be renewed",
            "equal",
            f"{calls:.0f}, {expected:.0f}",
            calls == expected and hour["refused"].highest == 0,
        ),
    ]
    table = "\n".join(
        [
            f"| {accounts} accounts, {asked} requests, {THREADS} threads | target | measured |  |",
            "| --- | --- | --- | --- |",
            *(
                f"| {name} | {target} | {figure} | {'reached' if ok else '**missed**'} |"
                for name, target, figure, ok in rows
            ),
            f"| hits of clients | told | {written(ours['hits'].median)} % |  |",
        ]
    )
    return table, [f"Missed: {name}: {figure}, wanted {target}." for name, target, figure, ok in rows if not ok]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--asked", type=int, default=12_000, help="how many requests (default: 12000)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 3, measure_here)
    table, missed = report(arguments.accounts, arguments.asked, arguments.runs)
    print(table, "", *(missed or ["Every target is reached."]), sep="\n")
    if arguments.write:
        head = pages.made_by(f"./dev accounts-cost --runs {arguments.runs}")
        pages.put(pages.BENCHMARKS, "many accounts", f"{head}\n\n{table}")


if __name__ == "__main__":
    main()
