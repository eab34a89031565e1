"""Defects that were found by reading: each test is named after what a user would have seen."""

from __future__ import annotations

import copy
import logging
import pickle
import signal
import threading
import time

import boto3
import pytest
from botocore.config import Config
from support.building import Builder
from support.child import run_child
from support.kinds import CLIENT, names

from boto3_client_cache import ClientCache, ClientCacheError, ClientCacheKey, Session, _core

PASSWORD = "hunter2"


@pytest.mark.parametrize(
    "call",
    [
        {"endpoint_url": f"https://user:{PASSWORD}@h".encode()},
        {"endpoint_url": bytearray(f"https://user:{PASSWORD}@h".encode())},
        {"config": Config(proxies={"https": f"user:{PASSWORD}@h".encode()})},
        {"config": Config(proxies={f"http://user:{PASSWORD}@h": "x", "zzz": "y"})},
    ],
    ids=["bytes", "bytearray", "proxy in bytes", "host of a proxy"],
)
def test_a_password_in_an_unusual_place_was_shown(call):
    key = ClientCacheKey("s3", **call)
    assert PASSWORD not in f"{key.label} {key.key} {key!r}"
    assert PASSWORD.encode() not in pickle.dumps(key)
    assert pickle.loads(pickle.dumps(key)) == key
    assert key == ClientCacheKey("s3", **call)


def test_a_lone_surrogate_switched_masking_off():
    class Gateway:
        def __repr__(self):
            return f"\udc80 https://u:{PASSWORD}@h"

    assert PASSWORD not in ClientCacheKey("s3", gateway=Gateway()).label


@pytest.mark.parametrize(
    "wrong",
    [
        f"https://user:{PASSWORD}{'z' * 200}@h".encode(),
        type("Text", (str,), {})(f"https://user:{PASSWORD}{'z' * 200}@h"),
        type("Options", (dict,), {})(aws_secret_access_key=PASSWORD),
    ],
    ids=["bytes", "a derived str", "a derived dict"],
)
def test_a_secret_was_shown_in_the_error_of_a_wrong_key(wrong):
    with pytest.raises(ClientCacheError) as caught:
        ClientCache()[wrong]
    assert PASSWORD not in f"{caught.value} {caught.value!r} {caught.value.value}"


@pytest.mark.parametrize(
    "credential", ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2lu" * 50]
)
@pytest.mark.parametrize("shape", [str, lambda text: ("s3", text), lambda text: ["s3", [text]], lambda text: {text}])
def test_a_bare_credential_was_shown_in_the_error_of_a_wrong_key(shape, credential):
    with pytest.raises(ClientCacheError) as caught:
        ClientCache()[shape(credential)]
    assert credential[:60] not in f"{caught.value} {caught.value!r} {caught.value.value}"
    assert "***" in str(caught.value)


def test_the_error_of_a_wrong_key_shows_what_is_no_credential():
    with pytest.raises(ClientCacheError) as caught:
        ClientCache()["resourcegroupstaggingapi", "ap-southeast-1", 3]
    assert caught.value.value == "('resourcegroupstaggingapi', 'ap-southeast-1', 3)"


def test_a_password_without_a_scheme_was_shown_when_given_twice():
    with pytest.raises(ClientCacheError) as caught:
        ClientCacheKey("s3", None, None, True, None, "https://a", endpoint_url=f"user:{PASSWORD}@host")
    assert PASSWORD not in str(caught.value)


def test_a_surplus_positional_was_shown():
    with pytest.raises(ClientCacheError) as caught:
        ClientCacheKey(*["s3", *[None] * 10, PASSWORD])
    assert PASSWORD not in f"{caught.value} {caught.value!r}"


def test_secrets_in_the_fields_of_an_error_were_shown():
    error = ClientCacheError("m", value=f"https://u:{PASSWORD}@h", details={"aws_secret_access_key": PASSWORD})
    assert PASSWORD not in f"{error} {error!r}"


@pytest.mark.parametrize(
    ("args", "kwargs", "label"),
    [
        (("s3", None, None, None), {"use_ssl": None}, "'s3', None, None, None, use_ssl=None"),
        ((None,), {"service_name": None}, "None"),
        (("s3",), {"zone": {float("nan"), float("nan")}}, "'s3', zone={nan, nan}"),
    ],
)
def test_the_label_of_a_legitimate_key_raised(args, kwargs, label):
    assert ClientCacheKey(*args, **kwargs).label == label


