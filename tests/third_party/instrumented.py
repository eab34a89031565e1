"""A program that a library instruments; prints what the library recorded. Run by test_instrumentation.py.

Arguments: the library; whether it comes first or last; how clients are had; which of both is taken back first.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

QUEUE = "queue"
VARIES = {"messaging.message.id", "messaging.message_id", "runtime-id", "thread.id", "thread.name"}  # each time


def without_varying(attributes: Any) -> dict[str, Any]:
    return {name: str(value) for name, value in sorted(attributes.items()) if name not in VARIES and "_dd." not in name}


class OpenTelemetry:
    """Wraps ``BaseClient._make_api_call`` and ``Endpoint.prepare_request`` on their classes."""

    def __init__(self) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def instrument(self) -> None:
        from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

        self.instrumentor = BotocoreInstrumentor()
        self.instrumentor.instrument(tracer_provider=self.provider)

    def uninstrument(self) -> None:
        self.instrumentor.uninstrument()

    @contextlib.contextmanager
    def recording(self, recorded: list[Any]) -> Iterator[None]:
        self.exporter.clear()
        with self.provider.get_tracer("program").start_as_current_span("work"):
            yield
        spans = self.exporter.get_finished_spans()
        names = {span.context.span_id: span.name for span in spans}
        recorded += [
            [span.name, span.kind.name, span.parent and names[span.parent.span_id], without_varying(span.attributes)]
            for span in spans
            if span.name != "work"
        ]

    def use(self, client: Any) -> None:
        """Make one request."""
        client("s3").list_buckets()


class OpenTelemetrySqs(OpenTelemetry):
    """Wraps ``boto3.session.Session.client``, and the methods of each SQS client's class that it comes by."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Any] = []

    def instrument(self) -> None:
        from opentelemetry.instrumentation.boto3sqs import Boto3SQSInstrumentor

        self.instrumentor = Boto3SQSInstrumentor()
        self.instrumentor.instrument(tracer_provider=self.provider)

    @contextlib.contextmanager
    def recording(self, recorded: list[Any]) -> Iterator[None]:
        self.received.clear()
        with super().recording(recorded):
            yield
        recorded.append([*self.received])

    def use(self, client: Any) -> None:
        """Send a message, which carries its span's context as an attribute, and receive it."""
        url = client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"]
        client("sqs").send_message(QueueUrl=url, MessageBody="text")
        (message,) = client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.received.append([message["Body"], sorted(message.get("MessageAttributes", {}))])


class XRay:
    """Wraps the two that OpenTelemetry wraps. It cannot be taken back."""

    def instrument(self) -> None:
        from aws_xray_sdk.core import patch, xray_recorder

        xray_recorder.configure(service="program", sampling=False, emitter=self, context_missing="IGNORE_ERROR")
        self.recorder = xray_recorder
        patch(["botocore"])

    def send_entity(self, entity: Any) -> None:
        """Keep it here: an emitter's method."""

    @contextlib.contextmanager
    def recording(self, recorded: list[Any]) -> Iterator[None]:
        segment = self.recorder.begin_segment("work")
        yield
        recorded += [[part.name, part.namespace, part.aws, part.http] for part in segment.subsegments]
        self.recorder.end_segment()

    use = OpenTelemetry.use


class Sentry:
    """Replaces ``BaseClient.__init__``, which gives clients built since its event handlers, and ``_make_api_call``."""

    def instrument(self) -> None:
        warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")  # it asks eventlet, where that is installed
        import sentry_sdk
        from sentry_sdk.integrations.boto3 import Boto3Integration
        from sentry_sdk.transport import Transport

        self.sentry = sentry_sdk
        self.envelopes = envelopes = []

        class InMemory(Transport):
            def capture_envelope(self, envelope: Any) -> None:
                envelopes.append(envelope)

        sentry_sdk.init(
            dsn="http://key@127.0.0.1:1/1",
            default_integrations=False,
            integrations=[Boto3Integration()],
            traces_sample_rate=1.0,
            transport=InMemory,
        )

    @contextlib.contextmanager
    def recording(self, recorded: list[Any]) -> Iterator[None]:
        self.envelopes.clear()
        self.sentry.get_isolation_scope().clear_breadcrumbs()
        with self.sentry.start_transaction(name="work"):
            yield
        (event,) = [envelope.get_transaction_event() for envelope in self.envelopes]
        recorded += [
            [span["op"], span["description"], span["origin"], without_varying(span.get("data", {}))]
            for span in event["spans"]
        ]
        crumbs = event.get("breadcrumbs", {}).get("values", [])
        recorded += [[crumb["type"], crumb["category"], without_varying(crumb.get("data", {}))] for crumb in crumbs]

    use = OpenTelemetry.use


