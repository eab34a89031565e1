"""``cache.get_or_create``: one factory call per key, and what becomes of everybody who waits for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.child import run_child

SOON = 30  # seconds: nothing here takes one, but a hang must not take for ever


@pytest.fixture
def cache(kind):
    return kind.factory(max_size=20)


class Factory:
    """Makes stand-ins, slowly enough for others to come and wait; counts its calls."""

    def __init__(self, kind, error=None):
        self.kind, self.error, self.calls = kind, error, 0
        self.called, self.go_on = threading.Event(), threading.Event()

    def __call__(self):
        self.calls += 1
        self.called.set()
        assert self.go_on.wait(SOON)
        if self.error is not None:
            raise self.error
        return self.kind.stub()


def ask(pool, cache, key, factory, number):
    """Have threads ask for one key, and let the factory go on when all of them have begun to."""
    begun = threading.Barrier(number + 1)

    def call():
        begun.wait(SOON)
        return cache.get_or_create(key, factory)

    asked = [pool.submit(call) for _ in range(number)]
    begun.wait(SOON)
    assert factory.called.wait(SOON)
    return asked


def test_a_hit_calls_no_factory(kind, cache):
    key, held = kind.key("s3"), kind.stub()
    cache[key] = held
    assert cache.get_or_create(key, pytest.fail) is held


def test_what_the_factory_makes_is_stored_and_returned(kind, cache):
    made = cache.get_or_create(kind.key("s3"), kind.stub)
    assert cache[kind.key("s3")] is made


def test_64_threads_that_ask_for_8_keys_build_8(kind, cache):
    factories = [Factory(kind) for _ in range(8)]
    for factory in factories:
        factory.go_on.set()
    start = threading.Barrier(64)

    def call(number):
        start.wait(SOON)
        return cache.get_or_create(kind.key(f"s{number % 8}"), factories[number % 8])

    with ThreadPoolExecutor(64) as pool:
        made = list(pool.map(call, range(64)))
    assert [factory.calls for factory in factories] == [1] * 8
    assert all(made[number] is cache[kind.key(f"s{number % 8}")] for number in range(64))


def test_a_flight_that_lands_right_after_the_look_up_is_not_flown_again(flavour):
    def lands_now(*_):  # a miss drops what has expired, and tells of it
        built.append(cache.get_or_create(flavour.kind.key("s3"), flavour.kind.stub))

    now, built = [0.0], []
    cache = flavour.cache_class(ttl=10, clock=lambda: now[0], on_evict=lands_now)
    flavour.store(cache, "a")
    now[0] = 11
    assert cache.get_or_create(flavour.kind.key("s3"), pytest.fail) is built[0]


def test_different_keys_are_built_in_parallel(kind, cache):
    together = threading.Barrier(2)

    def factory():
        together.wait(SOON)
        return kind.stub()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: cache.get_or_create(kind.key(name), factory), ["a", "b"]))
    assert len(cache) == 2


def test_an_error_reaches_every_waiter_and_the_next_call_tries_again(kind, cache):
    key, factory = kind.key("s3"), Factory(kind, OSError("no route"))
    with ThreadPoolExecutor(4) as pool:
        asked = ask(pool, cache, key, factory, 4)
        factory.go_on.set()
        errors = {id(call.exception(SOON)) for call in asked}
    assert factory.calls <= 4
    assert id(factory.error) in errors
    assert len(errors) == 1
    assert key not in cache
    assert isinstance(cache.get_or_create(key, kind.stub), kind.base)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_a_waiter_takes_over_from_an_interrupted_builder(kind, cache, interruption):
    key, factory = kind.key("s3"), Factory(kind, interruption())

    def be_interrupted():
        with pytest.raises(interruption):
            cache.get_or_create(key, factory)

    builder = threading.Thread(target=be_interrupted)
    builder.start()
    assert factory.called.wait(SOON)
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(cache.get_or_create, key, kind.stub)
        factory.go_on.set()
        assert waiter.result(SOON) is cache[key]
    builder.join(SOON)


def test_a_factory_that_makes_something_else_is_an_error_and_leaves_nothing(kind, cache):
    key = kind.key("s3")
    with pytest.raises(kind.error, match="^Cache value must") as caught:
        cache.get_or_create(key, lambda: "text")
    assert caught.value.value == "text"
    assert len(cache) == 0
    assert isinstance(cache.get_or_create(key, kind.stub), kind.base)


def test_a_factory_that_cannot_be_called_is_an_error(kind, cache):
    with pytest.raises(kind.error, match="^factory must be callable") as caught:
        cache.get_or_create(kind.key("s3"), 5)
    assert (caught.value.param, caught.value.value) == ("factory", 5)


def test_a_key_of_another_type_is_an_error(kind, cache):
    with pytest.raises(kind.error, match="^Cache key must"):
        cache.get_or_create("s3", kind.stub)


def test_a_factory_that_asks_for_its_own_key_is_an_error_not_a_hang(kind, cache):
    key = kind.key("s3")
    with pytest.raises(kind.error, match="asks for what it is itself creating") as caught:
        cache.get_or_create(key, lambda: cache.get_or_create(key, kind.stub))
    assert caught.value.value == "'s3'"
    assert len(cache) == 0


def test_a_factory_may_ask_for_another_key(kind, cache):
    def factory():
        cache.get_or_create(kind.key("b"), kind.stub)
        return kind.stub()

    cache.get_or_create(kind.key("a"), factory)
    assert set(cache) == {kind.key("a"), kind.key("b")}


def test_two_factories_that_ask_for_each_others_key_are_an_error_not_a_hang(kind, cache):
    together = threading.Barrier(2)

    def build(own, other):
        def factory():
            together.wait(SOON)
            cache.get_or_create(kind.key(other), kind.stub)
            return kind.stub()

        return cache.get_or_create(kind.key(own), factory)

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(build, *names) for names in (("a", "b"), ("b", "a"))]
        errors = [call.exception(SOON) for call in asked]
    assert any(isinstance(error, kind.error) for error in errors)
    assert all("wait for each other" in str(error) for error in errors if error is not None)


def test_a_cache_of_size_zero_shares_nothing(kind):
    cache = kind.factory(max_size=0)
    key = kind.key("s3")
    assert cache.get_or_create(key, kind.stub) is not cache.get_or_create(key, kind.stub)
    assert len(cache) == 0


def test_what_was_stored_by_hand_meanwhile_is_kept(kind, cache):
    key, by_hand = kind.key("s3"), kind.stub()

    def factory():
        cache[key] = by_hand
        return kind.stub()

    assert cache.get_or_create(key, factory) is by_hand
    assert cache[key] is by_hand


def test_what_was_made_is_stored_when_what_was_stored_by_hand_expires_at_that_moment(kind):
    times = [0.0]  # what the clock says next; the last for ever
    cache = kind.factory(ttl=10, clock=lambda: times.pop(0) if len(times) > 1 else times[0])
    key = kind.key("s3")

    def factory():
        cache[key] = kind.stub()
        times[:] = [9.0, 11.0]
        return kind.stub()

    made = cache.get_or_create(key, factory)
    assert cache.get(key) is made


def test_waiting_counts_as_a_use(kind):
    cache = kind.factory("LFU", max_size=2)
    factory = Factory(kind)
    with ThreadPoolExecutor(4) as pool:
        asked = ask(pool, cache, kind.key("a"), factory, 4)
        factory.go_on.set()
        for call in asked:
            call.result(SOON)
    cache[kind.key("b")] = kind.stub()
    for _ in range(2):
        cache.get(kind.key("b"))
    assert cache.popitem()[0] == kind.key("b")  # three uses against four


def test_ctrl_c_ends_a_wait():
    run_child(
        """
        import os, signal, threading, time
        from support.kinds import CLIENT
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
        cache, key = CLIENT.factory(), CLIENT.key("s3")
        started, interrupted = threading.Event(), threading.Event()
        def factory():
            started.set()
            threading.Event().wait()
        def press():  # again and again: a signal just before a wait begins does not end it
            while not interrupted.wait(1):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        threading.Thread(target=cache.get_or_create, args=(key, factory), daemon=True).start()
        started.wait()
        threading.Thread(target=press, daemon=True).start()
        try:
            cache.get_or_create(key, CLIENT.stub)
        except KeyboardInterrupt:
            interrupted.set()
            os._exit(0)  # past the builder, which never ends
        os._exit(1)
        """
    )
