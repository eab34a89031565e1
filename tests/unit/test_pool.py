"""A pool of sessions: one session for equal arguments, for as long as there is room."""

import gc
import inspect
import pickle
import threading
import weakref

import boto3
import botocore.exceptions
import pytest

import boto3_client_cache
from boto3_client_cache import (
    CacheError,
    Session,
    SessionCacheError,
    SessionCacheKey,
    SessionCacheNotFoundError,
    SessionPool,
    _core,
    clear_all,
)

REGIONS = ("eu-west-1", "eu-west-2", "eu-central-1")


@pytest.fixture
def pool():
    with SessionPool() as made:
        yield made


def regions_of(pool):
    return [dict(key.key[1])["region_name"] for key in pool]


def test_equal_arguments_give_one_session(pool):
    session = pool.session(region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="secret")
    assert type(session) is Session
    assert pool.session("id", "secret", None, "eu-west-1") is session
    assert pool.session("id", "other", None, "eu-west-1") is not session
    assert session.get_credentials().secret_key == "secret"
    info = pool.cache_info()
    assert (info.hits, info.misses, info.creations, info.currsize) == (1, 2, 2, 2)


def test_each_session_caches_its_own_clients(pool):
    one, other = (pool.session(region_name=region) for region in REGIONS[:2])
    assert one.client("sqs") is pool.session(region_name=REGIONS[0]).client("sqs")
    assert one.client("sqs") is not other.client("sqs")


def test_a_session_asks_for_every_option_that_ours_has(pool):
    session = pool.session(region_name="eu-west-1", client_cache={"max_size": 3})
    assert session.cache.client.LRU.max_size == 3
    assert pool.session(region_name="eu-west-1", client_cache={"max_size": 3}) is session
    assert pool.session(region_name="eu-west-1", client_cache={"max_size": 4}) is not session


def test_the_pools_options_are_every_sessions_unless_the_call_says_otherwise():
    pool = SessionPool(region_name="eu-west-1", client_cache={"max_size": 3}, share_connections="process")
    session = pool.session()
    assert (session.region_name, session.cache.client.LRU.max_size) == ("eu-west-1", 3)
    assert pool.session() is session
    assert pool.session(region_name="eu-west-1") is session
    assert pool.session(client_cache={"max_size": 3}) is session
    assert pool.session(share_connections="process", region_name="eu-west-1") is session
    other = pool.session(region_name="eu-west-2", client_cache={"max_size": 4})
    assert (other.region_name, other.cache.client.LRU.max_size) == ("eu-west-2", 4)
    assert pool.session(region_name=None).region_name == "us-east-1"  # of the config file: as boto3's does
    assert pool.cache_info().creations == 3


def test_what_a_caller_does_to_the_options_later_does_not_reach_the_pool():
    options = {"max_size": 3}
    pool = SessionPool(client_cache=options)
    session = pool.session()
    options["max_size"] = 4
    assert pool.session() is session
    assert pool.session(region_name="eu-west-1").cache.client.LRU.max_size == 3


@pytest.mark.parametrize(
    "wrong", [{"regio_name": "eu-west-1"}, {"role_arn": "arn"}, {"max_size": 3}, {"eviction_policy": "LFU"}]
)
def test_an_unknown_argument_is_a_type_error_and_caches_nothing(pool, wrong):
    for _ in range(2):
        with pytest.raises(TypeError, match=next(iter(wrong))):
            pool.session(**wrong)
    assert len(pool) == 0


def test_an_argument_that_is_given_twice_is_a_type_error(pool):
    with pytest.raises(TypeError, match="aws_access_key_id"):
        pool.session("id", aws_access_key_id="id")
    with pytest.raises(TypeError, match="positional"):
        pool.session(*["id"] * 9)


def test_what_boto3_raises_is_raised_and_nothing_is_kept(pool):
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ProfileNotFound):
            pool.session(profile_name="nobody")
    assert len(pool) == 0
    assert pool.cache_info().creations == 0


def test_the_least_recently_used_gives_way():
    pool = SessionPool(2)
    first, second = (pool.session(region_name=region) for region in REGIONS[:2])
    assert pool.session(region_name=REGIONS[0]) is first
    pool.session(region_name=REGIONS[2])
    assert regions_of(pool) == [REGIONS[0], REGIONS[2]]
    assert pool.session(region_name=REGIONS[1]) is not second


def test_the_least_frequently_used_gives_way():
    pool = SessionPool(2, eviction_policy="LFU")
    first = pool.session(region_name=REGIONS[0])
    assert pool.session(region_name=REGIONS[0]) is first
    pool.session(region_name=REGIONS[1])
    pool.session(region_name=REGIONS[2])
    assert regions_of(pool) == [REGIONS[2], REGIONS[0]]


