"""The HTTPS server that benchmarks measure with: certificates are verified, and plain boto3 understands its answers."""

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from support.https import https_server


@pytest.fixture(scope="module")
def server():
    with https_server() as server:
        yield server


@pytest.fixture
def client(server, monkeypatch):
    """Make clients as a program makes them whose environment names the server."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return boto3.Session(region_name="us-east-1").client


def test_what_does_not_trust_the_authority_is_not_answered(server):
    client = boto3.Session().client(
        "s3", endpoint_url=server.urls["s3"], config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(botocore.exceptions.SSLError, match="certificate verify failed"):
        client.list_buckets()


def test_s3_answers(client):
    s3 = client("s3")
    assert s3.get_object(Bucket="b", Key="a key")["Body"].read() == b"a key"
    assert s3.put_object(Bucket="b", Key="k", Body=b"value")["ETag"] == '"0"'
    assert s3.put_object(Bucket="b", Key="k", Body=bytes(2_000_000))["ETag"] == '"0"'
    assert s3.head_object(Bucket="b", Key="k")["ContentLength"] == 1
    assert s3.list_objects_v2(Bucket="b")["Name"] == "b"
    assert s3.list_buckets()["Buckets"] == []
    assert s3.delete_object(Bucket="b", Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_dynamodb_answers(client):
    dynamodb = client("dynamodb")
    assert dynamodb.list_tables()["TableNames"] == []
    assert dynamodb.get_item(TableName="t", Key={"id": {"S": "1"}})["Item"] == {"id": {"S": "1"}}
    assert "Attributes" not in dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}})


def test_sqs_answers(client):
    url = client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    assert url.endswith("/q")
    assert client("sqs").send_message(QueueUrl=url, MessageBody="m")["MessageId"] == "0"


def test_sts_answers(client):
    assert client("sts").get_caller_identity()["Account"] == "123456789012"
    assumed = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="name")
    assert assumed["Credentials"]["AccessKeyId"] == "ASSUMED"


def test_a_connection_serves_request_after_request_over_tls_1_3(client):
    s3 = client("s3")
    opened = []
    manager = s3._endpoint.http_session._manager
    for _ in range(3):
        s3.list_buckets()
        [pool] = [manager.pools[key] for key in manager.pools.keys()]  # noqa: SIM118
        opened.append((pool.num_connections, pool.num_requests, pool.pool.queue[-1].sock.version()))
    assert opened == [(1, 1, "TLSv1.3"), (1, 2, "TLSv1.3"), (1, 3, "TLSv1.3")]
