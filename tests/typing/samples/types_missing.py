"""Without the packages of types of these services, with boto3-stubs or without: clients are ``BaseClient``."""

from boto3_client_cache import ClientCache, ClientCacheKey, Session, client, resource
from boto3_client_cache._typed.untyped import BaseClient, ServiceResource
from botocore.client import BaseClient as BotocoreClient  # type: ignore[import-untyped, unused-ignore]
from typing_extensions import assert_type

session = Session()

assert_type(client("sqs"), BaseClient)
assert_type(client(service_name="sqs", max_size=3), BaseClient)
assert_type(session.client("sqs", "eu-west-1", eviction_policy="LFU"), BaseClient)
assert_type(resource("sqs", max_size=3), ServiceResource)
assert_type(session.resource("sqs"), ServiceResource)

client("sqs").list_queues(MaxResults=7)
resource("sqs").Queue("url").send_message(MessageBody="text")


def takes_a_client(any_client: BotocoreClient) -> None: ...


takes_a_client(client("sqs"))
takes_a_client(ClientCache().get_or_create(ClientCacheKey("sqs"), lambda: client("sqs")))
ClientCache()[ClientCacheKey("sqs")] = session.client("sqs")
