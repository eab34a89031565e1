"""With ``types-aiobotocore[s3]``: the clients of asyncio have the types of their services."""

from boto3_client_cache import aio
from types_aiobotocore_s3 import S3Client
from types_aiobotocore_s3.type_defs import ListBucketsOutputTypeDef
from typing_extensions import assert_type


async def main() -> None:
    async with aio.Session(region_name="eu-west-1", client_cache={"max_size": 30, "ttl": 900}) as session:
        assert_type(session, aio.Session)
        s3 = await session.client("s3", "eu-west-1", eviction_policy="LFU")
        assert_type(s3, S3Client)
        assert_type(session.cached("s3"), S3Client | None)
        assert_type(await s3.list_buckets(), ListBucketsOutputTypeDef)
        async with session.client("s3") as same, session.create_client("s3") as again:
            assert_type(same, S3Client)
            assert_type(again, S3Client)
        await s3.list_bucket()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await session.client("s3", eviction_policy="FIFO")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


aio.Session(client_cache={"size": 3})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
