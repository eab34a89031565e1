"""Without the packages of types of a service: its clients are ``AioBaseClient``, with any operation."""

from boto3_client_cache import aio
from boto3_client_cache._typed.aio.untyped import AioBaseClient
from typing_extensions import assert_type


async def main() -> None:
    session = aio.Session()
    sqs = await session.client("sqs", max_size=3)
    assert_type(sqs, AioBaseClient)
    assert_type(session.cached("sqs"), AioBaseClient | None)
    await sqs.list_queues(MaxResults=7)
