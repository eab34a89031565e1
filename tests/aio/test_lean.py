"""Clients of shared parts look, send and document as aiobotocore's, and hear what is put in a part's place."""

import asyncio
import re
from unittest import mock

import aiobotocore.args
import aiobotocore.client
import aiobotocore.hooks
import aiobotocore.session
import botocore.client
import botocore.session
import pytest
from models.surface import surface

from boto3_client_cache import Session as SyncSession
from boto3_client_cache import aio, models_info
from boto3_client_cache.aio import _checks
from boto3_client_cache.aio._events import _SharingAioEmitter
from boto3_client_cache.aio._lean import LeanAioSession
from boto3_client_cache.lean import checks
from boto3_client_cache.lean.models import SharedLoader

REGION = {"region_name": "us-east-1"}
MOMENTARY = {"authorization", "x-amz-date", "amz-sdk-invocation-id", "user-agent"}


@pytest.fixture
def plain():
    """Make a session whose clients are aiobotocore's own."""
    return aio.Session(**REGION, share_models=False)


def test_all_parts_are_shared(session):
    inner = session.botocore_session
    assert type(inner) is LeanAioSession
    assert type(inner._original_handler) is _SharingAioEmitter
    assert type(inner.get_component("data_loader")) is SharedLoader
    assert all(part.is_own() for part in (_checks.SESSION, _checks.EVENTS, _checks.CREATOR))


@pytest.mark.parametrize("service", ["dynamodb", "lambda", "neptune", "s3", "sqs"])
def test_a_client_looks_as_aiobotocores(session, plain, service):
    async def look():
        return [surface(await each.client(service), 0) for each in (session, plain)]

    # aiobotocore writes its own docstrings by coroutines that nobody awaits.
    ours, theirs = asyncio.run(look())
    for part in theirs:
        assert ours[part] == theirs[part], part


def test_a_docstring_is_the_one_of_the_sync_client(session):
    async def document():
        client = await session.client("s3")
        return str(client.get_object.__doc__), str(client.list_buckets.__doc__)

    sync = SyncSession(**REGION).client("s3")
    get_object, list_buckets = asyncio.run(document())
    assert get_object == str(sync.get_object.__doc__)
    assert list_buckets == str(sync.list_buckets.__doc__)


async def requests_of(session):
    """Return what is sent for some calls, but for what each has anew."""
    sent = []

    def note(request, **_):
        headers = {
            name.lower(): value if isinstance(value, str) else value.decode()
            for name, value in request.headers.items()
            if name.lower() not in MOMENTARY
        }
        body = request.body if isinstance(request.body, (bytes, str, type(None))) else type(request.body).__name__
        sent.append((request.method, request.url, headers, body))

    session.events.register("request-created", note)
    s3 = await session.client("s3")
    await s3.create_bucket(Bucket="my.bucket")
    await s3.put_object(Bucket="my.bucket", Key="a key/ü", Body=b"text", Metadata={"a": "b"})
    await s3.copy_object(Bucket="my.bucket", Key="two", CopySource={"Bucket": "my.bucket", "Key": "a key/ü"})
    listed = await s3.list_objects_v2(Bucket="my.bucket")
    dynamodb = await session.client("dynamodb")
    await dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    await dynamodb.get_waiter("table_exists").wait(TableName="table")
    sqs = await session.client("sqs")
    queue = (await sqs.create_queue(QueueName="queue", Attributes={"DelaySeconds": "0"}))["QueueUrl"]
    await sqs.send_message(QueueUrl=queue, MessageBody="text")
    received = await sqs.receive_message(QueueUrl=queue)
    errors = []
    for call in (s3.get_object(Bucket="my.bucket", Key="none"), sqs.get_queue_url(QueueName="none")):
        try:
            await call
        except Exception as error:
            errors.append((type(error).__name__, str(error)))
    await session.aclose()
    return sent, [each["Key"] for each in listed["Contents"]], received["Messages"][0]["Body"], errors


def test_requests_are_as_aiobotocores(session, plain, endpoint_url, endpoint, request):
    ours = asyncio.run(requests_of(session))
    request.getfixturevalue("reset")()
    assert ours == asyncio.run(requests_of(plain))


@pytest.fixture
def reset(endpoint_url):
    """Have nothing on the server."""
    import urllib.request

    def reset():
        urllib.request.urlopen(urllib.request.Request(f"{endpoint_url}/moto-api/reset", method="POST")).close()

    return reset


def test_presigned_urls_are_as_aiobotocores(session, plain):
    async def presign(each):
        client = await each.client("s3")
        url = await client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
        post = await client.generate_presigned_post("bucket", "key")
        return re.sub(r"(Signature|Expires|Date)=[^&]*", "", url), sorted(post["fields"])

    assert asyncio.run(presign(session)) == asyncio.run(presign(plain))