def test_a_session_that_gave_way_stays_whole_and_dies_with_who_holds_it():
    pool = SessionPool(1)
    session = pool.session(region_name=REGIONS[0])
    client = session.client("sqs")
    pool.session(region_name=REGIONS[1])
    assert session.client("sqs") is client
    gone = weakref.ref(session)
    del session, client
    gc.collect()
    assert gone() is None


def test_a_pinned_session_does_not_give_way(pool):
    pool.max_sessions = 2
    kept = pool.session(region_name=REGIONS[0])
    pool.pin(pool.key(region_name=REGIONS[0]))
    for region in REGIONS[1:]:
        pool.session(region_name=region)
    assert pool.session(region_name=REGIONS[0]) is kept
    with pytest.raises(SessionCacheError, match="pinned"):
        pool.max_sessions = 0
    pool.unpin(pool.key(region_name=REGIONS[0]))
    pool.max_sessions = 0
    assert len(pool) == 0
    with pytest.raises(SessionCacheNotFoundError):
        pool.pin(pool.key(region_name=REGIONS[0]))


def test_sessions_live_as_long_as_they_may():
    now = [0.0]
    pool = SessionPool(ttl=10, idle_ttl=6, clock=lambda: now[0])
    session = pool.session()
    now[0] = 5
    assert pool.session() is session
    now[0] = 10
    assert pool.session() is not session
    now[0] = 17
    assert len(pool) == 0
    assert pool.cache_info().expirations == 2


def test_on_evict_is_told_who_left_and_why():
    told = []
    pool = SessionPool(1, on_evict=lambda key, session, cause: told.append((key, session, cause)))
    first = pool.session(region_name=REGIONS[0])
    second = pool.session(region_name=REGIONS[1])
    pool.invalidate(lambda key, _: key == SessionCacheKey(region_name=REGIONS[1]))
    third = pool.session(region_name=REGIONS[2])
    pool.clear()
    assert told == [
        (SessionCacheKey(region_name=REGIONS[0]), first, "size"),
        (SessionCacheKey(region_name=REGIONS[1]), second, "removed"),
        (SessionCacheKey(region_name=REGIONS[2]), third, "cleared"),
    ]


def test_a_pool_of_no_sessions_makes_one_a_call():
    pool = SessionPool(0)
    assert pool.session() is not pool.session()
    assert len(pool) == 0


def test_keys_are_whole_with_the_pools_options():
    pool = SessionPool(profile_name="default", aws_access_key_id="id", aws_secret_access_key="secret")
    pool.session(region_name="eu-west-1")
    [key] = pool
    assert key == pool.key(region_name="eu-west-1")
    assert pool.key(None, region_name="eu-west-1") != key  # said, and not the pool's
    assert key in pool
    assert SessionCacheKey() not in pool
    assert "text" not in pool
    assert pickle.loads(pickle.dumps(key)) in pool
    role = "arn:aws:iam::111111111111:role/reader"
    assert pool.key(role_arn=role) == SessionCacheKey(role_arn=role, profile_name="default")


def test_explain_says_in_what_the_nearest_differs(pool):
    pool.session(region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="secret")
    explanation = pool.explain(
        pool.key(region_name="eu-west-2", aws_access_key_id="id", aws_secret_access_key="hidden")
    )
    assert not explanation.cached
    assert set(explanation.differences) == {"region_name", "aws_secret_access_key"}
    assert "hidden" not in str(explanation)


def test_a_pool_shows_its_calls_without_secrets(pool):
    assert repr(pool) == "SessionPool(empty)"
    pool.session("id", "secret", region_name="eu-west-1")
    assert (
        repr(pool)
        == "SessionPool:\n   - Session(aws_access_key_id=***, aws_secret_access_key=***, region_name='eu-west-1')"
    )


def test_a_closed_pool_makes_no_session():
    with SessionPool() as pool:
        session = pool.session()
    assert pool.closed
    for ask in (pool.session, lambda: pool.assume_role("arn:aws:iam::111111111111:role/reader")):
        with pytest.raises(SessionCacheError, match="The pool is closed"):
            ask()
    assert session.client("sqs") is session.client("sqs")


def test_clear_all_reaches_pools(pool):
    session = pool.session()
    clear_all()
    assert len(pool) == 0
    assert pool.session() is not session


