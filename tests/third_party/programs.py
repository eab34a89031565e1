"""Programs that make sessions and clients by a package; each prints what it cost. Run by test_programs.py.

Arguments: the program; whether boto3 is plain, installed into, or installed into for equal sessions too. Printed, as
JSON: the clients and resources that were asked for, the clients that botocore built, the resident memory that is kept,
and what the program answers.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from threading import local
from typing import Any

import boto3
from botocore.client import BaseClient

ACCOUNTS = ("111111111111", "222222222222")
REGION = "us-east-1"
NAMES = ("one", "two", "three", "four")
ROLE = "arn:aws:iam::{}:role/program"
Work = Callable[[], tuple[Any, Any]]  # it returns what it answers, and what is to be kept


def smart_open(way: str) -> Work:
    """Opens files, and keeps them open: each asks for a client of the default session."""
    import smart_open

    def work() -> tuple[Any, Any]:
        files = [smart_open.open(f"s3://bucket/{number}", "w") for number in range(5)]
        for number, file in enumerate(files):
            file.write(f"text {number}")
            file.close()
        files = [smart_open.open(f"s3://bucket/{number}") for number in range(5)]
        return [file.read() for file in files], files

    return work


def awswrangler(way: str) -> Work:
    """Writes and reads a frame with a session for each account."""
    import awswrangler
    import pandas

    frame = pandas.DataFrame({"number": range(3)})

    def work() -> tuple[Any, Any]:
        sessions = [boto3.Session(aws_access_key_id=number, aws_secret_access_key="s") for number in ACCOUNTS]
        for session in sessions:
            awswrangler.s3.to_csv(frame, "s3://bucket/frame.csv", index=False, boto3_session=session)
        read = [
            awswrangler.s3.read_csv("s3://bucket/frame.csv", use_threads=False, boto3_session=session)
            for session in sessions
        ]
        return [part["number"].to_list() for part in read], sessions

    return work


def tenant(name: str, way: str) -> str:
    """Return the access key of a tenant; where equal sessions are to share, of one that all are."""
    return "tenant" if way == "equal" else name


def django(way: str) -> Work:
    """Saves and opens files of four tenants: each one's storage makes a session and a resource."""
    from django.conf import settings

    settings.configure()
    from django.core.files.base import ContentFile
    from storages.backends.s3 import S3Storage

    def work() -> tuple[Any, Any]:
        storages = {
            name: S3Storage(bucket_name="bucket", location=name, access_key=tenant(name, way), secret_key="secret")
            for name in NAMES
        }
        texts = []
        for name, storage in storages.items():
            storage.save("file", ContentFile(f"of {name}".encode()))
            with storage.open("file") as file:
                texts.append(file.read().decode())
        return texts, storages

    return work


def kombu(way: str) -> Work:
    """Sends and receives by four queues, each with an access key of its own: the transport makes a session for each."""
    import kombu

    queues = {
        name: {
            "url": f"{os.environ['AWS_ENDPOINT_URL']}/123456789012/{name}",
            "access_key_id": tenant(name, way),
            "secret_access_key": "secret",
        }
        for name in NAMES
    }

    def work() -> tuple[Any, Any]:
        options = {"predefined_queues": queues, "region": REGION}
        connection = kombu.Connection("sqs://", transport_options=options)
        texts = []
        for name in queues:
            queue = connection.SimpleQueue(name)
            queue.put(f"for {name}")
            message = queue.get_nowait()
            message.ack()
            texts.append(message.payload)
        return texts, connection

    return work


def s3fs(way: str) -> Work:
    """Writes and reads by four filesystems, each of which makes a session of aiobotocore's, and a client."""
    import s3fs

    def work() -> tuple[Any, Any]:
        filesystems = {name: s3fs.S3FileSystem(skip_instance_cache=True) for name in NAMES}
        for name, filesystem in filesystems.items():
            filesystem.pipe(f"bucket/{name}", f"of {name}".encode())
        return [filesystems[name].cat(f"bucket/{name}").decode() for name in NAMES], filesystems

    return work


