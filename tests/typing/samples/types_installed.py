"""With ``boto3-stubs[s3,dynamodb]``: clients, resources and caches have the types of their services."""

from typing import Literal

from boto3_client_cache import (
    ClientCache,
    ClientCacheKey,
    LFUClientCache,
    ResourceCache,
    ResourceCacheKey,
    Session,
    client,
    resource,
)
from boto3_client_cache.cache import Cause
from botocore.client import BaseClient
from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
from mypy_boto3_s3 import S3Client, S3ServiceResource
from mypy_boto3_s3.type_defs import ListBucketsOutputTypeDef
from typing_extensions import assert_type

session = Session(region_name="eu-west-1")

assert_type(client("s3"), S3Client)
assert_type(client(service_name="dynamodb"), DynamoDBClient)
assert_type(client("s3", "eu-west-1", eviction_policy="LFU", max_size=3), S3Client)
assert_type(session.client("s3"), S3Client)
assert_type(session.client("s3", "eu-west-1", None, True, config=Config()), S3Client)
assert_type(session.client("dynamodb", eviction_policy="LFU", max_size=3), DynamoDBClient)
assert_type(resource("s3", max_size=3), S3ServiceResource)
assert_type(session.resource("dynamodb", eviction_policy="LFU"), DynamoDBServiceResource)

assert_type(client("s3").list_buckets(), ListBucketsOutputTypeDef)
client("s3").list_bucket()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
client("s3").get_object(Bucket=7, Key="k")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

key = ClientCacheKey("s3")

any_client = ClientCache(max_size=30)
assert_type(any_client, ClientCache[BaseClient])
any_client[key] = client("s3")
any_client[key] = "text"  # type: ignore[assignment]  # pyright: ignore[reportArgumentType]
assert_type(any_client[key], BaseClient)
assert_type(any_client.get_or_create(key, lambda: client("s3")), S3Client)
assert_type(session.cache.client.LRU, ClientCache[BaseClient])


def make_dynamodb() -> DynamoDBClient:
    return client("dynamodb")


s3_clients = ClientCache[S3Client]("LFU", 30)
s3_clients[key] = client("s3")
assert_type(s3_clients[key], S3Client)
assert_type(s3_clients.get(key), S3Client | None)
assert_type(s3_clients.get(key, 0), S3Client | int)
assert_type(s3_clients.pop(key), S3Client)
assert_type(s3_clients.popitem(), tuple[ClientCacheKey, S3Client])
assert_type(s3_clients.values(), tuple[S3Client, ...])
assert_type(s3_clients.copy(), ClientCache[S3Client])
assert_type(s3_clients.get_or_create(key, lambda: client("s3")), S3Client)
s3_clients[key] = client("dynamodb")  # type: ignore[assignment]  # pyright: ignore[reportArgumentType]
s3_clients.get_or_create(key, make_dynamodb)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
ClientCache[str]()  # type: ignore[type-var]  # pyright: ignore[reportInvalidTypeArguments]

least_frequently_used: LFUClientCache[S3Client] = LFUClientCache(max_size=3)
assert_type(least_frequently_used[key], S3Client)

tables = ResourceCache[DynamoDBServiceResource](max_size=2)
assert_type(tables[ResourceCacheKey("dynamodb")], DynamoDBServiceResource)
assert_type(tables.get_or_create(ResourceCacheKey("dynamodb"), lambda: resource("dynamodb")), DynamoDBServiceResource)


def on_evict(evicted: ClientCacheKey, obj: S3Client, cause: Cause) -> None:
    assert_type(cause, Literal["size", "expired", "removed", "cleared", "replaced"])


def on_evict_any(evicted: object, obj: object, cause: str) -> None: ...


assert_type(ClientCache(on_evict=on_evict), ClientCache[S3Client])
ClientCache[S3Client](on_evict=on_evict_any)
ClientCache[DynamoDBClient](on_evict=on_evict)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
s3_clients.replace(key, client("s3"))
s3_clients.replace(key, client("dynamodb"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
s3_clients.invalidate(lambda key, obj: obj.can_paginate("list_objects_v2") and key.label == "'s3'")