@pytest.mark.parametrize("wrong", [-1, 2.5, "7", None, -(2**70)])
def test_a_wrong_size_is_named(wrong):
    with pytest.raises(SessionCacheError, match="max_sessions") as raised:
        SessionPool(wrong)
    assert raised.value.param == "max_sessions"
    with pytest.raises(SessionCacheError, match="max_sessions"):
        SessionPool().max_sessions = wrong


@pytest.mark.parametrize(
    ("param", "value"), [("ttl", -1), ("idle_ttl", "long"), ("eviction_policy", "MRU"), ("on_evict", 3), ("clock", 3)]
)
@pytest.mark.parametrize("keep", [False, True])
def test_a_wrong_option_is_named(param, value, keep):
    with pytest.raises(SessionCacheError) as raised:
        SessionPool(keep_credentials=keep, **{param: value})
    assert raised.value.param == param


def test_an_option_that_no_session_has_is_a_type_error():
    with pytest.raises(TypeError, match="max_client"):
        SessionPool(max_client=500)


def test_one_budget_holds_for_the_clients_of_all_sessions():
    with SessionPool(max_clients=3) as pool:
        one, other = (pool.session(region_name=region) for region in REGIONS[:2])
        oldest = one.client("sqs")
        kept = [other.client("sqs"), other.client("sns"), one.client("sns")]
        assert len(pool.clients) == 3 == pool.max_clients
        assert [other.client("sqs"), other.client("sns"), one.client("sns")] == kept
        assert one.client("sqs") is not oldest
        info = pool.clients.cache_info()
        assert (info.maxsize, info.currsize, info.hits, info.misses, info.evictions) == (3, 3, 3, 5, 2)
        pool.max_clients = 1
        assert len(pool.clients) == 1


def test_roles_and_the_session_that_assumes_them_are_in_the_budget():
    with SessionPool(max_clients=2, region_name="eu-west-1") as pool:
        role = pool.assume_role("arn:aws:iam::111111111111:role/reader")
        assert role.client("sqs") is role.client("sqs")
        identity = pool.assume_role_with_web_identity(
            "arn:aws:iam::111111111111:role/reader", web_identity_token_loader=str
        )
        assert identity.client("sqs") is not role.client("sqs")
        assert len(pool.clients) == 2
        pool._own_source().client("sts")
        assert len(pool.clients) == 2


def test_a_pool_without_a_budget_has_no_shared_cache(pool):
    assert pool.clients is None
    assert pool.max_clients is None
    with pytest.raises(SessionCacheError, match="when the pool is made") as raised:
        pool.max_clients = 5
    assert raised.value.param == "max_clients"


def test_the_budget_has_the_options_of_the_pools_client_cache():
    options = {"ttl": 900, "close_evicted": True}
    with SessionPool(max_clients=3, eviction_policy="LFU", client_cache=options) as pool:
        session = pool.session(region_name="eu-west-1")
        session.client("sqs")
        assert (pool.clients.ttl, pool.clients.close_evicted, pool.clients.max_size) == (900, True, 3)
        assert type(pool.clients).__name__ == "LFUClientCache"
        assert "region_name='eu-west-1'" in repr(pool)


@pytest.mark.parametrize("wrong", [-1, 2.5, "7", float("nan"), 10**30])
def test_a_wrong_budget_is_named(wrong):
    with pytest.raises(SessionCacheError, match="max_clients must be an integer") as raised:
        SessionPool(max_clients=wrong)
    assert raised.value.param == "max_clients"
    with SessionPool(max_clients=1) as pool, pytest.raises(SessionCacheError, match="max_clients must be an integer"):
        pool.max_clients = wrong


def test_a_budget_smaller_than_what_is_pinned_is_refused():
    with SessionPool(max_clients=3) as pool:
        session = pool.session(region_name="eu-west-1")
        for service in ("sqs", "sns"):
            session.client(service)
            session.cache.client.LRU.pin(boto3_client_cache.ClientCacheKey(service))
        with pytest.raises(CacheError, match="pinned"):
            pool.max_clients = 1
        assert pool.max_clients == 3
        assert len(pool.clients) == 2


@pytest.mark.parametrize("client_cache", [{"max_size": 7}, boto3_client_cache.ClientCache()], ids=["a size", "a cache"])
def test_a_budget_and_a_client_cache_with_a_size_contradict(client_cache):
    with pytest.raises(SessionCacheError, match="contradicts") as raised:
        SessionPool(max_clients=5, client_cache=client_cache)
    assert raised.value.param == "max_clients"


