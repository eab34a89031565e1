"""One client cache for several sessions: each finds its own clients, and one size and one order hold for all."""

import copy
import gc
import pickle
import random
import threading
import weakref
from collections import Counter

import boto3
import pytest
from support.building import Builder
from support.child import run_child
from support.kinds import CLIENT, StubClient

from boto3_client_cache import (
    ClientCache,
    ClientCacheError,
    ClientCacheKey,
    ClientCacheNotFoundError,
    ResourceCache,
    ResourceCacheError,
    Session,
    _core,
    install,
    uninstall,
)


@pytest.fixture
def stubs(monkeypatch):
    """Have boto3 build stand-ins: what is asked here is who gets which."""
    return Builder(CLIENT).install(CLIENT, monkeypatch)


@pytest.fixture
def shared():
    return ClientCache(max_size=4)


def sessions_of(shared, number=2):
    return [Session(region_name="us-east-1", client_cache=shared) for _ in range(number)]


def part_of(session):
    return session.cache.client.LRU


def names(keys):
    return [key.key[0][0] for key in keys]


def test_each_session_finds_its_own_clients_only(shared):
    one, other = (
        Session(aws_access_key_id=name, aws_secret_access_key="-", region_name="us-east-1", client_cache=shared)
        for name in ("one", "other")
    )
    ours, theirs = one.client("sqs"), other.client("sqs")
    assert one.client("sqs") is ours is not theirs is other.client("sqs")
    assert ours._request_signer._credentials.access_key == "one"
    assert theirs._request_signer._credentials.access_key == "other"
    key = ClientCacheKey("sqs")
    assert part_of(one)[key] is ours is not part_of(other)[key]


def test_the_least_recently_used_client_of_any_session_gives_way(shared, stubs):
    one, other = sessions_of(shared)
    for session, service in ((one, "a"), (other, "a"), (one, "b"), (other, "b"), (one, "a")):
        session.client(service)
    one.client("c")
    assert names(part_of(one)) == ["b", "a", "c"]
    assert names(part_of(other)) == ["b"]
    assert len(shared) == 4


@pytest.mark.parametrize("seed", range(20))
def test_sessions_share_as_one_cache_of_theirs_and_the_service(policy, seed, stubs):
    """Whatever is asked for, in any order: exactly what one cache does whose keys say the session too."""
    dice = random.Random(seed)
    shared, model = ClientCache(policy, 5), ClientCache(policy, 5)
    sessions = sessions_of(shared, 3)
    held = {}
    for _ in range(300):
        number, service = dice.randrange(3), dice.choice("abcd")
        asked = ClientCacheKey(service, api_version=str(number))
        expected = model.get(asked)
        made = sessions[number].client(service)
        if expected is None:
            model[asked] = StubClient()
            assert held.get((number, service)) is not made
        else:
            assert held[number, service] is made
        held[number, service] = made
        if dice.random() < 0.05:
            shared.max_size = model.max_size = dice.randrange(7)
        if dice.random() < 0.05:
            gone = dice.randrange(3)
            part_of(sessions[gone]).clear()
            model.invalidate(lambda key, _, gone=str(gone): dict(key.key[1])["api_version"] == gone)
        if dice.random() < 0.05 and len(shared):
            (shared_key, _), (key, _) = shared.popitem(), model.popitem()
            assert names([shared_key]) == names([key])
        assert names(shared) == names(model)
        assert [len(part_of(session)) for session in sessions] == [
            sum(dict(key.key[1])["api_version"] == str(number) for key in model) for number in range(3)
        ]
    mine, models = shared.cache_info(), model.cache_info()
    assert (mine.hits, mine.misses, mine.evictions) == (models.hits, models.misses, models.evictions)


def test_a_part_is_a_dict_of_the_sessions_own(shared, stubs):
    one, other = sessions_of(shared)
    made = [one.client("a"), one.client("b")]
    other.client("a")
    part = part_of(one)
    a, b = ClientCacheKey("a"), ClientCacheKey("b")
    assert list(part) == [a, b]
    assert list(reversed(part)) == [b, a]
    assert list(part.items()) == [(a, made[0]), (b, made[1])]
    assert list(part.values()) == made
    assert len(part) == 2
    assert a in part
    assert ClientCacheKey("c") not in part
    assert part.get(a) is made[0]
    assert part.get(ClientCacheKey("c")) is None
    with pytest.raises(ClientCacheNotFoundError):
        part[ClientCacheKey("c")]
    assert part.popitem() == (b, made[1])
    assert part.pop(a) is made[0]
    assert len(part) == 0
    assert len(part_of(other)) == 1
    part[a] = made[0]
    assert one.client("a") is made[0]
    del part[a]
    assert a not in part
    assert a in part_of(other)
    with pytest.raises(ClientCacheNotFoundError, match="No clients found"):
        part.popitem()


