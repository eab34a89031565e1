"""Cached clients and resources do real work over HTTP."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from support.kinds import names

import boto3_client_cache
from boto3_client_cache import ClientCache, ClientCacheKey, Session, client, resource

TABLE = {
    "TableName": "birds",
    "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}

pytestmark = pytest.mark.usefixtures("endpoint")


def test_s3_through_a_cached_client(session):
    session.client("s3").create_bucket(Bucket="bucket")
    session.client("s3").put_object(Bucket="bucket", Key="k", Body=b"payload")
    assert session.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == b"payload"
    assert len(session.cache.client.LRU) == 1


def test_dynamodb_through_a_cached_client(session):
    session.client("dynamodb").create_table(**TABLE)
    session.client("dynamodb").put_item(TableName="birds", Item={"name": {"S": "wren"}, "grams": {"N": "9"}})
    found = session.client("dynamodb").get_item(TableName="birds", Key={"name": {"S": "wren"}})
    assert found["Item"]["grams"] == {"N": "9"}


def test_sqs_through_a_cached_client(session):
    url = session.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    session.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    received = session.client("sqs").receive_message(QueueUrl=url)
    assert [message["Body"] for message in received["Messages"]] == ["hello"]


def test_s3_through_a_cached_resource(session):
    session.resource("s3").create_bucket(Bucket="bucket")
    session.resource("s3").Object("bucket", "k").put(Body=b"payload")
    assert session.resource("s3").Object("bucket", "k").get()["Body"].read() == b"payload"
    assert [bucket.name for bucket in session.resource("s3").buckets.all()] == ["bucket"]
    assert len(session.cache.resource.LRU) == 1
    assert len(session.cache.client.LRU) == 0


def test_dynamodb_through_a_cached_resource(session):
    table = session.resource("dynamodb").create_table(**TABLE)
    table.put_item(Item={"name": "wren", "grams": 9})
    assert session.resource("dynamodb").Table("birds").get_item(Key={"name": "wren"})["Item"]["grams"] == 9


def test_sqs_through_a_cached_resource(session):
    session.resource("sqs").create_queue(QueueName="q").send_message(MessageBody="hello")
    queue = session.resource("sqs").get_queue_by_name(QueueName="q")
    assert [message.body for message in queue.receive_messages()] == ["hello"]


def test_the_module_level_functions_share_one_session():
    client("s3").create_bucket(Bucket="bucket")
    assert [bucket.name for bucket in resource("s3").buckets.all()] == ["bucket"]
    assert client("s3") is client("s3", region_name=None)


def test_the_low_level_cache_holds_working_clients():
    cache = ClientCache("LFU", max_size=2)
    for name in ("s3", "sqs", "dynamodb"):
        key = ClientCacheKey(name, region_name="us-east-1")
        if key not in cache:
            cache[key] = boto3.client(name, region_name="us-east-1")
    cache[ClientCacheKey("dynamodb", "us-east-1")].create_table(**TABLE)
    assert cache[ClientCacheKey("dynamodb", "us-east-1")].list_tables()["TableNames"] == ["birds"]
    assert len(cache) == 2


def test_an_evicted_client_that_is_still_held_goes_on_working(session):
    held = session.client("s3", max_size=1)
    session.client("sqs").list_queues()
    held.create_bucket(Bucket="bucket")
    assert session.client("s3") is not held
    assert [bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]] == ["bucket"]


def test_clients_of_different_regions_stay_apart(session):
    for region in ("us-west-2", "eu-west-1"):
        session.client("sqs", region).create_queue(QueueName=region)
    for region in ("us-west-2", "eu-west-1"):
        (url,) = session.client("sqs", region_name=region).list_queues()["QueueUrls"]
        assert url.endswith(region)


def test_the_options_of_a_config_work_and_the_config_stays_as_it_was(session):
    config = Config(retries={"max_attempts": 1, "mode": "standard"}, user_agent_extra="mine/1")
    seen = []
    cached = session.client("s3", config=config)
    cached.meta.events.register("before-send.s3", lambda request, **_: seen.append(request.headers["User-Agent"]))
    session.client("s3", config=config).list_buckets()
    assert b"mine/1" in seen[0]
    assert config.retries == {"max_attempts": 1, "mode": "standard"}
    assert cached.meta.config.retries == {"total_max_attempts": 2, "mode": "standard"}


def test_an_error_of_the_service_leaves_the_client_cached(session):
    cached = session.client("s3")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        session.client("s3").get_object(Bucket="none", Key="k")
    assert session.client("s3") is cached


def test_a_boto3_default_session_serves_both_packages():
    boto3.client("s3").create_bucket(Bucket="bucket")
    theirs = boto3.DEFAULT_SESSION
    assert [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]] == ["bucket"]
    assert [bucket.name for bucket in resource("s3").buckets.all()] == ["bucket"]
    assert client("s3") is client("s3")
    assert boto3.DEFAULT_SESSION is theirs
    assert type(theirs) is boto3.Session


def test_a_session_that_signs_with_other_credentials_is_heard(session):
    class Assumed(Session):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self._session._credentials = session.get_credentials()

        def client(self, *args, **kwargs):
            kwargs.setdefault("config", Config(user_agent_extra="assumed"))
            return super().client(*args, **kwargs)

    assumed = Assumed(region_name="us-east-1")
    assumed.client("s3").create_bucket(Bucket="bucket")
    assert assumed.client("s3").meta.config.user_agent_extra == "assumed"
    assert [bucket.name for bucket in assumed.resource("s3").buckets.all()] == ["bucket"]
    assert names(assumed.cache.client.LRU) == "s3"


def test_the_package_survives_a_reload_of_a_users_module():
    source = "from boto3_client_cache import client\ns3 = client('s3')\n"
    first, second = {}, {}
    exec(source, first)
    exec(source, second)
    assert first["s3"] is second["s3"]
    assert boto3_client_cache.client is first["client"]


def test_a_closed_client_still_works():
    session = Session(region_name="us-east-1", client_cache={"max_size": 1, "close_evicted": True})
    sqs = session.client("sqs")
    sqs.list_queues()
    session.client("s3")
    assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