class TestIsolation:
    def test_sessions_share_methods_and_no_class(self, session):
        other = aio.Session(**REGION)

        async def main():
            one, two = await session.client("s3"), await other.client("s3")
            assert type(one) is not type(two)
            assert type(one).list_buckets is type(two).list_buckets
            type(one).list_buckets = None
            assert type(two).list_buckets is not None

        asyncio.run(main())

    def test_a_handler_of_one_session_is_not_another_s(self, session):
        other, heard = aio.Session(**REGION), []

        async def main():
            session.events.register("creating-client-class.s3", lambda **_: heard.append("session"))
            await session.client("s3")
            await other.client("s3")
            assert heard == ["session"]

        asyncio.run(main())

    def test_who_changes_a_method_changes_his_session_s(self, session):
        other = aio.Session(**REGION)

        def mark(class_attributes, **_):
            class_attributes["list_buckets"].marked = True

        async def main():
            session.events.register("creating-client-class.s3", mark)
            assert (await session.client("s3")).list_buckets.marked
            assert not hasattr((await other.client("s3")).list_buckets, "marked")

        asyncio.run(main())

    def test_models_are_those_of_the_process(self, session):
        async def main():
            await session.client("s3")
            return [model.path for model in models_info().models if model.in_use]

        assert any("/s3/" in path for path in asyncio.run(main()))


class TestWhatIsReplacedIsHeard:
    @pytest.mark.parametrize(
        ("owner", "name"),
        [
            (aiobotocore.client.AioClientCreator, "_create_client_class"),
            (aiobotocore.client.AioClientCreator, "_register_retries"),
            (botocore.client.ClientCreator, "_create_api_method"),
            (aiobotocore.args.AioClientArgsCreator, "_build_endpoint_resolver"),
            (aiobotocore.session.AioSession, "_create_client"),
            (aiobotocore.session.AioSession, "create_client"),
        ],
    )
    def test_a_method_that_somebody_wraps_is_called(self, session, owner, name):
        original = vars(owner)[name]
        called = []

        def wrapper(*args, **kwargs):
            called.append(name)
            return original(*args, **kwargs)

        with mock.patch.object(owner, name, wrapper):
            asyncio.run(session.client("s3"))
        assert called

    def test_an_emitter_that_somebody_changes_is_used(self):
        emitted = []
        original = aiobotocore.hooks.AioHierarchicalEmitter._emit

        async def note(self, event_name, *args, **kwargs):
            emitted.append(event_name)
            return await original(self, event_name, *args, **kwargs)

        with mock.patch.object(aiobotocore.hooks.AioHierarchicalEmitter, "_emit", note):
            asyncio.run(aio.Session(**REGION).client("s3"))
        assert "creating-client-class.s3" in emitted

    def test_a_class_that_stands_in_another_s_place_is_used(self, session):
        class Creator(aiobotocore.client.AioClientCreator):
            made = 0

            def __init__(self, *args, **kwargs):
                Creator.made += 1
                super().__init__(*args, **kwargs)

        with mock.patch.object(aiobotocore.session, "AioClientCreator", Creator):
            asyncio.run(session.client("s3"))
        assert Creator.made == 1


class TestChoices:
    @pytest.mark.parametrize("value", ["0", "false", "off", "NO"])
    def test_the_environment_turns_it_off(self, monkeypatch, value):
        monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_MODELS", value)
        assert type(aio.Session(**REGION).botocore_session) is aiobotocore.session.AioSession
        assert type(aio.Session(**REGION, share_models=True).botocore_session) is LeanAioSession

    def test_a_session_that_is_brought_keeps_what_it_has_unless_told(self):
        brought = aiobotocore.session.AioSession()
        loader = brought.get_component("data_loader")
        aio.Session(botocore_session=brought)
        assert type(brought) is aiobotocore.session.AioSession
        assert brought.get_component("data_loader") is loader
        aio.Session(botocore_session=brought, share_models=True)
        assert type(brought) is LeanAioSession
        assert type(brought.get_component("data_loader")) is SharedLoader

    def test_a_brought_session_of_another_class_keeps_its_class(self):
        class Mine(aiobotocore.session.AioSession):
            pass

        brought = Mine()
        session = aio.Session(botocore_session=brought, share_models=True, **REGION)
        asyncio.run(session.client("s3"))
        assert type(brought) is Mine

    def test_a_plain_session_is_cached_all_the_same(self, plain):
        async def main():
            assert await plain.client("s3") is await plain.client("s3")

        asyncio.run(main())


def test_what_botocore_s_own_checks_say_is_asked_too():
    with mock.patch.object(checks.LOADER, "is_own", return_value=False):
        session = aio.Session(**REGION)
    assert type(session.botocore_session.get_component("data_loader")) is not SharedLoader