def test_both_policies_of_a_session_are_its_part(shared, stubs):
    (one,) = sessions_of(shared, 1)
    made = one.client("a")
    assert one.cache.client.LRU is one.cache.client.LFU
    assert one.client("a", eviction_policy="LRU") is made
    with pytest.raises(ClientCacheError, match="Invalid eviction policy") as raised:
        one.client("a", eviction_policy="LFU")
    assert (raised.value.param, raised.value.value) == ("eviction_policy", "LFU")
    assert one.cache.invalidate(lambda *_: True) == 1


def test_a_shared_cache_of_the_other_policy_needs_no_word(stubs):
    (one,) = sessions_of(ClientCache("LFU", 4), 1)
    made = one.client("a")
    assert one.client("a") is made is one.client("a", eviction_policy="LFU")
    with pytest.raises(ClientCacheError, match="Invalid eviction policy"):
        one.client("a", eviction_policy="LRU")


def test_one_session_cannot_resize_what_others_share(shared, stubs):
    one, other = sessions_of(shared)
    one.client("a")
    for resize in (
        lambda: one.client("a", max_size=1),
        lambda: one.client("b", max_size=1),
        lambda: setattr(part_of(other), "max_size", 1),
    ):
        with pytest.raises(ClientCacheError, match="shared with other sessions") as raised:
            resize()
        assert (raised.value.param, raised.value.value) == ("max_size", 1)
    assert stubs.count == 1
    assert shared.max_size == 4
    assert one.client("a", max_size=4) is one.client("a")


def test_what_is_pinned_by_one_session_bounds_all(shared, stubs):
    one, other = sessions_of(shared)
    for service in "abcd":
        one.client(service)
        part_of(one).pin(ClientCacheKey(service))
    assert other.client("a") is not other.client("a")  # there is no room: built, and not kept
    assert len(shared) == 4
    assert len(part_of(other)) == 0
    with pytest.raises(ClientCacheError, match="pinned"):
        shared.max_size = 3
    part_of(one).unpin(ClientCacheKey("b"))
    assert other.client("a") is other.client("a")
    assert names(part_of(one)) == ["a", "c", "d"]


def test_clearing_and_closing_a_part_leaves_the_others(shared, stubs):
    one, other = sessions_of(shared)
    one.client("a")
    kept = other.client("a")
    part_of(one).clear()
    assert len(part_of(one)) == 0
    assert other.client("a") is kept
    part_of(one).close()
    assert part_of(one).closed
    assert not shared.closed
    assert not part_of(other).closed
    with pytest.raises(ClientCacheError, match="closed"):
        one.client("a")
    assert other.client("a") is kept


def test_what_is_done_to_the_shared_cache_is_done_to_all(shared, stubs):
    sessions = sessions_of(shared)
    for session in sessions:
        session.client("a")
        session.client("b")
    assert shared.invalidate(lambda key, _: key.key[0] == ("a",)) == 2
    assert [names(part_of(session)) for session in sessions] == [["b"], ["b"]]
    shared.clear()
    assert [len(part_of(session)) for session in sessions] == [0, 0]
    sessions[0].client("a")
    shared.close()
    for session in sessions:
        with pytest.raises(ClientCacheError, match="closed"):
            session.client("a")


def test_the_keys_of_a_shared_cache_tell_the_sessions_apart(shared, stubs):
    sessions = sessions_of(shared)
    made = [session.client("a") for session in sessions]
    first, second = shared
    assert first != second
    assert hash(first) != hash(second)
    assert first.label == second.label == "'a'"
    assert first != ClientCacheKey("a")
    assert first not in {ClientCacheKey("a")}
    assert [shared[first], shared[second]] == made
    assert ClientCacheKey("a") not in shared
    for text in (str(first), repr(first), repr(shared)):
        assert "'a'" in text
        assert "of session " in text
    assert first == copy.copy(first) == copy.deepcopy(first)


def test_a_key_of_one_session_is_none_of_anothers_part(shared, stubs):
    one, other = sessions_of(shared)
    one.client("a")
    (key,) = shared
    for part in (part_of(one), part_of(other)):
        assert key not in part
        for use in (part.__getitem__, part.get, part.pin, lambda key, part=part: part.__setitem__(key, StubClient())):
            with pytest.raises(ClientCacheError, match="Cache key must be of no session"):
                use(key)
    assert len(shared) == 1


