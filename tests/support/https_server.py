"""A server for benchmarks and tests: HTTP/1.1 with keep-alive over TLS 1.3, a port a service, a thread a connection.

It answers a few operations of S3, DynamoDB, SQS and STS, and costs little beside the client that is measured. It keeps
nothing, so an object's content is its key. It is run as a script and ends with its standard input.
Does not check signatures.
"""

import json
import sys
import tempfile
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.server_certificate import server_certificate

Answer = tuple[int, dict[str, str], bytes]
XML = {"Content-Type": "text/xml"}
CALLER = "<UserId>U</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/u</Arn>"
CREDENTIALS = """<Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"""


def s3(request: "Handler", _: bytes) -> Answer:
    url = urlsplit(request.path)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    if request.command == "PUT":
        return 200, {"ETag": '"0"'}, b""
    if request.command == "DELETE":
        return 204, {}, b""
    if key:
        return 200, {"ETag": '"0"', "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT"}, key.encode()
    if bucket:
        return 200, XML, f"<ListBucketResult><Name>{bucket}</Name><KeyCount>0</KeyCount></ListBucketResult>".encode()
    return 200, XML, b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"


def dynamodb(request: "Handler", body: bytes) -> Answer:
    operation, asked = _json_call(request, body)
    answers: dict[str, Any] = {"ListTables": {"TableNames": []}, "GetItem": {"Item": asked.get("Key")}}
    text = json.dumps(answers.get(operation, {})).encode()
    return 200, {"Content-Type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(text))}, text


def sqs(request: "Handler", body: bytes) -> Answer:
    operation, asked = _json_call(request, body)
    answers = {
        "GetQueueUrl": {"QueueUrl": f"https://{request.headers['Host']}/123456789012/{asked.get('QueueName')}"},
        "ListQueues": {"QueueUrls": []},
        "SendMessage": {"MessageId": "0", "MD5OfMessageBody": "0"},
    }
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answers.get(operation, {})).encode()


def sts(_: "Handler", body: bytes) -> Answer:
    operation = parse_qs(body.decode())["Action"][0]
    results = {"GetCallerIdentity": CALLER, "AssumeRole": CREDENTIALS}
    result = f"<{operation}Result>{results[operation]}</{operation}Result>"
    return 200, XML, f"<{operation}Response>{result}</{operation}Response>".encode()


SERVICES = {"s3": s3, "dynamodb": dynamodb, "sqs": sqs, "sts": sts}


def _json_call(request: "Handler", body: bytes) -> tuple[str, dict[str, Any]]:
    return request.headers["X-Amz-Target"].rpartition(".")[2], json.loads(body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write
    disable_nagle_algorithm = True
    server: "Server"

    def answer(self) -> None:
        status, headers, content = self.server.answer(self, self._body())
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

    def handle_expect_100(self) -> bool:
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def log_message(self, *_: object) -> None:
        """Keep silent."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Any) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away or refuse the certificate."""


def main() -> None:
    threading.stack_size(256 * 1024)  # hundreds of connections stay open
    with tempfile.TemporaryDirectory() as folder:
        context, bundle = server_certificate(folder)
        urls = {}
        for service, answer in SERVICES.items():
            server = Server(answer)
            # A handshake is for the thread of its connection, not for the one that accepts.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            urls[service] = f"https://127.0.0.1:{server.server_address[1]}"
            threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"bundle": str(bundle), "urls": urls}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