def test_an_option_that_grows_while_it_is_shown_aborted_the_process():
    class Grows(str):
        __slots__ = ()

        def __repr__(self):
            other.append(other)
            return "Grows()"

    other: list[object] = []
    with pytest.raises(ClientCacheError, match="changes while it is read"):
        ClientCacheKey("s3", zone=[Grows("a"), other])


def test_a_class_without_a_utf8_name_crashed():
    odd = type("Odd", (str,), {"__qualname__": "\ud800"})
    assert ClientCacheKey("s3", zone=odd("x")) == ClientCacheKey("s3", zone=odd("x"))


def test_an_unpickled_config_was_another_key():
    assert ClientCacheKey("s3", config=pickle.loads(pickle.dumps(Config()))) == ClientCacheKey("s3")


def test_a_config_with_an_attribute_of_the_users_failed_beside_a_default_config():
    session = Session(region_name="us-east-1")
    session._session.set_default_client_config(Config(read_timeout=7))
    config = Config(connect_timeout=3)
    config.mine = 1
    made = session.client("sqs", config=config)
    assert (made.meta.config.read_timeout, made.meta.config.connect_timeout) == (7, 3)


def test_a_copied_session_shared_its_originals_clients():
    session = Session(region_name="us-east-1")
    held = session.client("sqs")
    twin = copy.copy(session)
    assert twin.client("sqs") is not held
    assert twin.client("sqs") is twin.client("sqs")
    assert session.client("sqs") is held


def test_a_deeply_copied_cache_of_a_session_is_empty():
    session = Session(region_name="us-east-1")
    session.client("sqs")
    assert len(copy.deepcopy(session.cache).client.LRU) == 0


def test_a_cache_forgot_the_name_of_its_class():
    with pytest.raises(AttributeError, match="LRUClientCache"):
        ClientCache().nope


def test_a_missing_argument_was_a_runtime_error():
    with pytest.raises(TypeError):
        ClientCache().get_or_create(ClientCacheKey("s3"))


def test_a_destructor_that_builds_while_a_creation_is_registered_hung_every_miss():
    run_child(
        """
        import threading
        from support.kinds import CLIENT, names

        cache, real = CLIENT.factory(), threading.get_ident

        class Miss:
            def __del__(self):
                cache.get_or_create(CLIENT.key("other"), CLIENT.stub)

        def get_ident():
            threading.get_ident = real
            Miss()  # as if the collector ran here
            return real()

        threading.get_ident = get_ident
        cache.get_or_create(CLIENT.key("s3"), CLIENT.stub)
        assert len(cache) == 2
        """
    )


def test_a_victim_was_told_of_twice_when_another_thread_led_the_creation(monkeypatch):
    """The thread that has the session's turn leads what another one waits to build."""
    told = []
    options = {"max_size": 1, "on_evict": lambda key, *_: told.append(key.label)}
    session = Session(region_name="us-east-1", client_cache=options)
    threads = []

    def build(self, service):
        if service == "outer":
            threads.append(threading.Thread(target=session.client, args=("inner",)))
            threads[0].start()
            while ClientCacheKey("inner") not in session.cache.client.LRU._creating():
                time.sleep(0.001)
            session.client("inner")
        return CLIENT.stub()

    monkeypatch.setattr(boto3.Session, "client", build)
    for service in ("first", "outer"):
        session.client(service)
    threads[0].join(60)
    assert told == ["'first'", "'inner'"]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="threads of this system get no signals")