def test_a_key_of_a_shared_cache_is_not_pickled(shared, stubs):
    (one,) = sessions_of(shared, 1)
    one.client("a")
    with pytest.raises(ClientCacheError, match="cannot be pickled"):
        pickle.dumps(next(iter(shared)))
    assert pickle.loads(pickle.dumps(next(iter(part_of(one))))) == ClientCacheKey("a")


def test_the_callback_of_the_shared_cache_hears_of_all_sessions(stubs):
    gone = []
    shared = ClientCache(max_size=1, on_evict=lambda key, held, cause: gone.append((key, held, cause)))
    one, other = sessions_of(shared)
    first = one.client("a")
    (key,) = shared
    second = other.client("a")
    (other_key,) = shared
    part_of(other).clear()
    assert gone == [(key, first, "size"), (other_key, second, "cleared")]


def test_ages_and_clock_are_the_shared_caches(stubs):
    now = [0.0]
    shared = ClientCache(max_size=4, ttl=10, clock=lambda: now[0])
    one, other = sessions_of(shared)
    first = one.client("a")
    now[0] = 5.0
    second = other.client("a")
    assert part_of(one).ttl == 10
    now[0] = 11.0
    assert other.client("a") is second
    assert one.client("a") is not first
    now[0] = 16.0
    assert part_of(one).expire() == 1
    assert shared.cache_info().expirations == 2


def test_counts_are_those_of_the_shared_cache(shared, stubs):
    one, other = sessions_of(shared)
    one.client("a")
    one.client("a")
    other.client("a")
    info = shared.cache_info()
    assert (info.hits, info.misses, info.creations, info.currsize, info.maxsize) == (1, 2, 2, 2, 4)
    assert part_of(one).cache_info() == info == part_of(other).cache_info()


def test_the_metrics_count_a_shared_cache_once(shared, stubs):
    def counted():
        gc.collect()
        (row,) = [info for kind, policy, info in _core.totals() if (kind, policy) == ("client", "LRU")]
        return row

    before = counted()
    sessions = sessions_of(shared, 5)
    for session in sessions:
        session.client("a")
    after = counted()
    assert after.misses - before.misses == 5
    assert after.creations - before.creations == 5
    assert after.currsize - before.currsize == 4
    assert [cache for cache in _core.live_caches() if cache is shared] == [shared]
    assert not [cache for cache in _core.live_caches() for session in sessions if cache is part_of(session)]
    stubs.calls.clear()
    del sessions, session
    gone = counted()
    assert gone.misses - before.misses == 5
    assert gone.currsize == before.currsize


def test_an_explanation_names_who_took_the_place_in_another_session(stubs):
    shared = ClientCache(max_size=1)
    one, other = sessions_of(shared)
    one.client("a")
    other.client("b")
    (taker,) = shared
    explanation = part_of(one).explain(ClientCacheKey("a"))
    assert not explanation.cached
    assert explanation.evicted_by == taker
    assert f"by {taker}" in str(explanation)


def test_an_explanation_tells_sessions_apart(shared, stubs):
    one, _other = sessions = sessions_of(shared)
    for session in sessions:
        session.client("a")
    key = next(iter(shared))
    explanation = shared.explain(ClientCacheKey("a"))
    assert set(explanation.differences) == {"session"}
    assert explanation.nearest != key
    part_of(one).clear()
    explanation = shared.explain(key)
    assert set(explanation.differences) == {"session"}
    assert "session (" in str(explanation)


def test_one_warning_for_all_that_share_a_cache_too_small(caplog, stubs):
    shared = ClientCache(max_size=2)
    sessions = sessions_of(shared, 4)
    for _ in range(100):
        for session in sessions:
            session.client("a")
    assert [record.levelname for record in caplog.records if "too small" in record.message] == ["WARNING"]
    assert shared.size_advice().enough == 4


def test_the_clients_of_a_session_that_dies_leave(shared):
    one, other = sessions_of(shared)
    kept = other.client("sqs")
    client = weakref.ref(one.client("sqs"))
    held = weakref.ref(one)
    del one
    gc.collect()
    assert held() is None
    assert client() is None
    assert len(shared) == 1
    assert other.client("sqs") is kept


def test_sessions_that_hold_each_other_by_their_clients_die_with_the_shared_cache():
    shared = ClientCache()
    one, other = sessions_of(shared)
    one.client("sqs").other, other.client("sqs").other = other, one
    dead = [weakref.ref(each) for each in (one, other, shared)]
    del one, other, shared
    gc.collect()
    assert [reference() for reference in dead] == [None] * 3


