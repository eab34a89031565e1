"""An S3 that keeps connections alive, as AWS does and moto's server does not, and remembers what came through which."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_NO_BUCKETS = b"<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"


class Recorder(ThreadingHTTPServer):
    """Answers that there are no buckets."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.ports: list[int] = []  # the client's port of each request in turn
        self.headers: list[list[str]] = []  # the names of its headers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.ports.append(self.client_address[1])
        self.server.headers.append(sorted(self.headers))
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(_NO_BUCKETS)))
        self.end_headers()
        self.wfile.write(_NO_BUCKETS)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def recording() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
