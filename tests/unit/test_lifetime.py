"""``ttl``, ``idle_ttl``, ``expire``, ``replace``, ``invalidate`` and ``close``."""

import math
from decimal import Decimal

import pytest
from support.ids import name_of
from support.kinds import names, unchanged

import boto3_client_cache as package
from boto3_client_cache import CacheError

NO_TIMES = [-1, -0.001, float("nan"), -math.inf, "7", b"7", [], {}, 1j, object()]


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gone():
    """What ``on_evict`` was told: service and cause."""
    return []


@pytest.fixture
def make(flavour, clock, gone):
    def make(stored="", **options):
        def on_evict(key, departed, cause):
            assert isinstance(departed, flavour.kind.base)
            gone.append((names([key]), cause))

        cache = flavour.cache_class(options.pop("max_size", 10), clock=clock, on_evict=on_evict, **options)
        flavour.store(cache, stored)
        return cache

    return make


def test_an_entry_expires_when_it_is_as_old_as_the_ttl(make, flavour, clock, gone):
    cache = make("a", ttl=10)
    clock.seconds += 9.9
    assert cache[flavour.kind.key("a")]  # a use does not make it younger
    clock.seconds += 0.1
    assert flavour.kind.key("a") not in cache
    assert cache.get(flavour.kind.key("a")) is None
    with pytest.raises(KeyError):
        cache[flavour.kind.key("a")]
    assert gone == [("a", "expired")]


def test_a_use_keeps_an_idle_entry(make, flavour, clock, gone):
    cache = make("ab", idle_ttl=10)
    for _ in range(5):
        clock.seconds += 6
        cache.get(flavour.kind.key("a"))
    assert names(cache) == "a"
    assert gone == [("b", "expired")]
    clock.seconds += 10
    assert len(cache) == 0


def test_both_limits_hold(make, flavour, clock):
    cache = make("ab", ttl=15, idle_ttl=10)
    clock.seconds += 9
    cache[flavour.kind.key("a")]
    clock.seconds += 2
    assert names(cache) == "a"
    clock.seconds += 4
    assert names(cache) == ""


def test_looking_is_no_use_that_keeps_an_idle_entry(make, flavour, clock):
    cache = make("a", idle_ttl=10)
    clock.seconds += 9
    assert flavour.kind.key("a") in cache
    assert len(cache.items()) == 1
    assert repr(cache)
    clock.seconds += 1
    assert len(cache) == 0


