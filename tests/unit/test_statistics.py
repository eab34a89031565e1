"""``cache_info``, ``explain`` and the log."""

import logging

import pytest
from botocore.config import Config
from support.building import Builder
from support.kinds import StubClient, names

import boto3_client_cache as package
from boto3_client_cache import CacheInfo, ClientCache, ClientCacheKey, Session


def counted(cache):
    info = cache.cache_info()
    return info.hits, info.misses


def test_a_new_cache_has_counted_nothing(flavour):
    assert flavour.cache_class(7).cache_info() == CacheInfo(0, 0, 7, 0, 0, 0, 0, 0.0, 0)


def test_the_first_four_fields_are_those_of_functools():
    assert CacheInfo._fields[:4] == ("hits", "misses", "maxsize", "currsize")


def test_look_ups_are_hits_or_misses(flavour):
    cache = flavour.filled("a")
    key = flavour.kind.key
    cache[key("a")]
    cache.get(key("a"))
    cache.get_or_create(key("a"), flavour.kind.stub)
    assert counted(cache) == (3, 0)
    cache.get(key("b"))
    with pytest.raises(KeyError):
        cache[key("b")]
    cache.get_or_create(key("b"), flavour.kind.stub)
    assert counted(cache) == (3, 3)


def test_what_is_no_look_up_is_not_counted(flavour):
    cache = flavour.filled("ab")
    assert flavour.kind.key("a") in cache
    assert cache == cache.copy()
    list(cache), cache.items(), repr(cache), len(cache)
    cache.pin(flavour.kind.key("a"))
    cache.replace(flavour.kind.key("a"), flavour.kind.stub())
    cache.pop(flavour.kind.key("a"))
    cache.pop(flavour.kind.key("a"), None)
    with pytest.raises(package.CacheError):
        cache["a"]
    assert counted(cache) == (0, 0)


def test_evictions_and_expirations_are_counted_apart(flavour):
    now = [0.0]
    cache = flavour.cache_class(2, ttl=5, clock=lambda: now[0])
    flavour.store(cache, "abc")
    cache.max_size = 1
    now[0] = 5
    assert cache.cache_info()[2:6] == (1, 0, 2, 1)


def test_clear_does_not_reset_what_was_counted(flavour):
    cache = flavour.filled("a")
    flavour.use(cache, "a")
    cache.clear()
    assert counted(cache) == (1, 0)
    assert cache.cache_info().evictions == 0


def test_a_copy_starts_at_nothing(flavour):
    cache = flavour.filled("a")
    flavour.use(cache, "a")
    assert counted(cache.copy()) == (0, 0)


def test_creations_are_counted_and_timed(flavour):
    cache = flavour.cache_class()
    for name in "aab":
        cache.get_or_create(flavour.kind.key(name), flavour.kind.stub)
    info = cache.cache_info()
    assert info.creations == 2
    assert 0 < info.creation_seconds < 60


def test_a_creation_that_fails_is_a_miss_and_no_creation(flavour):
    cache = flavour.cache_class()
    with pytest.raises(ZeroDivisionError):
        cache.get_or_create(flavour.kind.key("a"), lambda: 1 / 0)
    assert counted(cache) == (0, 1)
    assert cache.cache_info().creations == 0


def test_a_session_counts_a_call_once(session, kind, policy):
    for _ in range(3):
        kind.get(session, "sqs", eviction_policy=policy)
    info = kind.caches(session)[policy].cache_info()
    assert (info.hits, info.misses, info.creations, info.currsize) == (2, 1, 1, 1)


def test_a_session_sums_its_four_caches(session):
    for policy in ("LRU", "LFU"):
        session.client("sqs", eviction_policy=policy)
        session.resource("sqs", eviction_policy=policy)
    session.client("sqs")
    info = session.cache_info()
    assert isinstance(info, CacheInfo)
    assert info[:7] == (1, 4, 40, 4, 0, 0, 4)
    assert info.creation_seconds == pytest.approx(
        sum(cache.cache_info().creation_seconds for cache in session.cache._all())
    )


# ---- explain ----


@pytest.fixture
def cache(kind):
    return {"client": package.ClientCache, "resource": package.ResourceCache}[kind.name]()


def test_a_hit_is_explained_as_one(kind, cache):
    cache[kind.key("s3")] = kind.stub()
    explanation = cache.explain(kind.key("s3"))
    assert explanation == (True, kind.key("s3"), {}, None, None)
    assert str(explanation) == "The key is cached."


def test_an_empty_cache_explains_itself(kind, cache):
    assert cache.explain(kind.key("s3")) == (False, None, {}, None, None)
    assert "neither is any other" in str(cache.explain(kind.key("s3")))


