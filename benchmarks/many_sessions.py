"""Many sessions at work: memory a session, each with four services that do a request against moto's server.

usage: python benchmarks/many_sessions.py [--ours 200] [--plain 12]

Both sides run in a fresh process against one server; every answer is checked. Plain boto3 gets fewer sessions, since
its figure is per session and 200 of them would take gigabytes.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from moto.server import ThreadedMotoServer
from session_cost import ENVIRONMENT, SIDES, resident_kib  # beside this file

REQUESTS: dict[str, Callable[[Any, str], bool]] = {
    "s3": lambda client, name: (
        client.create_bucket(Bucket=name)
        and client.put_object(Bucket=name, Key="key", Body=name.encode())
        and client.get_object(Bucket=name, Key="key")["Body"].read() == name.encode()
    ),
    "sqs": lambda client, name: client.create_queue(QueueName=name)["QueueUrl"].endswith(name),
    "dynamodb": lambda client, name: (
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableName"]
        == name
    ),
    "ec2": lambda client, name: (
        client.describe_key_pairs(KeyNames=[client.create_key_pair(KeyName=name)["KeyName"]])["KeyPairs"][0]["KeyName"]
        == name
    ),
}


def work(side: str, endpoint_url: str, sessions: int) -> dict[str, float]:
    """Do the requests in this process, and return the memory that each session but the first added."""
    module = __import__(side)
    kept: list[Any] = []
    first = right = 0
    for number in range(sessions):
        session = module.Session()
        for service, request in REQUESTS.items():
            client = session.client(service, endpoint_url=endpoint_url)
            right += request(client, f"{side.replace('_', '-')}-{number}")
            client.close()  # sockets are not what is measured
            kept.append(client)
        kept.append(session)
        if number == 0:
            gc.collect()
            first = resident_kib()
    gc.collect()
    return {"mib": (resident_kib() - first) / 1024 / (sessions - 1), "right": right}


def main() -> None:
    """Start the server, run both sides, and print what each session took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=int, default=200)
    parser.add_argument("--plain", type=int, default=12)
    parser.add_argument("--work", nargs=3, metavar=("SIDE", "URL", "SESSIONS"), help=argparse.SUPPRESS)
    arguments: Any = parser.parse_args()
    if arguments.work:
        side, url, count = arguments.work
        print(json.dumps(work(side, url, int(count))))
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        results: dict[str, dict[str, float]] = {}
        for side, count in zip(SIDES, (arguments.plain, arguments.ours), strict=True):
            command = [sys.executable, __file__, "--work", side, f"http://{host}:{port}", str(count)]
            output = subprocess.run(
                command, check=True, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}
            ).stdout
            results[side] = json.loads(output)
            wrong = count * len(REQUESTS) - results[side]["right"]
            print(f"{side}: {count} sessions, {results[side]['mib']:.2f} MiB each, {wrong:.0f} wrong answers")
    finally:
        server.stop()
    print(f"memory a session: 1/{results[SIDES[0]]['mib'] / results[SIDES[1]]['mib']:.1f}")


if __name__ == "__main__":
    main()
