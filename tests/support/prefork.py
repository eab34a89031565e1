"""An application whose clients are made at import, before its workers are forked. It is served by gunicorn too."""

from __future__ import annotations

import json
import os
from typing import Any

from boto3_client_cache import Session

session = Session(region_name="us-east-1")
made_in = os.getpid()
made = session.client("s3")
made.list_buckets()  # a connection is open when the workers are forked


def work(number: int) -> tuple[int, bool]:
    """Store and queue something; return the worker, and whether its clients are its own."""
    s3, sqs = session.client("s3"), session.client("sqs")
    s3.put_object(Bucket="bucket", Key=str(number), Body=str(os.getpid()).encode())
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="queue")["QueueUrl"], MessageBody=str(number))
    return os.getpid(), made_in == os.getpid() or s3 is not made


def application(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Do one request to S3 and tell who did it."""
    client = session.client("s3")
    client.list_buckets()
    start_response("200 OK", [("Content-Type", "application/json")])
    answer = {"made_in": made_in, "worker": os.getpid(), "client": id(client), "own": client is not made}
    return [json.dumps(answer).encode()]
