"""Packages that make sessions of aiobotocore themselves, or take one: what they have built, and that they work."""

import asyncio
import inspect

import aiobotocore.session
import pytest

from boto3_client_cache import aio

s3fs = pytest.importorskip("s3fs")

REGION = {"region_name": "us-east-1"}
USES = 5


@pytest.fixture
def built(monkeypatch):
    """List the services of all clients that aiobotocore builds from now on."""
    services = []
    create_client = aiobotocore.session.AioSession.create_client

    def note(self, service_name, *args, **kwargs):
        services.append(service_name)
        return create_client(self, service_name, *args, **kwargs)

    monkeypatch.setattr(aiobotocore.session.AioSession, "create_client", note)
    return services


@pytest.fixture
def bucket(endpoint):
    """Make a bucket on the endpoint."""

    async def make():
        async with aio.Session(**REGION).client("s3") as s3:
            await s3.create_bucket(Bucket="bucket")

    asyncio.run(make())
    return "bucket"


class TestS3fs:
    """A filesystem makes a session and a client of its own, or takes a session."""

    async def use(self, session, number):
        filesystem = s3fs.S3FileSystem(asynchronous=True, skip_instance_cache=True, session=session)
        await filesystem._pipe_file(f"bucket/{number}", b"text")
        assert await filesystem._cat_file(f"bucket/{number}") == b"text"
        assert f"bucket/{number}" in await filesystem._ls("bucket", detail=False)
        return filesystem

    def test_filesystems_of_a_session_share_a_client(self, bucket, built):
        async def main():
            built.clear()
            plain = [await self.use(aiobotocore.session.get_session(), number) for number in range(USES)]
            asked = len(built)
            for filesystem in plain:
                await filesystem._s3creator.__aexit__(None, None, None)
            built.clear()
            async with aio.Session(**REGION) as session:
                for number in range(USES):
                    await self.use(session, number)
                return asked, len(built)

        assert asyncio.run(main()) == (USES, 1)

    def test_files_are_written_and_read_in_parts(self, bucket):
        content = bytes(range(256)) * 50_000

        async def main():
            async with aio.Session(**REGION) as session:
                filesystem = s3fs.S3FileSystem(asynchronous=True, skip_instance_cache=True, session=session)
                await filesystem._pipe_file("bucket/large", content, chunksize=5 << 20)
                assert await filesystem._cat_file("bucket/large", start=10, end=-10) == content[10:-10]

        asyncio.run(main())

    def test_a_filesystem_that_is_not_asynchronous_works_from_several_threads(self, bucket, built):
        built.clear()
        session = aio.Session(**REGION)
        filesystems = [s3fs.S3FileSystem(skip_instance_cache=True, session=session) for _ in range(3)]

        def use(filesystem):
            with filesystem.open("bucket/key", "wb") as file:
                file.write(b"text")
            return filesystem.cat("bucket/key")

        assert [use(filesystem) for filesystem in filesystems] == [b"text"] * 3
        assert built == ["s3"]

    def test_one_with_a_lean_session_of_aiobotocore_has_a_client_of_its_own(self, bucket, built):
        async def main():
            built.clear()
            filesystem = await self.use(aio.Session(**REGION).botocore_session, 0)
            await filesystem._s3creator.__aexit__(None, None, None)

        asyncio.run(main())
        assert built == ["s3"]


class TestAioboto3:
    """Its sessions take one of aiobotocore's; each use of a client builds one."""

    @pytest.fixture
    def aioboto3(self):
        return pytest.importorskip("aioboto3", reason="needs the dependency group aioboto3")

    def test_its_clients_and_resources_work_with_a_lean_session(self, aioboto3, bucket, tmp_path):
        (tmp_path / "file").write_bytes(b"text")

        async def main():
            session = aioboto3.Session(botocore_session=aio.Session(**REGION).botocore_session)
            async with session.client("s3") as s3:
                await s3.upload_file(str(tmp_path / "file"), bucket, "key")
                await s3.download_file(bucket, "key", str(tmp_path / "copy"))
            async with session.resource("s3") as resource:
                objects = [each.key async for each in (await resource.Bucket(bucket)).objects.all()]
            async with session.resource("dynamodb") as resource:
                table = await resource.create_table(
                    TableName="table",
                    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                    BillingMode="PAY_PER_REQUEST",
                )
                await table.put_item(Item={"id": "1", "number": 2})
                item = (await table.get_item(Key={"id": "1"}))["Item"]
            return objects, item

        objects, item = asyncio.run(main())
        assert (objects, item) == (["key"], {"id": "1", "number": 2})
        assert (tmp_path / "copy").read_bytes() == b"text"

    def test_its_clients_are_cached_where_ours_is_asked_instead(self, aioboto3, bucket, built):
        async def main():
            built.clear()
            plain, ours = aioboto3.Session(), aio.Session(**REGION)
            for session in (plain, ours):
                for _ in range(USES):
                    async with session.client("s3") as s3:  # the same lines
                        await s3.list_buckets()
                counts.append(len(built))
                built.clear()

        counts = []
        asyncio.run(main())
        assert counts == [USES, 1]

    def test_the_arguments_of_a_session_are_its(self, aioboto3):
        theirs = inspect.signature(aioboto3.Session.__init__).parameters
        ours = inspect.signature(aio.Session.__init__).parameters
        assert list(theirs) == list(ours)[: len(theirs)]
