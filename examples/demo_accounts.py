"""A service of many accounts at work: a pool of sessions, beside a dict of sessions that is made by hand.

Each side runs in a process of its own. For SECONDS, THREADS threads take an account by Zipf's law, a region and a
service at random, ask for the client of the role in that account, send a request and check that the answer is that
account's. Roles are assumed for DURATION seconds, the shortest that STS has and a minute: botocore renews credentials
15 minutes before they end, so that they are renewed after a minute of use. The endpoint is moto's server, which
`demo.py` starts.

    python examples/demo.py --accounts 200        exit status 1 if an answer was another account's, or a request failed
"""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import boto3_client_cache

SIDES = ("dict", "pool")
THREADS, SECONDS, DURATION, BUDGET = 16, 75, 960, 500
REGIONS = ("us-east-1", "eu-west-1")
ASKED: dict[str, Callable[[Any], list[str]]] = {
    "s3": lambda client: [bucket["Name"] for bucket in client.list_buckets()["Buckets"]],
    "dynamodb": lambda client: client.list_tables()["TableNames"],
    "sqs": lambda client: [url.rsplit("/", 1)[1] for url in client.list_queues().get("QueueUrls", [])],
}

Asker = Callable[[str, str, str], Any]  # account, service and region


def account_of(number: int) -> str:
    return f"{number + 1:012}"


def role_in(account: str) -> str:
    return f"arn:aws:iam::{account}:role/demo"


def expected(account: str, service: str, region: str) -> list[str]:
    return [f"demo-{account}"] if service == "s3" else [f"demo-{account}-{region}"]


# ---- one side of the comparison, in a process of its own -----------------------------------------------------------


def dict_by_hand() -> tuple[Asker, Callable[[], int]]:
    """Return what gives clients, and what counts those that were built: a dict, a lock and a private attribute."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    base = boto3_client_cache.Session(region_name=REGIONS[0])
    sessions: dict[str, boto3_client_cache.Session] = {}
    lock = threading.Lock()

    def session_for(account: str) -> boto3_client_cache.Session:
        with lock:
            if account not in sessions:
                fetcher = AssumeRoleCredentialFetcher(
                    base.client, base.get_credentials(), role_in(account), {"DurationSeconds": DURATION}
                )
                session: Any = boto3_client_cache.Session(region_name=REGIONS[0])
                session._session._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
                sessions[account] = session
            return sessions[account]

    def ask(account: str, service: str, region: str) -> Any:
        return session_for(account).client(service, region_name=region)

    return ask, lambda: sum(session.cache_info().creations for session in [base, *sessions.values()])


def session_pool(accounts: int) -> tuple[Asker, Callable[[], int]]:
    pool = boto3_client_cache.SessionPool(
        max_sessions=accounts, max_clients=BUDGET, region_name=REGIONS[0], share_connections="process"
    )
    clients: Any = pool.clients

    def ask(account: str, service: str, region: str) -> Any:
        return pool.assume_role(role_in(account), duration_seconds=DURATION).client(service, region_name=region)

    return ask, lambda: clients.cache_info().creations


def memory_mib() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def sockets() -> int:
    """Count the open sockets of this process."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            count += os.readlink(descriptor).startswith("socket:")
        except OSError:  # closed meanwhile
            continue
    return count


def run_side(side: str, accounts: int) -> None:
    """Do the work of one side, and print its figures as JSON."""
    base = memory_mib()
    ask, count_built = dict_by_hand() if side == "dict" else session_pool(accounts)
    end = time.monotonic() + SECONDS
    weights = list(itertools.accumulate(1 / (number + 1) for number in range(accounts)))
    asked = [0] * THREADS
    faults: list[str] = []

    def work(number: int) -> None:
        dice = random.Random(number)
        while time.monotonic() < end:
            account = account_of(dice.choices(range(accounts), cum_weights=weights)[0])
            service, region = dice.choice(list(ASKED)), dice.choice(REGIONS)
            asked[number] += 1
            try:
                answer = ASKED[service](ask(account, service, region))
            except Exception as error:
                faults.append(f"{service} of {account}: {type(error).__name__}: {error}")
                continue
            if answer != expected(account, service, region):
                faults.append(f"{service} of {account}: {answer}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures = {
        "asked": sum(asked),
        "built": count_built(),
        "mib": memory_mib() - base,
        "sockets": sockets(),
        "faults": faults,
    }
    print(json.dumps(figures))


