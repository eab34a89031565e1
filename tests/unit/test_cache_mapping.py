"""Every cache class behaves like a dict, but for what the reference names."""

import copy
import gc
import weakref
from unittest.mock import MagicMock, Mock, create_autospec

import pytest
from support.kinds import Flavour, names, unchanged


def test_a_new_cache_is_empty(flavour):
    cache = flavour.cache_class()
    assert len(cache) == 0
    assert not cache
    assert list(cache) == []
    assert (cache.keys(), cache.values(), cache.items()) == ((), (), ())


def test_what_is_stored_comes_back_the_same_object(flavour):
    cache = flavour.cache_class()
    one, other = flavour.kind.stub(), flavour.kind.stub()
    cache[flavour.kind.key("a")] = one
    cache[flavour.kind.key("b")] = other
    assert cache[flavour.kind.key("a")] is one
    assert cache[flavour.kind.key("b")] is other
    assert len(cache) == 2
    assert cache


def test_another_spelling_of_the_call_finds_the_object(flavour):
    cache = flavour.cache_class()
    cache[flavour.kind.key("s3", "us-east-1")] = stub = flavour.kind.stub()
    assert cache[flavour.kind.key(service_name="s3", region_name="us-east-1", use_ssl=True)] is stub


def test_a_subclass_of_the_key_is_a_key(flavour):
    class MyKey(flavour.kind.key):
        pass

    cache = flavour.cache_class()
    cache[MyKey("s3", region_name="us-east-1")] = stub = flavour.kind.stub()
    assert cache[MyKey("s3", "us-east-1")] is stub


def test_in_knows_the_keys_and_nothing_else(flavour):
    cache = flavour.filled("a")
    assert flavour.kind.key("a") in cache
    assert flavour.kind.key("b") not in cache
    for stranger in ("a", None, 3, [], {}, flavour.kind.other.key("a"), object()):
        assert stranger not in cache


def test_get_returns_the_object_or_the_default(flavour):
    cache = flavour.filled("a")
    sentinel = object()
    assert cache.get(flavour.kind.key("a")) is cache[flavour.kind.key("a")]
    assert cache.get(flavour.kind.key("a"), sentinel) is not sentinel
    assert cache.get(flavour.kind.key("b")) is None
    assert cache.get(flavour.kind.key("b"), sentinel) is sentinel
    assert cache.get(flavour.kind.key("b"), default=sentinel) is sentinel
    assert len(cache) == 1


def test_pop_removes_and_returns(flavour):
    cache = flavour.cache_class()
    cache[flavour.kind.key("a")] = stub = flavour.kind.stub()
    assert cache.pop(flavour.kind.key("a")) is stub
    assert len(cache) == 0
    sentinel = object()
    assert cache.pop(flavour.kind.key("a"), sentinel) is sentinel
    assert cache.pop(flavour.kind.key("a"), None) is None


def test_popitem_takes_what_would_be_evicted_next(flavour):
    cache = flavour.filled("abc")
    flavour.use(cache, "aab")
    key, value = cache.items()[0]
    assert cache.popitem() == (key, value)
    assert names([key]) == "c"
    rest = names(cache)
    assert names([cache.popitem()[0], cache.popitem()[0]]) == rest
    assert len(cache) == 0


def test_del_removes(flavour):
    cache = flavour.filled("ab")
    del cache[flavour.kind.key("a")]
    assert names(cache) == "b"


def test_clear_removes_everything_but_not_the_size(flavour):
    cache = flavour.filled("abc", 5)
    assert cache.clear() is None
    assert len(cache) == 0
    assert cache.max_size == 5
    flavour.store(cache, "a")
    assert names(cache) == "a"


def test_a_key_can_be_stored_again_once_removed(flavour):
    cache = flavour.filled("a")
    del cache[flavour.kind.key("a")]
    cache[flavour.kind.key("a")] = stub = flavour.kind.stub()
    assert cache[flavour.kind.key("a")] is stub


def test_keys_values_and_items_are_snapshots_in_order(flavour):
    cache = flavour.filled("abc")
    keys, values, items = cache.keys(), cache.values(), cache.items()
    assert [type(view) for view in (keys, values, items)] == [tuple] * 3
    assert names(keys) == names(cache) == "abc"
    assert tuple(zip(keys, values, strict=True)) == items
    assert all(cache[key] is value for key, value in items)
    cache.clear()
    assert (len(keys), len(values), len(items)) == (3, 3, 3)


def test_reversed_is_the_order_from_the_other_end(flavour):
    cache = flavour.filled("abc")
    flavour.use(cache, "a")
    assert [*reversed(cache)] == [*cache][::-1]
    assert names(reversed(cache)) == "acb"


