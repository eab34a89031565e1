"""Requests that clients would send, kept and answered: to be compared with what another client does."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import uuid
from binascii import crc32
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.eventstream import EventStream, ParserError
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape
from botocore.response import StreamingBody

NOW = datetime.datetime(2024, 2, 29, 12, 30, 45)  # botocore's own clock is naive, in UTC
DEPTH = 6


class FrozenDatetime(datetime.datetime):
    """The clock of whatever botocore module asks ``datetime.datetime``."""

    @classmethod
    def utcnow(cls) -> datetime.datetime:
        return NOW

    @classmethod
    def now(cls, tz: Any = None) -> datetime.datetime:
        return NOW.replace(tzinfo=tz)


class FrozenModule:
    """The ``datetime`` module with that clock."""

    datetime = FrozenDatetime

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


CLOCKS = ("botocore.auth", "botocore.compat", "botocore.endpoint", "botocore.signers")


def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore sign everything at the same moment."""
    for module in CLOCKS:
        monkeypatch.setattr(f"{module}.datetime", FrozenModule())
    monkeypatch.setattr("time.time", lambda: 1_709_209_845.0)


# Members that endpoint rules and handlers look into.
KNOWN = {
    "AccountId": "123456789012",
    "Bucket": "bucket-name",
    "QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/queue",
}


def example(shape: Shape, number: Any, depth: int = 0, name: str = "") -> Any:  # noqa: PLR0911 - one for each kind
    """A value of a shape, the same for the same state of ``number``."""
    kind = shape.type_name
    if kind == "string" and name in KNOWN:
        return KNOWN[name]
    if kind == "structure":
        required = set(shape.required_members)
        names = [name for name in shape.members if depth < DEPTH or name in required]
        if getattr(shape, "is_tagged_union", False):
            names = names[:1]
        return {
            name: example(shape.members[name], number, depth + 1, name)
            for name in names
            if depth < 3 * DEPTH and not getattr(shape.members[name], "is_eventstream", False)
        }
    if kind == "list":
        count = max(shape.metadata.get("min", 0), 2 if depth < DEPTH else 0)
        return [example(shape.member, number, depth + 1) for _ in range(min(count, 3))]
    if kind == "map":
        if depth >= DEPTH:
            return {}
        return {example(shape.key, number, depth + 1): example(shape.value, number, depth + 1)}
    if kind == "string":
        if getattr(shape, "enum", None):
            return shape.enum[next(number) % len(shape.enum)]
        accent = "" if depth < 2 else "é"  # what ends in a URL or a header is at the top
        return f"value{next(number)}{accent}".ljust(shape.metadata.get("min", 0), "x")[
            : shape.metadata.get("max", 1_000)
        ]
    if kind in {"integer", "long", "float", "double"}:
        lowest, highest = shape.metadata.get("min", 1), shape.metadata.get("max", 2**31)
        value = min(lowest + next(number) % 7, highest)
        return float(value) + 0.5 if kind in {"float", "double"} and value + 1 <= highest else int(value)
    if kind == "blob":
        return f"bytes{next(number)}".encode()
    return {"boolean": True, "timestamp": NOW, "character": "c"}[kind]


def canned_response(protocol: str) -> bytes:
    """A body that says little, to be read by the parser of every operation of a protocol."""
    if "json" in protocol:
        return json.dumps({"Items": [{"S": "x"}], "NextToken": "t", "nextToken": "u", "message": "m"}).encode()
    if "cbor" in protocol:
        return b"\xbf\x69NextToken\x61t\xff"
    return b"<Response><Result><NextToken>t</NextToken></Result><requestId>r</requestId><Marker>m</Marker></Response>"


class Exchange:
    """A client whose requests are kept, and answered with canned responses."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        unique = itertools.count()
        monkeypatch.setattr("uuid.uuid4", lambda: uuid.UUID(int=next(unique)))
        self.client = client
        self.sent: list[Any] = []
        self.status = 200
        self.answers: list[tuple[int, str, bytes]] = []
        """Status, content type and body of the next responses; when there are none, all are canned."""
        self.client.meta.events.register("before-send", self.answer)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        body = request.body.read() if hasattr(request.body, "read") else request.body
        self.sent.append((request.method, request.url, sorted(request.headers.items()), body))
        model = self.client.meta.service_model
        canned = canned_response(getattr(model, "resolved_protocol", model.protocol))
        status, kind, content = self.answers.pop(0) if self.answers else (self.status, "text/plain", canned)
        raw = io.BytesIO(content)
        raw.stream = lambda *_, **__: iter([content])  # type: ignore[attr-defined]
        return AWSResponse(request.url, status, {"x-amzn-requestid": "id", "Content-Type": kind}, raw)

    def call(self, operation: str, parameters: dict[str, Any]) -> Any:
        """What an operation comes to: its response, or the exception's class and text."""
        try:
            response = self.client._make_api_call(operation, parameters)
        except (BotoCoreError, ClientError, ParserError, ValueError, TypeError, KeyError, AttributeError) as error:
            return type(error).__name__, str(error), getattr(error, "response", None)
        return {name: opened(value) for name, value in response.items()}


def opened(value: Any) -> Any:
    if isinstance(value, StreamingBody):
        return value.read()
    if not isinstance(value, EventStream):
        return value
    try:
        return list(value)
    except (BotoCoreError, ParserError) as error:  # what is canned is no event stream
        return type(error).__name__, str(error)


def event(name: str, payload: bytes, kind: str = "event") -> bytes:
    """A message of an event stream."""
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + len(text).to_bytes(2, "big") + text.encode()
        for key, text in {":message-type": kind, f":{kind}-type": name, ":content-type": "text/xml"}.items()
    )
    prelude = (len(headers) + len(payload) + 16).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    message = prelude + crc32(prelude).to_bytes(4, "big") + headers + payload
    return message + crc32(message).to_bytes(4, "big")
