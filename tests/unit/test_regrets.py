"""What was evicted for want of room and asked for again: ``regrets``, ``size_advice``, ``explain`` and the warning."""

import logging
import random
from collections import OrderedDict

import pytest
from support.kinds import CLIENT

from boto3_client_cache import ClientCache, ClientCacheKey, Session


def ask(cache, kind, names):
    """Ask for each name, storing what is missing."""
    for name in names:
        cache.get_or_create(kind.key(name), kind.stub)


def hits_of_lru(max_size, asked):
    """Replay on a cache as its definition reads."""
    held, hits = OrderedDict(), 0
    for key in asked:
        if key in held:
            hits += 1
            held.move_to_end(key)
            continue
        held[key] = None
        if len(held) > max_size:
            held.popitem(last=False)
    return hits


# ---- regrets ----


def test_a_miss_of_what_was_evicted_is_a_regret(flavour):
    cache = flavour.cache_class(1)
    ask(cache, flavour.kind, "ab")
    assert cache.cache_info().regrets == 0
    ask(cache, flavour.kind, "ac")
    assert cache.cache_info().regrets == 1


@pytest.mark.parametrize("leave", ["clear", "close", "pop", "invalidate", "expire"])
def test_what_left_in_another_way_is_none(flavour, leave):
    now = [0.0]
    cache = flavour.cache_class(2, ttl=10, clock=lambda: now[0])
    key = flavour.kind.key("a")
    ask(cache, flavour.kind, "a")
    if leave == "pop":
        cache.pop(key)
    elif leave == "invalidate":
        cache.invalidate(lambda *_: True)
    elif leave == "expire":
        now[0] = 10.0
    else:
        getattr(cache, leave)()
    assert cache.get(key) is None
    assert (cache.cache_info().misses, cache.cache_info().regrets) == (2, 0)


def test_a_copy_regrets_nothing(flavour):
    cache = flavour.cache_class(1)
    ask(cache, flavour.kind, "ab")
    copy = cache.copy()
    assert copy.get(flavour.kind.key("a")) is None
    assert copy.cache_info().regrets == 0


def test_a_session_sums_them(builder):
    session = Session(region_name="us-east-1", client_cache={"max_size": 1})
    for service in ("s3", "sqs", "s3"):
        session.client(service)
    assert session.cache_info().regrets == 1


# ---- advice ----


@pytest.mark.parametrize("seed", range(10))
def test_the_advice_is_what_larger_caches_would_have_hit(seed):
    chance = random.Random(seed)
    max_size = chance.randint(1, 8)
    asked = [f"loop-{at % 20}" if at % 3 == 0 else f"any-{int(chance.paretovariate(0.7)) % 50}" for at in range(2000)]
    cache = ClientCache(max_size=max_size)
    for name in asked:
        cache.get_or_create(ClientCacheKey(name), CLIENT.stub)
    advice = cache.size_advice()
    assert (advice.look_ups, advice.hits) == (2000, hits_of_lru(max_size, asked))
    assert (advice.double, advice.quadruple) == (hits_of_lru(2 * max_size, asked), hits_of_lru(4 * max_size, asked))
    assert advice.hits < advice.quadruple


def test_half_is_known_where_half_was_never_needed(flavour):
    cache = flavour.cache_class(4)
    ask(cache, flavour.kind, "abab")
    assert cache.size_advice()[2:] == (2, 2, 2, 2)
    assert cache.size_advice().enough == 2


def test_half_is_unknown_where_only_the_hits_could_tell(flavour):
    one, other = flavour.cache_class(4), flavour.cache_class(4)
    ask(one, flavour.kind, "abcd" + "ddddabcd")
    ask(other, flavour.kind, "abcd" + "abcdabcd")
    assert one.size_advice() == other.size_advice()
    assert one.size_advice().half is None
    assert hits_of_lru(2, "abcd" + "ddddabcd") != hits_of_lru(2, "abcd" + "abcdabcd")


