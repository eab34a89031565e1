"""Load large service models, in the main thread or in another one; print by how many MiB the process grew."""

import gc
import sys
import threading
from pathlib import Path

import boto3_client_cache

SERVICES = ("s3", "ec2", "sqs", "dynamodb", "rds", "iam")


def resident() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


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
print(resident() - before)
