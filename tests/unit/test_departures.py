"""``on_evict``, ``close_evicted`` and pins: what leaves a cache, why, and who hears of it."""

import gc
import logging
import weakref

import boto3
import pytest
from support.building import Builder
from support.kinds import names, unchanged

from boto3_client_cache import CacheError, ClientCache, ClientCacheKey, ResourceCache, ResourceCacheKey, Session


@pytest.fixture
def gone():
    return []


@pytest.fixture
def make(flavour, gone):
    def make(stored="", max_size=10, **options):
        cache = flavour.cache_class(
            max_size, **{"on_evict": lambda key, _, cause: gone.append((names([key]), cause)), **options}
        )
        flavour.store(cache, stored)
        return cache

    return make


WAYS_OUT = {
    "a store": (lambda cache, flavour: flavour.store(cache, "d"), [("a", "size")]),
    "a smaller size": (lambda cache, _: setattr(cache, "max_size", 1), [("a", "size"), ("b", "size")]),
    "del": (lambda cache, flavour: cache.__delitem__(flavour.kind.key("b")), [("b", "removed")]),
    "pop": (lambda cache, flavour: cache.pop(flavour.kind.key("b")), [("b", "removed")]),
    "popitem": (lambda cache, _: cache.popitem(), [("a", "removed")]),
    "invalidate": (
        lambda cache, _: cache.invalidate(lambda *_: True),
        [("a", "removed"), ("b", "removed"), ("c", "removed")],
    ),
    "clear": (lambda cache, _: cache.clear(), [("a", "cleared"), ("b", "cleared"), ("c", "cleared")]),
    "close": (lambda cache, _: cache.close(), [("a", "cleared"), ("b", "cleared"), ("c", "cleared")]),
    "replace": (lambda cache, flavour: cache.replace(flavour.kind.key("b"), flavour.kind.stub()), [("b", "replaced")]),
    "get_or_create": (
        lambda cache, flavour: cache.get_or_create(flavour.kind.key("d"), flavour.kind.stub),
        [("a", "size")],
    ),
}


@pytest.mark.parametrize(("leave", "expected"), WAYS_OUT.values(), ids=WAYS_OUT)
def test_each_way_out_has_its_cause(make, flavour, gone, leave, expected):
    leave(make("abc", 3), flavour)
    assert gone == expected


def test_a_session_tells_of_its_victims(kind, policy, gone):
    options = {"max_size": 1, "on_evict": lambda key, _, cause: gone.append((key.label, cause))}
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": options})
    for service in ("sqs", "s3", "sqs"):
        kind.get(session, service, eviction_policy=policy)
    assert gone == [("'sqs'", "size"), ("'s3'", "size")]


def test_a_callback_may_use_the_cache(flavour):
    told = []

    def on_evict(key, departed, cause):
        told.append((names([key]), cause, len(cache)))
        if names([key]) != "z":
            cache[flavour.kind.key("z")] = departed

    cache = flavour.cache_class(2, on_evict=on_evict)
    flavour.store(cache, "abc")
    assert told[0] == ("a", "size", 2)
    assert flavour.kind.key("z") in cache


def test_a_callback_finds_the_session_free(kind, gone):
    """It may ask, in this thread and wait for another that asks, too."""
    import threading

    def on_evict(*_):
        other = threading.Thread(
            target=lambda: gone.append(kind.get(session, "sns" if kind.name == "resource" else "sqs", "us-west-2"))
        )
        other.start()
        other.join(60)
        gone.append(other.is_alive())

    options = {"max_size": 1, "on_evict": on_evict}
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": options})
    kind.get(session, "s3")
    kind.get(session, "sqs", eviction_policy="LRU")
    assert gone[-1] is False


def test_what_a_callback_raises_is_logged_and_goes_no_further(make, flavour, caplog):
    def on_evict(*_):
        raise ZeroDivisionError("my own mistake")

    cache = make("ab", 2, on_evict=on_evict)
    flavour.store(cache, "c")
    assert names(cache) == "bc"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("boto3_client_cache", logging.ERROR)
    assert "my own mistake" in caplog.text
    assert "'a' (size)" in record.getMessage()