@pytest.mark.parametrize("walk", [iter, reversed])
def test_changing_a_cache_while_walking_it_does_no_harm(flavour, walk):
    cache = flavour.filled("abcdef")
    seen = []
    try:
        for key in walk(cache):
            seen.append(key)
            cache.pop(key)
            flavour.store(cache, f"{len(seen)}")
    except RuntimeError:  # what a dict does
        pass
    assert 1 <= len(seen) <= 6
    assert len({*cache}) == len(cache) == 6


def test_an_iterator_outlives_its_cache(flavour):
    walker = iter(flavour.filled("abc"))
    gc.collect()
    assert set(names(walker)) <= set("abc")


def test_copy_is_of_the_same_class_size_and_order(flavour):
    cache = flavour.filled("abcd", 7)
    flavour.use(cache, "bba")
    twin = cache.copy()
    assert type(twin) is type(cache)
    assert twin.max_size == 7
    assert twin.items() == cache.items()
    assert str(twin) == str(cache)


def test_copy_of_a_derived_class_is_of_that_class(flavour):
    class Mine(flavour.cache_class):
        pass

    cache = Mine(3)
    flavour.store(cache, "ab")
    twin = cache.copy()
    assert type(twin) is Mine
    assert twin.items() == cache.items()
    assert str(twin).startswith("Mine:")


def test_copy_is_independent(flavour):
    cache = flavour.filled("abc")
    twin = cache.copy()
    with unchanged(cache):
        twin.popitem()
        flavour.use(twin, "b")
        flavour.store(twin, "d")
        twin.max_size = 1
    with unchanged(twin):
        cache.clear()


def test_copy_keeps_the_use_counts(flavour):
    cache = flavour.filled("abc", 3)
    flavour.use(cache, "aaabb")
    twin = cache.copy()
    for one in (cache, twin):
        flavour.use(one, "cc")  # c: 3 uses, as many as b; a has 4
        flavour.store(one, "d")
    assert names(cache) == names(twin)
    assert names(twin) == {"LRU": "bcd", "LFU": "dca"}[flavour.policy]


def test_copy_dot_copy_copies_too(flavour):
    cache = flavour.filled("abc")
    twin = copy.copy(cache)
    assert type(twin) is type(cache)
    assert twin.items() == cache.items()
    twin.clear()
    assert len(cache) == 3


def equal(one, other):
    assert (one == other) is (other == one)
    assert (one != other) is not (one == other)
    return one == other


def test_equality_is_by_contents_in_any_order_and_size(flavour):
    cache = flavour.filled("abc", 5)
    twin = cache.copy()
    assert equal(cache, cache)
    assert equal(cache, twin)
    flavour.use(twin, "a")
    twin.max_size = 30
    assert names(twin) != names(cache)
    assert equal(cache, twin)
    twin.popitem()
    assert not equal(cache, twin)


def test_equality_is_across_policies(kind):
    lru, lfu = (Flavour(kind, policy).cache_class() for policy in ("LRU", "LFU"))
    assert equal(lru, lfu)
    stub = kind.stub()
    for cache in (lru, lfu):
        cache[kind.key("a")] = stub
    assert equal(lru, lfu)
    lfu.clear()
    assert not equal(lru, lfu)


def test_values_are_compared_by_identity(flavour):
    one, other = flavour.filled("a"), flavour.filled("a")
    assert not equal(one, other)
    same = flavour.cache_class()
    same[flavour.kind.key("a")] = one[flavour.kind.key("a")]
    assert equal(one, same)


def test_caches_of_different_kinds_are_never_equal(flavour):
    other = Flavour(flavour.kind.other, flavour.policy)
    assert not equal(flavour.cache_class(), other.cache_class())


def test_a_cache_equals_nothing_but_a_cache(flavour):
    cache = flavour.filled("a")
    for stranger in (dict(cache.items()), cache.items(), None, "", object()):
        assert not equal(cache, stranger)
    assert not equal(flavour.cache_class(), {})


def test_comparing_counts_no_use(flavour):
    cache, twin = flavour.filled("abc"), flavour.filled("abc")
    with unchanged(cache, twin):
        equal(cache, twin)
        equal(cache, cache.copy())


def test_a_cache_is_unhashable_like_a_dict(flavour):
    with pytest.raises(TypeError, match="unhashable"):
        hash(flavour.cache_class())


@pytest.mark.parametrize("name", ["fromkeys", "update", "setdefault"])
def test_some_dict_methods_are_not_there(flavour, name):
    assert not hasattr(flavour.cache_class, name)
    assert not hasattr(flavour.cache_class(), name)