def aioboto3(way: str) -> Work:
    """Asks for two clients of four sessions, each of which makes one of aiobotocore's."""
    import aioboto3

    async def use(session: Any, name: str) -> str:
        async with session.client("sqs") as sqs, session.client("s3") as s3:
            await s3.put_object(Bucket="bucket", Key=name, Body=b"text")
            queue: str = (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
            return queue.rsplit("/", maxsplit=1)[-1]

    async def work() -> tuple[Any, Any]:
        sessions = {name: aioboto3.Session() for name in NAMES}
        return [await use(session, name) for name, session in sessions.items()], sessions

    return lambda: asyncio.run(work())


def refresh_session(way: str) -> Work:
    """Assumes roles, and asks for four clients of each, twice. Its sessions are of this package."""
    from boto3_refresh_session import RefreshableSession

    options: dict[str, Any] = {}
    if way == "plain":  # as near to boto3's sessions as this package's come
        options = {"share_models": False, "client_cache": {"max_size": 0}}

    def work() -> tuple[Any, Any]:
        sessions, accounts, clients = [], [], []
        for account in ACCOUNTS:
            role = {"RoleArn": ROLE.format(account), "RoleSessionName": "program"}
            session = RefreshableSession(assume_role_kwargs=role, region_name=REGION, **options)
            clients += [session.client(service) for service in ("s3", "dynamodb", "ec2", "sqs") * 2]
            queue = clients[-1].create_queue(QueueName="queue")["QueueUrl"]
            accounts.append(queue.split("/")[-2])
            sessions.append(session)
        return accounts, (sessions, clients)

    return work


def custodian(way: str) -> Work:
    """Runs policies over two accounts as c7n-org does, one account after the other, and tags what has no tag."""
    from c7n.config import Config
    from c7n.loader import PolicyLoader
    from c7n.resources import load_resources
    from c7n.utils import reset_session_cache

    load_resources(("aws.dynamodb-table", "aws.sns", "aws.vpc", "aws.iam-role"))
    tag = {"type": "tag", "key": way, "value": "found"}
    policies = [
        {"name": "tables", "resource": "aws.dynamodb-table", "filters": [{f"tag:{way}": "absent"}], "actions": [tag]},
        {"name": "topics", "resource": "aws.sns"},
        {"name": "networks", "resource": "aws.vpc", "filters": [{"IsDefault": True}]},
        {"name": "roles", "resource": "aws.iam-role"},
    ]

    def work() -> tuple[Any, Any]:
        found, kept = [], []
        for account in ACCOUNTS:
            config = Config.empty(
                account_id=account,
                assume_role=ROLE.format(account),
                cache="memory",
                output_dir=tempfile.mkdtemp(),
                region=REGION,
                regions=[REGION],
            )
            loaded = PolicyLoader(config).load_data({"policies": policies}, "memory://")
            found.append({policy.name: len(policy.run()) for policy in loaded})
            kept.append(loaded)
            reset_session_cache()
        return found, kept

    return work


PROGRAMS = {
    "aioboto3": aioboto3,
    "awswrangler": awswrangler,
    "custodian": custodian,
    "django": django,
    "kombu": kombu,
    "refresh-session": refresh_session,
    "s3fs": s3fs,
    "smart-open": smart_open,
}


class Counted:
    """Notes calls of methods of boto3's or botocore's, but for those from within another one that it notes."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._inside = local()

    def add(self, owner: type, *names: str) -> None:
        for name in names:
            setattr(owner, name, self._counting(vars(owner)[name]))

    def _counting(self, method: Any) -> Any:
        @functools.wraps(method)
        def count(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "here", False):
                return method(*args, **kwargs)
            self._inside.here = True
            try:
                return method(*args, **kwargs)
            finally:
                self._inside.here = False
                self.calls.append(method.__name__)

        return count


def resident_mib() -> float:
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss")) / 1024


def main(name: str, way: str) -> None:
    warnings.resetwarnings()  # what a package's own warnings say is for its authors
    work = PROGRAMS[name](way)
    reached, built = Counted(), Counted()
    reached.add(boto3.session.Session, "client", "resource")
    if "aiobotocore" in sys.modules:
        reached.add(sys.modules["aiobotocore.session"].AioSession, "create_client")
    built.add(BaseClient, "__init__")  # not `create_client`: a session that finds it replaced is not lean
    import boto3_client_cache

    if way != "plain":
        boto3_client_cache.install(sessions=way == "equal")
    gc.collect()
    before = resident_mib()
    answer, _kept = work()
    gc.collect()
    memory = resident_mib() - before
    hits = sum(info.hits for _, _, info in boto3_client_cache._core.totals())
    print(json.dumps({"asked": len(reached.calls) + hits, "built": len(built.calls), "mib": memory, "answer": answer}))


if __name__ == "__main__":
    main(*sys.argv[1:])