def test_what_is_no_option_of_a_client_cache_is_named_when_the_pool_is_made():
    with pytest.raises(CacheError, match="client_cache must be a mapping") as raised:
        SessionPool(max_clients=5, client_cache=7)
    assert raised.value.param == "client_cache"
    with pytest.raises(TypeError, match="max_sizes"):
        SessionPool(max_clients=5, client_cache={"max_sizes": 7})


def test_a_session_of_a_pool_with_a_budget_has_no_client_cache_of_its_own():
    with SessionPool(max_clients=5) as pool:
        for ask in (
            pool.session,
            lambda **options: pool.assume_role("arn:aws:iam::111111111111:role/reader", **options),
        ):
            with pytest.raises(SessionCacheError, match="give it to the pool") as raised:
                ask(client_cache={"max_size": 3})
            assert raised.value.param == "client_cache"
        assert len(pool) == 0


def test_the_key_of_a_session_listed_all_that_its_shared_cache_held():
    shared = boto3_client_cache.ClientCache()
    with SessionPool(client_cache=shared, region_name="eu-west-1") as pool:
        session = pool.session()
        session.client("sqs")
        assert len(shared) == 1
        assert pool.session() is session
        assert "client_cache=<boto3_client_cache.cache.LRUClientCache object at" in repr(pool)
        assert "sqs" not in repr(pool)
        assert "\n" not in pool.key().label


def test_a_budget_of_zero_keeps_no_client():
    with SessionPool(max_clients=0) as pool:
        session = pool.session(region_name="eu-west-1")
        assert session.client("sqs") is not session.client("sqs")


def test_the_clients_of_sessions_that_gave_way_leave_the_budget():
    with SessionPool(1, max_clients=5) as pool:
        pool.session(region_name=REGIONS[0]).client("sqs")
        kept = pool.session(region_name=REGIONS[1])
        kept.client("sqs")
        gc.collect()
        assert len(pool.clients) == 1
        pool.session(region_name=REGIONS[2])
        assert kept.client("sqs") is kept.client("sqs")  # it has left, and is whole


def test_a_pool_that_was_not_begun_says_so():
    class Late(SessionPool):
        def __init__(self):
            """Begin nothing."""

    with pytest.raises(SessionCacheError, match="__init__"):
        Late().session()


def test_a_derived_pool_may_override_and_call_on():
    class Named(SessionPool):
        def session(self, name):
            return super().session(region_name=name)

    pool = Named()
    assert pool.session("eu-west-1") is pool.session("eu-west-1")
    assert pool.cache_info().hits == 1


def test_the_methods_have_signatures_and_docs():
    ours = inspect.signature(Session).parameters
    assert list(inspect.signature(SessionPool.session).parameters) == ["self", *ours]
    role = inspect.signature(SessionPool.assume_role).parameters
    assert list(role)[:4] == ["self", "role_arn", "source", "role_session_name"]
    assert role["source"].kind is inspect.Parameter.KEYWORD_ONLY
    assert "or make it" in inspect.getdoc(SessionPool.assume_role_with_web_identity)


def test_sessions_are_counted_as_a_kind_of_their_own(pool):
    def counted():
        return {(kind, policy): info for kind, policy, info in _core.totals()}

    before = counted()["session", "LRU"]
    pool.session()
    pool.session()
    after = counted()["session", "LRU"]
    assert (after.hits - before.hits, after.creations - before.creations) == (1, 1)
    assert len(counted()) == 6


def test_a_pool_and_its_sessions_die_together():
    pool = SessionPool(keep_credentials=True)
    gone = weakref.ref(pool), weakref.ref(pool.session())
    del pool
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_a_pool_under_its_own_callback_may_be_asked():
    pool = SessionPool(1, on_evict=lambda *_: seen.append(pool.cache_info().currsize))
    seen = []
    pool.session(region_name=REGIONS[0])
    pool.session(region_name=REGIONS[1])
    assert seen == [1]


def test_a_miss_that_asks_for_itself_is_refused(monkeypatch):
    pool = SessionPool()
    monkeypatch.setattr(boto3_client_cache.pool, "Session", lambda **_: pool.session())
    with pytest.raises(CacheError, match="itself creating"):
        pool.session()


def test_sixteen_threads_get_one_session(pool):
    gate, got = threading.Barrier(16), []

    def ask():
        gate.wait(60)
        got.append(pool.session(region_name="eu-west-1"))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, got))) == 1
    assert pool.cache_info().creations == 1


def test_boto3s_session_class_is_what_a_pool_holds(pool):
    with pytest.raises(SessionCacheError, match="Cache value must be a boto3 session"):
        pool._cache[SessionCacheKey()] = object()
    plain = boto3.Session()
    pool._cache[SessionCacheKey()] = plain
    assert pool.session() is plain
