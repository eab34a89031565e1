"""``eviction_policy`` and ``max_size`` of ``Session.client`` and ``Session.resource``."""

import pytest
from support.kinds import names

pytestmark = pytest.mark.usefixtures("builder")


@pytest.fixture
def get(session, kind):
    """Ask the session under test for an object of the kind under test."""
    return lambda *args, **kwargs: kind.get(session, *args, **kwargs)


def orders(session, kind):
    return {policy: names(kind.caches(session)[policy]) for policy in ("LRU", "LFU")}


def test_lru_is_the_default(session, kind, get):
    get("a")
    assert orders(session, kind) == {"LRU": "a", "LFU": ""}


def test_each_policy_has_a_cache_of_its_own(session, kind, get):
    one, other = get("a", eviction_policy="LFU"), get("a")
    assert one is not other
    assert orders(session, kind) == {"LRU": "a", "LFU": "a"}
    assert get("a", eviction_policy="LFU") is one
    assert get("a", eviction_policy="LRU") is other


def test_a_hit_counts_as_a_use(session, kind, get, policy):
    for name in "abca":
        get(name, eviction_policy=policy)
    assert names(kind.caches(session)[policy]) == "bca"


def test_the_eleventh_object_evicts_the_first(session, kind, get, policy):
    for name in "abcdefghijk":
        get(name, eviction_policy=policy)
    assert names(kind.caches(session)[policy]) == "bcdefghijk"


def test_max_size_resizes_the_cache_of_that_policy_and_kind_alone(session, kind, get, policy):
    get("a", eviction_policy=policy, max_size=3)
    sizes = {
        (name, other): session.cache[name][other].max_size
        for name in ("client", "resource")
        for other in ("LRU", "LFU")
    }
    assert sizes.pop((kind.name, policy)) == 3
    assert set(sizes.values()) == {10}


def test_none_leaves_the_size_alone(session, kind, get, policy):
    get("a", eviction_policy=policy, max_size=3)
    get("b", eviction_policy=policy, max_size=None)
    get("b", eviction_policy=policy)
    assert kind.caches(session)[policy].max_size == 3


def test_a_negative_size_counts_by_its_absolute_value(session, kind, get, policy):
    get("a", eviction_policy=policy, max_size=-3)
    assert kind.caches(session)[policy].max_size == 3


def test_a_miss_is_built_and_stored_before_the_cache_shrinks(session, kind, get, policy):
    for name in "abcabc":
        get(name, eviction_policy=policy)
    made = get("d", eviction_policy=policy, max_size=1)
    assert names(kind.caches(session)[policy]) == "d"
    assert get("d", eviction_policy=policy) is made


def test_a_hit_is_looked_up_before_the_cache_shrinks_and_is_not_the_victim(session, kind, get, policy):
    made = get("a", eviction_policy=policy)
    for name in "bcbcbc":
        get(name, eviction_policy=policy)
    assert get("a", eviction_policy=policy, max_size=1) is made
    assert names(kind.caches(session)[policy]) == "a"


def test_a_miss_that_shrinks_evicts_the_rest_in_order(session, kind, get, policy):
    for name in "abcdaab":
        get(name, eviction_policy=policy)
    get("e", eviction_policy=policy, max_size=3)
    assert names(kind.caches(session)[policy]) == {"LRU": "abe", "LFU": "eba"}[policy]


def test_a_miss_that_grows_the_cache_is_kept(session, kind, get, policy):
    for name in "ab":
        get(name, eviction_policy=policy, max_size=2)
    made = get("c", eviction_policy=policy, max_size=5)
    assert get("c", eviction_policy=policy) is made
    assert kind.caches(session)[policy].max_size == 5


def test_a_failed_build_leaves_the_size_alone(session, kind, get, builder):
    def fail():
        raise ZeroDivisionError

    for name in "abc":
        get(name)
    builder.make = fail
    with pytest.raises(ZeroDivisionError):
        get("d", max_size=1)
    assert names(kind.caches(session).LRU) == "abc"
    assert kind.caches(session).LRU.max_size == 10


def test_size_zero_returns_a_fresh_object_each_time(session, kind, get, builder, policy):
    first = get("a", eviction_policy=policy, max_size=0)
    assert isinstance(first, kind.base)
    assert get("a", eviction_policy=policy) is not first
    assert get("a", eviction_policy=policy, max_size=0) is not first
    assert builder.count == 3
    assert len(kind.caches(session)[policy]) == 0


def test_a_miss_that_reopens_a_cache_of_size_zero_is_kept(session, kind, get, policy):
    get("a", eviction_policy=policy, max_size=0)
    made = get("a", eviction_policy=policy, max_size=1)
    assert get("a", eviction_policy=policy) is made


def test_size_zero_empties_the_cache(session, kind, get, policy):
    for name in "abc":
        get(name, eviction_policy=policy)
    get("d", eviction_policy=policy, max_size=0)
    assert names(kind.caches(session)[policy]) == ""


def test_a_size_of_the_cache_itself_is_kept_by_calls(session, kind, get, policy):
    kind.caches(session)[policy].max_size = 2
    for name in "abc":
        get(name, eviction_policy=policy)
    assert names(kind.caches(session)[policy]) == "bc"
