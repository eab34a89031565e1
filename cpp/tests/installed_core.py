"""Run the C++ example against two local servers, which count what reaches them."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

THREADS = 8
REQUESTS = 50


class Handler(BaseHTTPRequestHandler):
    """Answers with the path it was asked for, and keeps the connection open."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together
    server: "Server"

    def do_GET(self) -> None:
        """Serve one page."""
        page = self.path.encode()
        with self.server.lock:
            self.server.paths.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_args: object) -> None:
        """Say nothing of requests that went well."""


class Server(ThreadingHTTPServer):
    """Counts its connections and keeps the paths it was asked for."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = 0
        self.paths: list[str] = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def process_request(self, request: object, client_address: object) -> None:
        """Count a connection; only the serving thread comes here."""
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        """What a client asks it by."""
        return f"http://127.0.0.1:{self.server_port}"


def main() -> None:
    """Fail unless every request arrived once, and all of a host's over one connection."""
    servers = [Server(), Server()]
    command = [sys.argv[1], str(THREADS), str(REQUESTS), *(server.url for server in servers)]
    subprocess.run(command, check=True, timeout=120)  # noqa: S603 - the example that was just built
    paths = sorted(path for server in servers for path in server.paths)
    expected = sorted(f"/{thread}/{request}" for thread in range(THREADS) for request in range(REQUESTS))
    if paths != expected:
        sys.exit(f"{len(paths)} requests arrived, {len(set(paths))} of them different, instead of {len(expected)}")
    for server in servers:
        print(f"{server.url}: {len(server.paths)} requests, connections: {server.connections}")
        if server.connections != 1:
            sys.exit("the threads did not share one connection to each host")


main()