# ---- the demo ------------------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Serves a WSGI application over TLS, keeps connections open as AWS does, and counts what STS is asked.

    werkzeug's server, which moto brings, closes each connection after its answer.
    """

    daemon_threads = True
    request_queue_size = 128
    asked_of_sts: ClassVar[int] = 0

    def __init__(self, application: Any, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.application = application
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece
    server: Server

    def answer(self) -> None:
        if "/sts/aws4_request" in self.headers.get("Authorization", ""):
            Server.asked_of_sts += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        environ = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()},
        }

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            self.send_response(int(status.split(maxsplit=1)[0]))
            for name, value in headers:
                if name.lower() != "content-length":
                    self.send_header(name, value)

        text = b"".join(self.server.application(environ, start_response))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def furnish(accounts: int) -> None:
    """Give each account a role, a bucket, and a table and a queue in each region, in moto's own memory."""
    from moto.core import DEFAULT_ACCOUNT_ID  # noqa: F401 - loads moto's core first
    from moto.dynamodb.models import dynamodb_backends
    from moto.iam.models import iam_backends
    from moto.s3.models import s3_backends
    from moto.sqs.models import sqs_backends

    for account in map(account_of, range(accounts)):
        iam_backends[account]["aws"].create_role("demo", "{}", "/", None, "", {}, "3600")
        s3_backends[account]["aws"].create_bucket(f"demo-{account}", REGIONS[0])
        for region in REGIONS:
            name = f"demo-{account}-{region}"
            sqs_backends[account][region].create_queue(name, {})
            dynamodb_backends[account][region].create_table(
                name,
                schema=[{"AttributeName": "id", "KeyType": "HASH"}],
                throughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                attr=[{"AttributeName": "id", "AttributeType": "N"}],
                global_indexes=[],
                indexes=[],
                streams=None,
                billing_mode="PAY_PER_REQUEST",
                sse_specification=None,
                tags=[],
                deletion_protection_enabled=False,
                warm_throughput=None,
            )


def table(figures: dict[str, dict[str, Any]], accounts: int) -> str:
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "requests answered": lambda f: f"{f['asked']}",
        "clients built": lambda f: f"{f['built']}",
        "hits": lambda f: f"{max(0, f['asked'] - f['built'])}",
        "roles assumed": lambda f: f"{min(f['sts'], accounts)}",
        "renewed": lambda f: f"{max(0, f['sts'] - accounts)}",
        "memory": lambda f: f"{f['mib']:.0f} MiB",
        "open sockets": lambda f: f"{f['sockets']}",
    }
    lines = [f"{'':20}" + "".join(f"{side:>12}" for side in SIDES)]
    lines += [f"{name:20}" + "".join(f"{cell(figures[side]):>12}" for side in SIDES) for name, cell in rows.items()]
    return "\n".join(lines)


def compare(environment: dict[str, str], accounts: int) -> int:
    """Do the work of both sides, and print their figures. Returns the exit status."""
    furnish(accounts)
    print(f"endpoint: {environment['AWS_ENDPOINT_URL']}", flush=True)
    print(f"work: {THREADS} threads for {SECONDS} s a side, {accounts} accounts, at most {BUDGET} clients in the pool")
    figures: dict[str, dict[str, Any]] = {}
    for side in SIDES:
        Server.asked_of_sts = 0
        command = [sys.executable, os.path.abspath(__file__), side, str(accounts)]
        child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if child.returncode:
            sys.exit(f"the {side} side failed with exit status {child.returncode}; its error is above")
        figures[side] = {**json.loads(child.stdout), "sts": Server.asked_of_sts}
    print(f"\n{table(figures, accounts)}\n")
    faults = [f"{side}: {line}" for side in SIDES for line in figures[side]["faults"]]
    if faults:
        print(*faults[:20], f"{len(faults)} faults", sep="\n", file=sys.stderr)
        return 1
    print("Every answer was the right account's.")
    return 0


if __name__ == "__main__":
    run_side(sys.argv[1], int(sys.argv[2]))