def test_a_wait_in_a_signal_handler_made_the_wait_it_interrupted_invisible():
    """The two then waited for each other and hung."""
    run_child(
        """
        import signal, threading, time
        from support.kinds import CLIENT, names
        from boto3_client_cache import CacheError, _core

        cache = CLIENT.factory()
        a, b, c = map(CLIENT.key, "abc")
        main, landed, began = threading.get_ident(), threading.Event(), threading.Event()
        refused = []

        def until_main_waits(times):
            while _core.waiting_threads().count(main) < times:
                time.sleep(0.001)

        def make_c():
            signal.pthread_kill(main, signal.SIGUSR1)
            until_main_waits(2)  # for b, and in the signal handler for c
            return CLIENT.stub()

        def on_signal(*_):
            cache.get_or_create(c, CLIENT.stub)
            landed.set()

        signal.signal(signal.SIGUSR1, on_signal)

        def make_b():
            began.set()
            until_main_waits(1)
            builder = threading.Thread(target=cache.get_or_create, args=(c, make_c))
            builder.start()
            builder.join(60)
            assert landed.wait(60)
            try:
                cache.get_or_create(a, CLIENT.stub)
            except CacheError:
                refused.append(True)
            return CLIENT.stub()

        other = threading.Thread(target=cache.get_or_create, args=(b, make_b))
        other.start()
        assert began.wait(60)
        cache.get_or_create(a, lambda: (cache.get_or_create(b, CLIENT.stub), CLIENT.stub())[1])
        other.join(60)
        assert refused == [True]
        """,
        timeout=30,
    )


@pytest.fixture
def emit():
    """Have the package's logger call what is put into the list with every record."""
    emits = []
    handler = logging.Handler()
    handler.emit = lambda record: [emit(record) for emit in emits]
    logger = logging.getLogger("boto3_client_cache")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield emits
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)