def test_an_interruption_in_a_callback_is_raised_when_all_are_told_of(make, gone):
    def on_evict(key, _, cause):
        gone.append(names([key]))
        if len(gone) == 1:
            raise KeyboardInterrupt

    cache = make("abc", on_evict=on_evict)
    with pytest.raises(KeyboardInterrupt):
        cache.clear()
    assert gone == ["a", "b", "c"]
    assert len(cache) == 0


def test_a_cache_that_is_dropped_or_collected_tells_nobody(make, gone):
    cache = make("ab")
    del cache
    cycle = make("ab")
    seen = weakref.ref(cycle)
    loop = [cycle]
    loop.append(loop)
    del cycle, loop
    gc.collect()
    assert seen() is None
    assert gone == []


def test_a_cache_whose_callback_holds_it_can_be_collected(flavour):
    class Holder:
        def forget(self, *_):
            raise AssertionError("nothing was evicted")

        def clock(self):
            return 0.0

    holder = Holder()
    holder.cache = flavour.cache_class(on_evict=holder.forget, clock=holder.clock)
    flavour.store(holder.cache, "a")
    seen = weakref.ref(holder)
    del holder
    gc.collect()
    assert seen() is None


# ---- closing ----


class Closing:
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


@pytest.fixture
def closable(monkeypatch):
    """Make a real client and a resource whose ``close`` counts."""

    def make(kind):
        made = kind.get(boto3.Session(region_name="us-east-1"), "sqs")
        counter = Closing()
        client = made if kind.name == "client" else made.meta.client
        monkeypatch.setattr(client, "close", counter.close)
        return made, counter

    return make


LETTING_GO = {
    "a store": (lambda cache, key, other: cache.__setitem__(key("z"), other), 1),
    "a smaller size": (lambda cache, *_: setattr(cache, "max_size", 0), 1),
    "del": (lambda cache, key, _: cache.__delitem__(key("a")), 1),
    "clear": (lambda cache, *_: cache.clear(), 1),
    "close": (lambda cache, *_: cache.close(), 1),
    "invalidate": (lambda cache, *_: cache.invalidate(lambda *_: True), 1),
    "replace": (lambda cache, key, other: cache.replace(key("a"), other), 1),
    "pop": (lambda cache, key, _: cache.pop(key("a")), 0),
    "popitem": (lambda cache, *_: cache.popitem(), 0),
}


@pytest.mark.parametrize(("leave", "times"), LETTING_GO.values(), ids=LETTING_GO)
def test_what_leaves_is_closed_unless_the_caller_gets_it(flavour, closable, leave, times):
    made, counter = closable(flavour.kind)
    cache = flavour.cache_class(1, close_evicted=True)
    cache[flavour.kind.key("a")] = made
    leave(cache, flavour.kind.key, flavour.kind.stub())
    assert counter.closed == times


def test_nothing_is_closed_unless_asked_for(flavour, closable):
    made, counter = closable(flavour.kind)
    cache = flavour.cache_class(1)
    cache[flavour.kind.key("a")] = made
    cache.clear()
    assert counter.closed == 0


def test_a_close_that_fails_is_logged(kind, closable, monkeypatch, caplog):
    made, _ = closable(kind)
    client = made if kind.name == "client" else made.meta.client

    def fail():
        raise OSError("the socket is gone")

    monkeypatch.setattr(client, "close", fail)
    cache = {"client": ClientCache, "resource": ResourceCache}[kind.name](close_evicted=True)
    key = {"client": ClientCacheKey, "resource": ResourceCacheKey}[kind.name]("sqs")
    cache[key] = made
    cache.clear()
    assert "closing 'sqs' failed" in caplog.text


# ---- pins ----