def test_the_nearest_key_is_the_one_that_differs_least(kind, cache):
    for key in (kind.key("s3", "us-east-1", use_ssl=False), kind.key("s3", "eu-west-1"), kind.key("sqs", "us-east-1")):
        cache[key] = kind.stub()
    explanation = cache.explain(kind.key("s3", region_name="us-west-2"))
    assert explanation.nearest == kind.key("s3", "eu-west-1")
    assert explanation.differences == {"region_name": ("'us-west-2'", "'eu-west-1'")}
    assert str(explanation).endswith("differs in region_name ('us-west-2' here, 'eu-west-1' there).")


def test_an_absent_parameter_is_called_so(kind, cache):
    cache[kind.key("s3", "us-east-1")] = kind.stub()
    assert cache.explain(kind.key("s3")).differences == {"region_name": ("not given", "'us-east-1'")}


def test_of_several_nearest_keys_the_last_used_is_named(kind, cache):
    for region in ("a", "b", "c"):
        cache[kind.key("s3", region)] = kind.stub()
    assert cache.explain(kind.key("s3", "d")).nearest == kind.key("s3", "c")


def test_an_option_of_a_config_is_named_by_itself(kind, cache):
    cache[kind.key("s3", config=Config(read_timeout=5, max_pool_connections=7))] = kind.stub()
    explanation = cache.explain(kind.key("s3", config=Config(read_timeout=6, max_pool_connections=7)))
    assert explanation.differences == {"config.read_timeout": ("6", "5")}


def test_secrets_stay_masked(kind, cache):
    secrets = {"aws_access_key_id": "AKIAHIDDEN", "aws_secret_access_key": "hidden-one"}
    cache[kind.key("s3", **secrets, endpoint_url="http://me:hidden-two@host")] = kind.stub()
    asked = kind.key(
        "s3", "x", **{**secrets, "aws_secret_access_key": "hidden-three"}, endpoint_url="http://me:hidden-four@host"
    )
    explanation = cache.explain(asked)
    assert set(explanation.differences) == {"region_name", "aws_secret_access_key", "endpoint_url"}
    assert "hidden" not in f"{explanation} {explanation!r}".lower().replace("akiahidden", "hidden")
    assert "aws_secret_access_key (their secrets differ)" in str(explanation)
    assert "endpoint_url (their secrets differ)" in str(explanation)


def test_a_password_inside_a_config_counts_and_stays_masked(kind, cache):
    proxies = "http://me:{}@proxy".format
    cache[kind.key("s3", config=Config(proxies={"http": proxies("hidden-1")}))] = kind.stub()
    explanation = cache.explain(kind.key("s3", config=Config(proxies={"http": proxies("hidden-2")})))
    assert "config" in explanation.differences
    assert "hidden" not in repr(explanation)


def test_explain_counts_nothing_and_uses_nothing(flavour):
    cache = flavour.filled("ab")
    cache.explain(flavour.kind.key("a"))
    cache.explain(flavour.kind.key("c"))
    assert names(cache) == "ab"
    assert counted(cache) == (0, 0)


def test_explain_refuses_what_is_no_key(flavour):
    with pytest.raises(package.CacheError, match="Cache key must"):
        flavour.cache_class().explain("s3")


# ---- the log ----


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG, "boto3_client_cache")

    def lines():
        return [record.getMessage() for record in caplog.records if record.name == "boto3_client_cache"]

    return lines


def test_creations_and_evictions_are_logged_at_debug(kind, log):
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": {"max_size": 1}})
    kind.get(session, "sqs")
    kind.get(session, "sqs")
    kind.get(session, "s3")
    lines = log()
    assert [line.split(" in ")[0] for line in lines] == ["created 'sqs'", "created 's3'", "evicted 'sqs' (size)"]
    assert lines[0].endswith(" s")


def test_failures_are_logged_without_what_the_exception_says(session, kind, monkeypatch, log):
    builder = Builder(kind).install(kind, monkeypatch)

    def fail():
        raise OSError("password=hidden")

    builder.make = fail
    with pytest.raises(OSError, match="hidden"):
        kind.get(session, "sqs", aws_secret_access_key="hidden", aws_access_key_id="hidden")
    (line,) = log()
    assert line.startswith("creating 'sqs', aws_access_key_id=***, aws_secret_access_key=*** failed after")
    assert line.endswith("OSError")
    assert "hidden" not in line


def test_nothing_is_logged_above_debug(session, kind, caplog):
    caplog.set_level(logging.INFO, "boto3_client_cache")
    kind.get(session, "sqs")
    kind.caches(session).LRU.clear()
    assert [record for record in caplog.records if record.name == "boto3_client_cache"] == []


def test_evictions_of_a_low_level_cache_are_logged_too(log):
    cache = ClientCache(max_size=1)
    for service in ("a", "b"):
        cache.get_or_create(ClientCacheKey(service, aws_session_token="hidden"), StubClient)
    assert "evicted 'a', aws_session_token=*** (size)" in log()