def test_advice_begins_anew_with_another_size(flavour):
    cache = flavour.cache_class(1)
    ask(cache, flavour.kind, "aba")
    cache.max_size = 1
    assert cache.size_advice().double == 1
    cache.max_size = 3
    assert cache.size_advice()[:3] == (3, 0, 0)
    assert cache.cache_info().regrets == 1


def test_the_advice_says_itself():
    cache = ClientCache(max_size=2)
    ask(cache, CLIENT, "abc" * 5)
    assert cache.size_advice().enough == 4
    assert str(cache.size_advice()) == (
        "Of 15 look-ups 0 hit with max_size=2. It would have been 12 with 4, 12 with 8."
    )


def test_half_of_one_hits_nothing(flavour):
    cache = flavour.cache_class(1)
    ask(cache, flavour.kind, "aa")
    assert cache.size_advice()[2:] == (1, 0, 1, 1)


# ---- explain ----


def test_an_evicted_key_is_explained_by_its_eviction(flavour):
    now = [0.0]
    cache = flavour.cache_class(1, clock=lambda: now[0])
    ask(cache, flavour.kind, "a")
    now[0] = 1.0
    ask(cache, flavour.kind, "b")
    now[0] = 4.2
    explanation = cache.explain(flavour.kind.key("a"))
    assert explanation.evicted == pytest.approx(3.2)
    assert explanation.evicted_by == flavour.kind.key("b")
    assert "It was evicted 3.2 s ago for want of room, by 'b'." in str(explanation)
    assert cache.cache_info().misses == 2  # a question is no look-up


def test_who_took_the_place_is_not_named_once_it_has_left(flavour):
    cache = flavour.cache_class(1)
    ask(cache, flavour.kind, "abc")
    explanation = cache.explain(flavour.kind.key("a"))
    assert explanation.evicted is not None
    assert explanation.evicted_by is None
    assert "for want of room. " in str(explanation)


def test_a_smaller_size_evicts_for_nobody(flavour):
    now = [7.0]
    cache = flavour.cache_class(2, clock=lambda: now[0])
    ask(cache, flavour.kind, "ab")
    cache.max_size = 1
    now[0] = 8.0
    assert cache.explain(flavour.kind.key("a"))[3:] == (1.0, None)


def test_what_took_the_place_shows_no_secret():
    cache = ClientCache(max_size=1)
    for secret in ("first", "second"):
        cache[ClientCacheKey("s3", aws_secret_access_key=secret)] = CLIENT.stub()
    text = str(cache.explain(ClientCacheKey("s3", aws_secret_access_key="first")))
    assert "by 's3', aws_secret_access_key=***" in text
    assert "second" not in text


# ---- the warning ----


def test_a_cache_that_is_too_small_says_so_once(flavour, caplog):
    cache = flavour.cache_class(2)
    with caplog.at_level(logging.WARNING, "boto3_client_cache"):
        ask(cache, flavour.kind, "abc" * 34)
        assert not caplog.records
        ask(cache, flavour.kind, "abc" * 100)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "max_size=4 would have held" in record.getMessage()


def test_a_cache_that_hits_more_than_it_misses_says_nothing(flavour, caplog):
    cache = flavour.cache_class(2)
    with caplog.at_level(logging.WARNING, "boto3_client_cache"):
        for name in "abc" * 100:
            ask(cache, flavour.kind, name * 4)
    assert cache.cache_info().regrets >= 100
    assert not caplog.records


def test_a_log_handler_may_ask_for_the_key_that_was_missed():
    cache = ClientCache(max_size=1)

    class Asking(logging.Handler):
        def emit(self, record):
            ask(cache, CLIENT, "a")

    logger, handler = logging.getLogger("boto3_client_cache"), Asking(logging.WARNING)
    logger.addHandler(handler)
    try:
        ask(cache, CLIENT, "ab" * 100)
    finally:
        logger.removeHandler(handler)
    assert len(cache) == 1