class Datadog:
    """Wraps ``BaseClient._make_api_call`` and ``ResponseParser.parse``; gives a client a handler at its request."""

    def instrument(self) -> None:
        os.environ.update(
            DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
            DD_REMOTE_CONFIGURATION_ENABLED="false",
            DD_TRACE_STARTUP_LOGS="false",
        )
        import ddtrace
        from ddtrace.trace import TraceFilter, tracer

        self.tracer = tracer
        self.spans = spans = []

        class InMemory(TraceFilter):
            def process_trace(self, trace: Any) -> None:
                spans.extend(trace)

        tracer.configure(trace_processors=[InMemory()])
        ddtrace.patch(botocore=True)

    def uninstrument(self) -> None:
        from ddtrace.contrib.internal.botocore.patch import unpatch

        unpatch()

    @contextlib.contextmanager
    def recording(self, recorded: list[Any]) -> Iterator[None]:
        self.spans.clear()
        with self.tracer.trace("work"):
            yield
        names = {span.span_id: span.name for span in self.spans}
        recorded += [
            [span.name, span.resource, names[span.parent_id], without_varying(span.get_tags())]
            for span in self.spans
            if span.name != "work"
        ]

    use = OpenTelemetry.use


LIBRARIES = {
    "opentelemetry": OpenTelemetry,
    "opentelemetry-sqs": OpenTelemetrySqs,
    "xray": XRay,
    "sentry": Sentry,
    "datadog": Datadog,
}


def clients(way: str) -> Any:
    """Import what the way needs, and return what a program of that way calls for a client."""
    if way == "plain":
        import boto3

        return lambda service: boto3.client(service)
    import boto3_client_cache

    if way == "cached":
        return boto3_client_cache.client
    boto3_client_cache.install()
    import boto3

    return lambda service: boto3.client(service)


def methods_of_botocore() -> dict[str, Any]:
    from botocore.client import BaseClient
    from botocore.endpoint import Endpoint
    from botocore.parsers import ResponseParser

    patchable = {BaseClient: ("__init__", "_make_api_call"), Endpoint: ("prepare_request",), ResponseParser: ("parse",)}
    return {f"{owner.__name__}.{name}": vars(owner)[name] for owner, names in patchable.items() for name in names}


def main(name: str, order: str, way: str, removed: str) -> None:
    library, botocores_own = LIBRARIES[name](), methods_of_botocore()
    if order == "first":
        library.instrument()
        client = clients(way)
    else:
        client = clients(way)
        library.use(client)
        library.instrument()

    recorded: dict[str, list[Any]] = {"one": [], "another": [], "afterwards": []}
    with library.recording(recorded["one"]):
        library.use(client)
    with library.recording(recorded["another"]):
        library.use(client)

    def uninstall() -> None:
        if way == "installed":
            import boto3_client_cache

            boto3_client_cache.uninstall()

    ends = [getattr(library, "uninstrument", lambda: None), uninstall]
    for end in ends if removed == "library" else reversed(ends):
        end()
        library.use(client)
    with library.recording(recorded["afterwards"]):
        library.use(client)
    patched = [name for name, method in methods_of_botocore().items() if method is not botocores_own[name]]
    print(json.dumps({**recorded, "patched": patched}))


main(*sys.argv[1:])