def test_a_log_handler_that_raises_kept_on_evict_from_being_called(emit):
    told = []
    cache = ClientCache(on_evict=lambda key, *_: told.append(key.label))
    for name in "ab":
        cache[ClientCacheKey(name)] = CLIENT.stub()
    emit.append(lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cache.clear()
    assert told == ["'a'", "'b'"]


def test_a_log_handler_that_uses_the_client_kept_it_from_being_built(emit, session):
    used = []
    emit.append(lambda _: used.append(session.client("logs")))
    assert session.client("logs") is used[0]


def test_a_log_handler_that_asks_for_a_client_hung_with_the_thread_that_builds_one():
    """Each had what the other waited for: the handler's lock, and the session's turn."""
    run_child(
        """
        import logging, threading, time
        import boto3
        from support.kinds import CLIENT, names
        from boto3_client_cache import Session, _core

        session = Session(region_name="us-east-1")
        handles, asks = threading.Event(), threading.Event()

        def build(self, service):
            if service == "first":
                handles.set()
                assert asks.wait(60)
                while other.ident not in _core.waiting_threads():
                    time.sleep(0.001)
            return CLIENT.stub()

        class Handler(logging.Handler):
            def emit(self, record):
                if record.getMessage() == "mine":
                    asks.set()
                    session.client("second")

        boto3.Session.client = build
        logger = logging.getLogger("boto3_client_cache")
        logger.addHandler(Handler())
        logger.setLevel(logging.DEBUG)

        def log():
            assert handles.wait(60)
            logger.debug("mine")

        other = threading.Thread(target=log)
        other.start()
        session.client("first")
        other.join()
        """,
        timeout=30,
    )


def test_a_wrong_size_of_one_call_failed_others_that_gave_none(kind, monkeypatch):
    """They only waited for the same object."""
    session = Session(region_name="us-east-1")
    cache = kind.caches(session).LRU
    for name in "ab":
        cache[kind.key(name)] = kind.stub()
        cache.pin(kind.key(name))
    builder = Builder(kind).install(kind, monkeypatch)
    waiter = threading.Thread(target=lambda: got.append(kind.get(session, "c")))
    got = []

    def make():
        if builder.count == 1:
            waiter.start()
            while waiter.ident not in _core.waiting_threads():
                time.sleep(0.001)
        return kind.stub()

    builder.make = make
    with pytest.raises(kind.error, match="max_size"):
        kind.get(session, "c", max_size=1)
    waiter.join(60)
    assert got == [kind.get(session, "c")]


@pytest.mark.parametrize("options", [{"max_size": 10**5000}, {"ttl": 10**5000}])
def test_the_error_of_a_huge_number_could_not_be_shown(options):
    with pytest.raises(ClientCacheError) as caught:
        ClientCache(**options)
    assert "an integer of 16610 bits" in f"{caught.value}"
    with pytest.raises(ClientCacheError, match=r"Cache key must .* bits"):
        ClientCache()[[10**5000]]


def test_a_smaller_size_evicted_what_was_good_and_kept_what_had_expired(flavour):
    now, gone = [0.0], []
    cache = flavour.cache_class(
        2, ttl=10, clock=lambda: now[0], on_evict=lambda key, _, cause: gone.append((names([key]), cause))
    )
    flavour.store(cache, "a")
    now[0] = 5
    flavour.store(cache, "b")
    now[0] = 9
    flavour.use(cache, "aa")
    now[0] = 11
    cache.max_size = 1
    assert names(cache) == "b"
    assert gone == [("a", "expired")]


def test_a_refused_size_kept_silent_about_what_had_expired(flavour):
    now, gone = [0.0], []
    cache = flavour.cache_class(3, ttl=10, clock=lambda: now[0], on_evict=lambda key, *_: gone.append(names([key])))
    flavour.store(cache, "a")
    now[0] = 5
    flavour.store(cache, "bc")
    for name in "bc":
        cache.pin(flavour.kind.key(name))
    now[0] = 11
    with pytest.raises(flavour.kind.error, match="max_size"):
        cache.max_size = 1
    assert gone == ["a"]
    assert cache.max_size == 3


def test_a_clock_that_fails_kept_silent_about_the_victims_of_a_smaller_size(kind, policy):
    told, broken = [], []

    def clock():
        if broken:
            broken.pop()
            raise ZeroDivisionError("the clock is broken")
        return 0.0

    options = {"clock": clock, "on_evict": lambda key, *_: told.append(key.label)}
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": options})
    for service in ("sqs", "s3"):
        kind.get(session, service, eviction_policy=policy)
    broken.append(True)
    with pytest.raises(ZeroDivisionError):
        kind.get(session, "dynamodb", eviction_policy=policy, max_size=1)
    assert told == []
    assert len(kind.caches(session)[policy]) == 2


@pytest.mark.parametrize("said", ["noon", None, 10**400], ids=["a text", "None", "a huge number"])
def test_the_error_of_a_wrong_clock_did_not_name_it(flavour, said):
    cache = flavour.cache_class(ttl=1, clock=lambda: said)
    with pytest.raises(flavour.kind.error, match="clock must return a number of seconds") as caught:
        flavour.store(cache, "a")
    assert caught.value.param == "clock"


def test_an_object_that_took_its_own_place_was_closed(flavour):
    gone = []
    cache = flavour.cache_class(on_evict=lambda *_: gone.append(True))
    flavour.store(cache, "a")
    key = flavour.kind.key("a")
    cache.replace(key, cache[key])
    assert not gone


def test_a_replacement_left_what_had_expired(flavour):
    now, gone = [0.0], []
    cache = flavour.cache_class(ttl=10, clock=lambda: now[0], on_evict=lambda _key, _object, cause: gone.append(cause))
    flavour.store(cache, "a")
    now[0] = 5
    flavour.store(cache, "b")
    now[0] = 11
    cache.replace(flavour.kind.key("b"), flavour.kind.stub())
    assert gone == ["expired", "replaced"]


def test_threads_that_first_used_a_copied_session_got_different_clients(kind, monkeypatch):
    """Each made caches of its own for the copy."""
    builder = Builder(kind).install(kind, monkeypatch)
    original = Session(region_name="us-east-1")
    assert original.cache is not None
    twin, barrier = copy.copy(original), threading.Barrier(2)
    another = type(original.cache)._another

    def at_once(caches):
        made = another(caches)
        barrier.wait(60)
        return made

    monkeypatch.setattr(type(original.cache), "_another", at_once)
    got = []
    threads = [threading.Thread(target=lambda: got.append(kind.get(twin, "s3"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got[0] is got[1]
    assert builder.count == 1


def test_a_password_without_a_scheme_was_shown_in_the_error_of_a_dict_as_a_key():
    with pytest.raises(ClientCacheError) as caught:
        ClientCache()[{"endpoint_url": f"user:{PASSWORD}@host"}]
    assert PASSWORD not in f"{caught.value} {caught.value!r} {caught.value.value}"
