"""STS, S3, DynamoDB and SQS of any number of accounts on loopback, which answer with who asks: for accounts_cost.py.

usage: python benchmarks/accounts_server.py        prints its URL, and serves until its standard input ends

It issues credentials of any role, and knows by the access key that signed a request whose they are. Signatures are not
checked. Thread safety: all functions.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

_SIGNED = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_ISSUED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
_EXPIRED = """<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>"""
_OWNER = """<ListAllMyBucketsResult><Owner><ID>{0}</ID></Owner><Buckets/></ListAllMyBucketsResult>"""

Now = Callable[[], datetime.datetime]


def now() -> datetime.datetime:
    """Return the time."""
    return datetime.datetime.now(datetime.timezone.utc)


class Accounts(ThreadingHTTPServer):
    """The server; `issued` has, by account, when STS has issued credentials and when they end."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, lifetime: float = 3600, clock: Now = now) -> None:
        """Listen on a free port; credentials live for `lifetime` seconds by `clock`."""
        super().__init__(("127.0.0.1", 0), _Answer)
        self.lifetime, self.clock = datetime.timedelta(seconds=lifetime), clock
        self.issued: dict[str, list[datetime.datetime]] = {}
        self.refused = 0
        self._ends: dict[str, datetime.datetime] = {}
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def issue(self, arn: str) -> str:
        """Return STS's answer."""
        account, start = arn.split(":")[4], self.clock()
        with self._lock:
            times = self.issued.setdefault(account, [])
            times.append(start)
            key = f"ASIA{account}N{len(times)}"
            self._ends[key] = start + self.lifetime
        return _ISSUED.format(arn=arn, key=key, end=(start + self.lifetime).isoformat())

    def is_valid(self, key: str) -> bool:
        """Whether the credentials that signed a request have not ended."""
        with self._lock:
            valid = self.clock() < self._ends[key]
            self.refused += not valid
        return valid


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Accounts

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        signed = _SIGNED.search(self.headers.get("Authorization", ""))
        if signed is None:
            self._reply("", 400)
        elif not self.server.is_valid(signed["key"]):
            self._reply(_EXPIRED, 403)
        else:
            self._reply(_OWNER.format(f"{signed['key'][4:16]} {signed['region']}"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        signed = _SIGNED.search(self.headers.get("Authorization", ""))
        if signed is None:
            self._reply("", 400)
        elif signed["service"] == "sts":
            self._reply(self.server.issue(parse_qs(body.decode())["RoleArn"][0]))
        elif not self.server.is_valid(signed["key"]):
            self._reply(json.dumps({"__type": "ExpiredTokenException", "message": "expired"}), 400)
        else:
            who = f"{signed['key'][4:16]} {signed['region']}"
            said = {"TableNames": [who]} if signed["service"] == "dynamodb" else {"QueueUrls": [who]}
            self._reply(json.dumps(said))

    def _reply(self, text: str, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml" if text.startswith("<") else "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the standard input ends."""
    server = Accounts()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
