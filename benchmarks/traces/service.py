"""A stand-in for a service: a WSGI server with worker threads, asked for tenants in regions. Recorded by --trace.

    python -m boto3_client_cache --no-measure --trace service.jsonl benchmarks/traces/service.py [REQUESTS]

A real HTTP server on loopback and real boto3 clients, but a load of ours: tenants by Zipf (exponent 1), each with one
to three services in a home region; twice a scan of all tenants comes between, as a nightly job does; then other tenants
are the popular ones. A tenant comes for REQUESTS requests on average, among three others; without REQUESTS for one. One
session for the service; a client is of a tenant by its credentials. No request goes to AWS.
"""

from __future__ import annotations

import random
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from socketserver import ThreadingMixIn
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import boto3

TENANTS, REGIONS, SERVICES = 80, ("us-east-1", "eu-west-1", "ap-southeast-2"), ("sqs", "sts", "dynamodb")
session = boto3.Session()
turn = threading.Lock()  # boto3's sessions are not for several threads at once


class Server(ThreadingMixIn, WSGIServer):
    """A thread a request."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """No log of each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def application(environ, start_response):
    """Answer with the endpoint of the client of a tenant."""
    asked = dict(parse_qsl(environ["QUERY_STRING"]))
    with turn:
        client = session.client(
            asked["service"],
            region_name=asked["region"],
            aws_access_key_id=f"tenant-{asked['tenant']}",
            aws_secret_access_key="secret",
        )
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [client.meta.endpoint_url.encode()]


def requests(of_a_visit):
    """Yield the tenant, region and service of each request."""
    chosen = random.Random(13)
    weights = [1 / rank for rank in range(1, TENANTS + 1)]
    tenants = [*range(TENANTS)]
    for phase in range(4):
        if phase == 2:
            chosen.shuffle(tenants)  # others are popular now
        here = []  # tenants, and how many requests each has still
        for _ in range(300):
            while len(here) < 4:
                more = int(chosen.expovariate(1 / of_a_visit)) if of_a_visit > 1 else 0
                here.append([*chosen.choices(tenants, weights), 1 + more])
            visit = chosen.choice(here)
            tenant = visit[0]
            visit[1] -= 1
            if not visit[1]:
                here.remove(visit)
            yield tenant, REGIONS[tenant % 3], SERVICES[chosen.randrange(tenant % 3 + 1)]
        if phase in {0, 2}:
            for tenant in range(TENANTS):
                for service in SERVICES[: tenant % 3 + 1]:
                    yield tenant, REGIONS[tenant % 3], service


def main() -> None:
    """Serve the requests, four at a time."""
    with make_server("127.0.0.1", 0, application, Server, Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(request):
            tenant, region, service = request
            url = f"http://127.0.0.1:{server.server_port}/?tenant={tenant}&region={region}&service={service}"
            with urllib.request.urlopen(url) as answer:
                assert answer.status == 200

        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(ask, requests(int(sys.argv[1]) if sys.argv[1:] else 1)):
                pass
        server.shutdown()


if __name__ == "__main__":
    main()