def test_a_pinned_entry_is_never_a_victim(make, flavour, gone):
    cache = make("abc", 3)
    cache.pin(flavour.kind.key("a"))
    flavour.store(cache, "de")
    assert gone == [("b", "size"), ("c", "size")]
    assert cache.popitem()[0] == flavour.kind.key("d")
    cache.unpin(flavour.kind.key("a"))
    cache.pin(flavour.kind.key("e"))
    flavour.store(cache, "fg")
    assert flavour.kind.key("a") not in cache


def test_when_all_are_pinned_nothing_is_stored(make, flavour, gone):
    cache = make("ab", 2)
    for name in "ab":
        cache.pin(flavour.kind.key(name))
        cache.pin(flavour.kind.key(name))
    with unchanged(cache):
        with pytest.raises(CacheError, match="pinned"):
            flavour.store(cache, "c")
        made = flavour.kind.stub()
        assert cache.get_or_create(flavour.kind.key("c"), lambda: made) is made
        with pytest.raises(KeyError, match="pinned"):
            cache.popitem()
        with pytest.raises(CacheError, match="max_size must not be less") as caught:
            cache.max_size = 1
        assert caught.value.param == "max_size"
    assert gone == []
    cache.unpin(flavour.kind.key("a"))
    flavour.store(cache, "c")
    assert gone == [("a", "size")]


def test_a_session_hands_out_uncached_what_pins_leave_no_room_for(kind, policy):
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": {"max_size": 1}})
    first = kind.get(session, "sqs", eviction_policy=policy)
    cache = kind.caches(session)[policy]
    (key,) = cache
    cache.pin(key)
    other = kind.get(session, "s3", eviction_policy=policy)
    assert other is not kind.get(session, "s3", eviction_policy=policy)
    assert kind.get(session, "sqs", eviction_policy=policy) is first
    with pytest.raises(CacheError, match="max_size must not be less"):
        kind.get(session, "sqs", eviction_policy=policy, max_size=0)
    assert cache.max_size == 1


def test_a_size_that_pins_forbid_fails_the_call_and_caches_nothing(kind, monkeypatch):
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": {"max_size": 2}})
    builder = Builder(kind).install(kind, monkeypatch)
    cache = kind.caches(session).LRU
    for service in "ab":
        kind.get(session, service)
        cache.pin(kind.key(service))
    with unchanged(cache), pytest.raises(CacheError, match="max_size must not be less"):
        kind.get(session, "c", max_size=1)
    assert builder.count == 3
    assert kind.get(session, "c") is not kind.get(session, "c")


@pytest.mark.parametrize(
    "remove",
    [
        lambda cache, key: cache.pop(key),
        lambda cache, key: cache.__delitem__(key),
        lambda cache, _: cache.clear(),
        lambda cache, _: cache.invalidate(lambda *_: True),
    ],
)
def test_what_is_asked_to_go_goes_though_pinned(flavour, remove):
    cache = flavour.filled("a", 1)
    cache.pin(flavour.kind.key("a"))
    remove(cache, flavour.kind.key("a"))
    flavour.store(cache, "b")
    flavour.store(cache, "c")
    assert names(cache) == "c"


def test_a_pinned_entry_expires(flavour):
    now = [0.0]
    cache = flavour.cache_class(1, ttl=5, clock=lambda: now[0])
    flavour.store(cache, "a")
    cache.pin(flavour.kind.key("a"))
    now[0] = 5
    assert len(cache) == 0
    with pytest.raises(KeyError):
        cache.pin(flavour.kind.key("a"))


def test_a_copy_is_pinned_where_the_original_is(flavour):
    cache = flavour.filled("ab", 2)
    cache.pin(flavour.kind.key("a"))
    copy = cache.copy()
    flavour.store(copy, "c")
    assert sorted(names(copy)) == ["a", "c"]
    assert names(cache) == "ab"


def test_pins_need_an_entry(flavour):
    cache = flavour.filled("a")
    for method in (cache.pin, cache.unpin):
        with pytest.raises(KeyError):
            method(flavour.kind.key("b"))
        with pytest.raises(CacheError, match="Cache key must"):
            method("a")
    cache.unpin(flavour.kind.key("a"))