def test_a_copy_of_a_part_is_independent_of_all(shared, stubs):
    one, other = sessions_of(shared)
    made = [one.client("a"), one.client("b")]
    other.client("c")
    one.client("a")
    copied = part_of(one).copy()
    assert list(copied.items()) == [(ClientCacheKey("b"), made[1]), (ClientCacheKey("a"), made[0])]
    assert copied == part_of(one)
    copied.max_size = 1
    assert names(copied) == ["a"]
    assert len(shared) == 3
    one.cache.clear()
    assert copied[ClientCacheKey("a")] is made[0]
    del one, other
    assert len(copied) == 1
    assert list(gc.get_referents(copied))


def test_a_copy_of_a_session_shares_with_it_and_has_a_part_of_its_own(shared, stubs):
    (one,) = sessions_of(shared, 1)
    made = one.client("a")
    another = copy.copy(one)
    assert another.client("a") is not made is one.client("a")
    assert len(shared) == 2


def test_a_size_of_zero_keeps_nothing_of_any_session(stubs):
    one, other = sessions_of(ClientCache(max_size=0))
    assert one.client("a") is not one.client("a")
    assert other.client("a") is not one.client("a")


@pytest.mark.parametrize(
    ("client_cache", "message"),
    [
        (5, "client_cache must be a mapping of a cache's keyword options or a ClientCache"),
        (ResourceCache(), "client_cache must be a mapping"),
    ],
    ids=["a number", "a resource cache"],
)
def test_what_cannot_be_shared_is_named(client_cache, message):
    with pytest.raises(ClientCacheError, match=message) as raised:
        Session(client_cache=client_cache)
    assert raised.value.param == "client_cache"


def test_resources_are_not_shared():
    with pytest.raises(ResourceCacheError, match="resource_cache must be a mapping"):
        Session(resource_cache=ResourceCache())


def test_a_part_is_not_shared_further(shared):
    (one,) = sessions_of(shared, 1)
    with pytest.raises(ClientCacheError, match="one session's part") as raised:
        Session(client_cache=part_of(one))
    assert raised.value.param == "client_cache"


def test_a_session_of_boto3_shares_while_it_is_patched(shared):
    install()
    try:
        one, other = (boto3.Session(region_name="us-east-1", client_cache=shared) for _ in range(2))
        assert one.client("sqs") is one.client("sqs") is not other.client("sqs")
        assert len(shared) == 2
    finally:
        uninstall()


def test_threads_of_many_sessions_never_hold_more_than_fit(stubs):
    most, seen, errors = 8, Counter(), []
    shared = ClientCache(max_size=most)
    sessions = sessions_of(shared, 6)
    built = [0]
    owners = {}
    lock = threading.Lock()

    def build():
        with lock:
            built[0] += 1
        return StubClient()

    stubs.make = build
    stop = threading.Event()

    def ask(seed):
        dice = random.Random(seed)
        try:
            for _ in range(1500):
                number, service = dice.randrange(6), dice.choice("abcd")
                made = sessions[number].client(service)
                with lock:
                    assert owners.setdefault(id(made), (number, service, made))[:2] == (number, service)
                if dice.random() < 0.01:
                    part_of(sessions[number]).clear()
        except BaseException as error:
            errors.append(error)

    def watch():
        while not stop.is_set():
            seen[len(shared) <= most] += 1

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    watcher = threading.Thread(target=watch)
    for thread in (watcher, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    watcher.join()
    assert not errors
    assert set(seen) == {True}
    info = shared.cache_info()
    assert info.creations == built[0]
    assert info.currsize == sum(len(part_of(session)) for session in sessions) <= most


def test_a_client_that_is_stored_while_its_part_closes_does_not_stay(stubs):
    shared = ClientCache(max_size=4)
    (one,) = sessions_of(shared, 1)

    def build():
        part_of(one).close()
        return StubClient()

    stubs.make = build
    with pytest.raises(ClientCacheError, match="closed"):
        one.client("a")
    assert len(shared) == 0


def test_a_forked_child_starts_with_an_empty_shared_cache():
    run_child(
        """
import os
from boto3_client_cache import ClientCache, Session
from support.forking import in_child

shared = ClientCache(max_size=4)
one, other = (Session(region_name="us-east-1", client_cache=shared) for _ in range(2))
ours, theirs = one.client("sqs"), other.client("sqs")

def check():
    assert len(shared) == 0 and shared.cache_info().misses == 0
    assert one.client("sqs") is not ours
    assert other.client("sqs") is not one.client("sqs")
    assert len(shared) == 2

if hasattr(os, "fork"):
    in_child(check)
assert (one.client("sqs"), other.client("sqs")) == (ours, theirs)
"""
    )
