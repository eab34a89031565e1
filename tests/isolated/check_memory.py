"""Run one scenario, named on the command line, and print by how many MiB the process grew once it was warm."""

import gc
import sys
from collections.abc import Callable

from botocore.client import BaseClient
from botocore.config import Config
from support.kinds import CLIENT, FLAVOURS, KINDS
from support.memory import resident

from boto3_client_cache import CacheError, Session

MEBIBYTE = 2**20


def keys(count: int) -> None:
    """Make and drop keys of every sort, refused ones among them."""
    config = Config(retries={"max_attempts": 3})
    for number in range(count // 10):
        for kind in KINDS:
            text = str(number)
            kind.key(service_name=text, region_name="us-east-1")
            kind.key("s3", zone=[text, {"a": number}])
            kind.key("s3", config=config, aws_secret_access_key=text, endpoint_url=f"http://me:{text}@host")
            kind.key("s3", zone=object())
            try:
                kind.key("s3", text, region_name=text)
            except CacheError:
                continue
            raise AssertionError("a parameter given twice was accepted")


def entries(count: int) -> None:
    """Fill every kind of cache beyond its bound, then let the entries go in every way there is."""
    for flavour in FLAVOURS:
        stub = flavour.kind.stub()
        cache = flavour.cache_class(count)
        for number in range(count + count // 4):
            cache[flavour.kind.key("s3", region_name=str(number))] = stub
        assert len(cache) == count
        cache.max_size = count // 2
        twin = cache.copy()
        for key in cache.keys()[: count // 4]:
            del cache[key]
        cache.clear()
        assert len(twin) == count // 2


def clients(count: int) -> None:
    """Make real clients through one session whose cache holds ten."""
    for number in range(count):
        SESSION.client("sqs", endpoint_url=f"http://localhost:{number + 1}", max_size=10)
    gc.collect()
    alive = sum(isinstance(thing, BaseClient) for thing in gc.get_objects())
    assert alive == len(CLIENT.caches(SESSION).LRU) == min(count, 10), f"{alive} clients are alive"


def leak(count: int) -> None:
    """Keep the least there is, as a check of the measurement."""
    KEPT.extend(object() for _ in range(count))


SESSION = Session(region_name="us-east-1")
KEPT: list[object] = []
SCENARIOS: dict[str, tuple[Callable[[int], None], int, int]] = {
    # what, how often while warming up, how often while measured
    "keys": (keys, 100_000, 1_000_000),
    "entries": (entries, 100_000, 100_000),
    "clients": (clients, 60, 300),
    "leak": (leak, 100_000, 1_000_000),
}


def main(name: str) -> None:
    scenario, warm_up, measured = SCENARIOS[name]
    scenario(warm_up)
    before = resident()
    scenario(measured)
    print((resident() - before) / MEBIBYTE)


main(sys.argv[1])