OPERATIONS = {
    "len": len,
    "iteration": list,
    "reversed": lambda cache: list(reversed(cache)),
    "keys": lambda cache: cache.keys(),
    "values": lambda cache: cache.values(),
    "items": lambda cache: cache.items(),
    "repr": repr,
    "copy": lambda cache: cache.copy(),
    "equality": lambda cache: cache == cache.copy(),
    "expire": lambda cache: cache.expire(),
    "cache_info": lambda cache: cache.cache_info(),
    "invalidate": lambda cache: cache.invalidate(lambda key, _: False),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_but_a_hit_drops_what_has_expired(make, flavour, clock, gone, operation):
    cache = make("ab", ttl=10)
    clock.seconds += 5
    flavour.store(cache, "c")
    clock.seconds += 5
    cache[flavour.kind.key("c")]
    assert gone == []
    operation(cache)
    assert gone == [("a", "expired"), ("b", "expired")]
    assert names(cache) == "c"


def test_storing_drops_the_expired_before_it_evicts_the_living(make, flavour, clock, gone):
    cache = make("ab", ttl=10, max_size=3)
    clock.seconds += 9
    flavour.store(cache, "c")
    flavour.use(cache, "ab")
    clock.seconds += 1
    flavour.store(cache, "d")
    assert gone == [("a", "expired"), ("b", "expired")]
    assert sorted(names(cache)) == ["c", "d"]


def test_an_expired_key_can_be_stored_again(make, flavour, clock, gone):
    cache = make("a", ttl=10)
    clock.seconds += 10
    flavour.store(cache, "a")
    assert gone == [("a", "expired")]
    clock.seconds += 9
    assert names(cache) == "a"


def test_what_has_expired_is_not_popped(make, flavour, clock):
    cache = make("ab", ttl=10)
    clock.seconds += 10
    assert cache.pop(flavour.kind.key("a"), None) is None
    with pytest.raises(KeyError):
        cache.popitem()
    with pytest.raises(KeyError):
        del cache[flavour.kind.key("b")]


def test_expire_says_how_many(make, clock):
    cache = make("abc", ttl=10)
    assert cache.expire() == 0
    clock.seconds += 10
    assert cache.expire() == 3
    assert cache.expire() == 0


def test_a_copy_keeps_ages_and_limits(make, flavour, clock):
    cache = make("a", ttl=10)
    clock.seconds += 5
    flavour.store(cache, "b")
    copy = cache.copy()
    clock.seconds += 5
    assert names(copy) == "b"
    clock.seconds += 5
    assert names(copy) == ""
    assert (copy.ttl, copy.idle_ttl, copy.on_evict) == (10, None, cache.on_evict)


def test_the_usual_clock_is_the_systems(flavour):
    cache = flavour.cache_class(ttl=3600, idle_ttl=0)
    flavour.store(cache, "a")
    assert len(cache) == 0  # idle for no time at all
    cache = flavour.cache_class(ttl=3600)
    flavour.store(cache, "a")
    assert len(cache) == 1


def test_options_are_readable_and_not_writable(flavour):
    cache = flavour.cache_class(ttl=Decimal("1.5"), idle_ttl=2, close_evicted=True)
    assert (cache.ttl, cache.idle_ttl, cache.on_evict, cache.close_evicted) == (1.5, 2.0, None, True)
    assert flavour.cache_class().ttl is None
    for name in ("ttl", "idle_ttl", "on_evict", "close_evicted", "closed"):
        with pytest.raises(AttributeError):
            setattr(cache, name, 1)


@pytest.mark.parametrize("forever", [None, math.inf, 1e300, 10**9])
def test_a_limit_beyond_counting_is_none(flavour, forever):
    cache = flavour.cache_class(ttl=forever)
    flavour.store(cache, "a")
    assert len(cache) == 1


@pytest.mark.parametrize("option", ["ttl", "idle_ttl"])
@pytest.mark.parametrize("wrong", NO_TIMES, ids=name_of)
def test_what_is_no_time_is_refused(flavour, option, wrong):
    with pytest.raises(CacheError, match=f"{option} must") as caught:
        flavour.cache_class(**{option: wrong})
    assert caught.value.param == option
    assert type(caught.value).__name__ == f"{flavour.kind.word}CacheError"


@pytest.mark.parametrize("option", ["on_evict", "clock"])
@pytest.mark.parametrize("wrong", [1, "call me", [], object()], ids=type)
def test_what_cannot_be_called_is_refused(flavour, option, wrong):
    with pytest.raises(CacheError, match=f"{option} must be callable") as caught:
        flavour.cache_class(**{option: wrong})
    assert caught.value.param == option


def test_an_unknown_option_is_refused(flavour):
    with pytest.raises(TypeError, match="ttI"):
        flavour.cache_class(ttI=5)
    with pytest.raises(TypeError):
        flavour.cache_class(10, 5)  # options go by name


@pytest.mark.parametrize("said", [float("nan"), math.inf, 1e300])
def test_a_clock_that_tells_no_time_is_named(flavour, said):
    cache = flavour.cache_class(ttl=5, clock=lambda: said)
    with pytest.raises(CacheError, match="clock must return"):
        flavour.store(cache, "a")
    assert cache._creating() == []


def test_a_wrong_clock_fails_the_call_and_changes_nothing(flavour, clock):
    cache = flavour.cache_class(ttl=5, clock=clock)
    flavour.store(cache, "a")
    clock.seconds = "late"
    for operation in (len, list, repr, lambda cache: cache.get(flavour.kind.key("a"))):
        with pytest.raises(flavour.kind.error, match="clock must return a number"):
            operation(cache)
    clock.seconds = 1000.0
    assert names(cache) == "a"


# ---- replace ----


def test_replace_puts_another_object_in_the_place(make, flavour, clock, gone):
    cache = make("ab", ttl=10)
    clock.seconds += 9
    another = flavour.kind.stub()
    assert cache.replace(flavour.kind.key("a"), another) is None
    assert gone == [("a", "replaced")]
    assert cache[flavour.kind.key("a")] is another
    clock.seconds += 9
    assert names(cache) == "a"
    assert names(make("abc")) == "abc"


def test_replace_counts_as_a_use(flavour):
    cache = flavour.filled("abc")
    cache.replace(flavour.kind.key("a"), flavour.kind.stub())
    assert names(cache) == "bca"


def test_replace_refuses_what_is_not_there_or_not_fit(flavour):
    cache = flavour.filled("a")
    with unchanged(cache):
        with pytest.raises(KeyError):
            cache.replace(flavour.kind.key("b"), flavour.kind.stub())
        with pytest.raises(CacheError, match="Cache value must"):
            cache.replace(flavour.kind.key("a"), "no client")
        with pytest.raises(CacheError, match="Cache key must"):
            cache.replace("a", flavour.kind.stub())
        with pytest.raises(TypeError):
            cache.replace(flavour.kind.key("a"))


# ---- invalidate ----


def test_invalidate_removes_what_the_predicate_condemns(make, gone):
    cache = make("abcd")
    assert cache.invalidate(lambda key, _: key.label in {"'b'", "'d'"}) == 2
    assert names(cache) == "ac"
    assert gone == [("b", "removed"), ("d", "removed")]


def test_a_predicate_that_raises_removes_nothing(make, gone):
    cache = make("abcd")

    def predicate(key, _):
        if key.label == "'c'":
            raise ZeroDivisionError
        return True

    with unchanged(cache), pytest.raises(ZeroDivisionError):
        cache.invalidate(predicate)
    assert gone == []


def test_a_predicate_may_use_the_cache(make, flavour):
    cache = make("abc")
    assert cache.invalidate(lambda key, _: cache.pop(key, None) is not None) == 0
    assert len(cache) == 0


def test_invalidate_leaves_what_was_replaced_meanwhile(make, flavour):
    cache = make("a")

    def predicate(key, _):
        cache.replace(key, flavour.kind.stub())
        return True

    assert cache.invalidate(predicate) == 0
    assert names(cache) == "a"


def test_a_predicate_that_cannot_be_called_is_refused(flavour):
    with pytest.raises(CacheError, match="predicate must be callable"):
        flavour.filled("a").invalidate("a")


def test_clients_of_temporary_credentials_are_found_by_their_key(session):
    session.client("sqs")
    temporary = {"aws_access_key_id": "A", "aws_secret_access_key": "B", "aws_session_token": "C"}
    first = session.client("sqs", **temporary)

    def is_temporary(key, _):
        return any(name == "aws_session_token" for name, _ in key.key[1])

    assert session.cache.invalidate(is_temporary) == 1
    assert session.client("sqs", **temporary) is not first
    assert session.cache_info().currsize == 2


# ---- close ----


def test_a_closed_cache_is_empty_and_stores_nothing(make, flavour, gone):
    cache = make("ab")
    cache.close()
    assert cache.closed
    assert gone == [("a", "cleared"), ("b", "cleared")]
    with pytest.raises(CacheError, match="closed"):
        flavour.store(cache, "c")
    with pytest.raises(CacheError, match="closed"):
        cache.get_or_create(flavour.kind.key("c"), flavour.kind.stub)
    assert cache.get(flavour.kind.key("a")) is None
    assert len(cache) == 0
    cache.close()
    assert len(gone) == 2


def test_a_cache_is_closed_at_the_end_of_its_block(make, gone):
    with make("a") as cache:
        assert names(cache) == "a"
    assert cache.closed
    with pytest.raises(ZeroDivisionError), make("a") as cache:
        raise ZeroDivisionError
    assert cache.closed


def test_what_is_created_while_the_cache_is_closed_is_an_error_and_not_kept(flavour):
    cache = flavour.cache_class()

    def factory():
        cache.close()
        return flavour.kind.stub()

    with pytest.raises(CacheError, match="closed"):
        cache.get_or_create(flavour.kind.key("a"), factory)
    assert len(cache) == 0
    assert cache._creating() == []


def test_a_session_whose_cache_is_closed_says_so(session, kind):
    kind.get(session, "sqs")
    kind.caches(session).LRU.close()
    with pytest.raises(CacheError, match="closed"):
        kind.get(session, "sqs")
    assert kind.get(session, "sqs", eviction_policy="LFU")


# ---- sessions ----


def test_a_session_gives_its_caches_their_options(kind, policy, clock):
    options = {"max_size": 3, "ttl": 10, "clock": clock}
    session = package.Session(region_name="us-east-1", **{f"{kind.name}_cache": options})
    cache = kind.caches(session)[policy]
    assert (cache.max_size, cache.ttl) == (3, 10)
    assert kind.other.caches(session)[policy].ttl is None
    first = kind.get(session, "sqs", eviction_policy=policy)
    clock.seconds += 9
    assert kind.get(session, "sqs", eviction_policy=policy) is first
    clock.seconds += 1
    assert kind.get(session, "sqs", eviction_policy=policy) is not first


def test_the_default_session_takes_the_options_too(kind):
    session = package.setup_default_session(**{f"{kind.name}_cache": {"max_size": 1}})
    assert kind.caches(session).LRU.max_size == 1


@pytest.mark.parametrize("wrong", ["ttl", 5, [("ttl", 5)]])
def test_options_that_are_no_mapping_are_refused(kind, wrong):
    with pytest.raises(CacheError, match="mapping") as caught:
        package.Session(**{f"{kind.name}_cache": wrong})
    assert caught.value.param == f"{kind.name}_cache"


def test_a_wrong_option_is_refused_when_the_session_is_made(kind):
    with pytest.raises(CacheError, match="ttl must"):
        package.Session(**{f"{kind.name}_cache": {"ttl": -1}})
    with pytest.raises(TypeError, match="tll"):
        package.Session(**{f"{kind.name}_cache": {"tll": 1}})


def test_a_copy_of_a_session_has_caches_of_the_same_options(kind):
    import copy

    session = package.Session(region_name="us-east-1", **{f"{kind.name}_cache": {"ttl": 5}})
    first = kind.get(session, "sqs")
    for twin in (copy.copy(session), copy.deepcopy(session.cache)):
        caches = twin[kind.name] if isinstance(twin, package.SessionCache) else kind.caches(twin)
        assert caches.LRU.ttl == 5
        assert len(caches.LRU) == 0
    assert kind.get(session, "sqs") is first


def test_clear_of_a_session_empties_its_four_caches(session):
    for policy in ("LRU", "LFU"):
        session.client("sqs", eviction_policy=policy)
        session.resource("sqs", eviction_policy=policy)
    assert session.cache_info().currsize == 4
    session.cache.clear()
    assert session.cache_info().currsize == 0
