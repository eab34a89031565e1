"""Load large service models, in the main thread or in another one; print by how many MiB the process grew."""

import sys
import threading

from support.memory import resident

import boto3_client_cache

SERVICES = ("s3", "ec2", "sqs", "dynamodb", "rds", "iam")


def load() -> None:
    for service in SERVICES:
        LOADER.load_service_model(service, "service-2")


LOADER = boto3_client_cache.Session(region_name="us-east-1")._session.get_component("data_loader")
before = resident()
if sys.argv[1] == "thread":
    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
else:
    load()
print((resident() - before) / 2**20)