def test_the_union_operators_are_not_there(flavour):
    cache = flavour.filled("a")
    for stranger in (cache.copy(), {}, dict(cache.items())):
        with unchanged(cache):
            with pytest.raises(TypeError):
                cache | stranger
            with pytest.raises(TypeError):
                stranger | cache
            with pytest.raises(TypeError):
                cache |= stranger


def test_text_of_an_empty_cache(flavour):
    cache = flavour.cache_class()
    assert str(cache) == repr(cache) == f"{flavour}(empty)"


def test_text_lists_the_entries_in_order(flavour):
    cache = flavour.cache_class()
    cache[flavour.kind.key("s3", region_name="us-east-1")] = flavour.kind.stub()
    cache[flavour.kind.key("sqs", None)] = flavour.kind.stub()
    cache[flavour.kind.key("s3", region_name="us-east-1")]
    call = f"Session.{flavour.kind.name}"
    expected = f"{flavour}:\n   - {call}('sqs', None)\n   - {call}('s3', region_name='us-east-1')"
    assert str(cache) == repr(cache) == expected


@pytest.mark.parametrize("mock", [Mock, MagicMock])
def test_mocks_with_a_spec_pass_for_the_real_thing(flavour, mock):
    cache = flavour.cache_class()
    for number, spec in enumerate((flavour.kind.base, flavour.kind.stub)):
        value = mock(spec=spec)
        assert isinstance(value, flavour.kind.base)
        cache[flavour.kind.key(f"s{number}")] = value
        assert cache[flavour.kind.key(f"s{number}")] is value


def test_an_autospecced_instance_passes_for_the_real_thing(flavour):
    cache = flavour.cache_class()
    cache[flavour.kind.key("s3")] = value = create_autospec(flavour.kind.stub, instance=True)
    assert cache[flavour.kind.key("s3")] is value


def test_one_object_may_be_stored_under_several_keys(flavour):
    cache = flavour.cache_class()
    stub = flavour.kind.stub()
    cache[flavour.kind.key("a")] = cache[flavour.kind.key("b")] = stub
    assert cache.values() == (stub, stub)


def test_the_factory_makes_each_class(flavour):
    factory = flavour.kind.factory
    for cache in (
        factory(eviction_policy=flavour.policy, max_size=3),
        factory(flavour.policy, 3),
        factory(flavour.policy, max_size=3),
        flavour.cache_class(3),
        flavour.cache_class(max_size=3),
    ):
        assert type(cache) is flavour.cache_class
        assert isinstance(cache, factory)
        assert not isinstance(cache, flavour.kind.other.factory)
        assert cache.max_size == 3


def test_the_factory_makes_an_lru_cache_of_ten_by_default(kind):
    cache = kind.factory()
    assert type(cache) is Flavour(kind, "LRU").cache_class
    assert cache.max_size == 10
    assert kind.factory("LFU").max_size == 10


def test_an_entry_that_leaves_is_let_go(flavour):
    cache = flavour.filled("abcdef", 6)
    gone = [weakref.ref(value) for value in cache.values()]
    del cache[flavour.kind.key("f")]
    cache.pop(flavour.kind.key("e"))
    cache.popitem()
    cache.max_size = 2
    flavour.store(cache, "x")
    cache.clear()
    assert [reference() for reference in gone] == [None] * 6


def test_a_cache_that_dies_lets_everything_go(flavour):
    cache = flavour.filled("abc")
    gone = [weakref.ref(value) for value in cache.values()]
    del cache
    assert [reference() for reference in gone] == [None] * 3


def test_a_cycle_through_a_cache_is_collected(flavour):
    cache = flavour.cache_class()
    stub = flavour.kind.stub()
    stub.__dict__["cache"] = cache
    cache[flavour.kind.key("a", zone=stub)] = stub
    gone = weakref.ref(stub)
    del cache, stub
    gc.collect()
    assert gone() is None


def test_an_object_may_use_the_cache_that_lets_it_go(flavour):
    class Last(flavour.kind.stub):
        def __del__(self):
            heard.append(names(cache))
            cache.get(flavour.kind.key("a"))
            if len(heard) < 20:
                cache.pop(flavour.kind.key("z"), None)
                cache[flavour.kind.key("z")] = flavour.kind.stub()

    heard = []
    cache = flavour.cache_class(3)
    for leave in (
        lambda: cache.pop(flavour.kind.key("last")),
        lambda: cache.__delitem__(flavour.kind.key("last")),
        lambda: flavour.store(cache, "bcde"),
        cache.clear,
        lambda: setattr(cache, "max_size", 1),
    ):
        cache.clear()
        cache.max_size = 3
        count = len(heard)
        cache[flavour.kind.key("last")] = Last()
        flavour.store(cache, "a")
        leave()
        assert len(heard) == count + 1
        assert len(cache) <= cache.max_size
