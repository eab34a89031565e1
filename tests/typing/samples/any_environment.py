"""What checks alike whether boto3-stubs is installed or not."""

from typing import Any

from boto3_client_cache import (
    CacheInfo,
    CacheOptions,
    CacheType,
    ClientCache,
    ClientCacheKey,
    EvictionPolicy,
    LFUResourceCache,
    LRUClientCache,
    ResourceCacheKey,
    Session,
    SessionCacheKey,
    SessionClientCache,
    SessionPool,
    SessionResourceCache,
    client,
    limit_connections,
    resource,
    setup_default_session,
)
from typing_extensions import assert_type

session = setup_default_session(region_name="eu-west-1", share_models=False)
assert_type(session, Session)
Session("id", "secret", profile_name="default")
Session(region="eu-west-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
setup_default_session(profile_name=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

lifetime: CacheOptions = {"ttl": 900, "idle_ttl": 60.5, "max_size": None, "close_evicted": True}
Session(client_cache=lifetime, resource_cache={"on_evict": print, "clock": lambda: 0.0}, watch_credentials=True)
setup_default_session(client_cache=lifetime)
Session(client_cache={"tll": 900})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Session(resource_cache={"ttl": "900"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
assert_type(session.cache_info(), CacheInfo)
assert_type(session.cache_info().hits, int)

with SessionPool(200, ttl=900, keep_credentials=True, region_name="eu-west-1", client_cache=lifetime) as pool:
    assert_type(pool, SessionPool)
    assert_type(pool.session("id", "secret", share_models=False), Session)
    hub = pool.assume_role("arn:aws:iam::111111111111:role/hub", external_id="seven", tags={"team": "a"})
    assert_type(hub, Session)
    assert_type(pool.assume_role("arn:aws:iam::111111111111:role/spoke", source=hub, region_name="eu-west-1"), Session)
    assert_type(pool.key(profile_name="default"), SessionCacheKey)
    assert_type(pool.cache_info(), CacheInfo)
    pool.session(region="eu-west-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    pool.assume_role("arn", duration_seconds="900")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pool.assume_role("arn", aws_access_key_id="id")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
SessionPool(max_client=500)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
scan = SessionPool(max_clients=500)
assert_type(scan.clients, ClientCache | None)
assert_type(scan.max_clients, int | None)
scan.max_clients = 7
assert_type(Session(client_cache=ClientCache(max_size=1000)), Session)
Session(client_cache=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
limit_connections(100)
limit_connections(None)
assert_type(session.assume_role("arn:aws:iam::111111111111:role/hub", region_name="eu-west-1"), Session)


def options_of_the_cache(policy: EvictionPolicy, size: int | None) -> None:
    client("s3", eviction_policy=policy, max_size=size)
    session.client("s3", "eu-west-1", None, True, None, "http://localhost", eviction_policy="LFU")
    resource("s3", eviction_policy=policy, max_size=size)
    session.resource("dynamodb", region_name="eu-west-1", eviction_policy=None, max_size=None)


client("s3", eviction_policy="FIFO")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
session.client("s3", max_size="7")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
client("s3", region="eu-west-1")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
session.resource("s3", eviction_policy="lru")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
client(7)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def every_service_has_operations(name: str) -> None:
    client(name, max_size=3).an_operation(Bucket="b")
    session.client("a-service-of-tomorrow").an_operation()
    resource("a-service-of-tomorrow").Thing("t").an_operation()


class Audited(Session):
    def client(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


assert_type(session.cache["client"], SessionClientCache)
assert_type(session.cache["resource"], SessionResourceCache)
session.cache["clients"]  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def caches_by_kind(kind: CacheType) -> None:
    assert_type(session.cache[kind], SessionClientCache | SessionResourceCache)


call = {"service_name": "s3", "region_name": "us-west-2"}
key = ClientCacheKey(**call)
cache = LRUClientCache(max_size=30)
cache[key] = client("s3", region_name="us-west-2")
cache["s3"]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
cache[ResourceCacheKey("s3")]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
ClientCache("FIFO")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
LFUResourceCache("LRU")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
cache.max_size = None

with ClientCache("LFU", ttl=900, idle_ttl=None, close_evicted=True, clock=lambda: 0.0) as expiring:
    expiring.pin(key)
    assert_type(expiring.expire(), int)
LRUClientCache(ttl="900")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
LRUClientCache(10, 900)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
