"""Nobody waits for another's creation longer than ``max_wait`` seconds; who has waited so long builds for itself."""

from __future__ import annotations

import logging
import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from support.child import run_child
from support.ids import name_of

from boto3_client_cache import CacheError, Session

SOON = 60  # seconds: nothing here takes one, but a hang must not take for ever
SHORT = 0.05  # seconds, where a wait is to end
LONG = SOON  # seconds, where no wait is to end


@pytest.fixture
def warnings(caplog):
    """Return what the package has warned of, as said."""
    caplog.set_level(logging.WARNING, "boto3_client_cache")
    return lambda: [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


class Held:
    """Makes stand-ins; the first one only when it is let go."""

    def __init__(self, kind):
        self.kind, self.calls = kind, 0
        self.called, self.let_go = threading.Event(), threading.Event()

    def __call__(self, *_args, **_kwargs):
        self.calls += 1
        if self.calls == 1:
            self.called.set()
            assert self.let_go.wait(SOON)
        return self.kind.stub()


@pytest.fixture
def held(kind):
    factory = Held(kind)
    yield factory
    factory.let_go.set()


def in_a_thread(work, *args):
    """Call ``work`` in a thread named "builder" and return a way to its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work(*args)), name="builder")
    thread.start()

    def result():
        thread.join(SOON)
        assert not thread.is_alive()
        return results[0]

    return result


def test_a_caller_that_has_waited_long_enough_builds_for_itself(kind, held):
    cache, key = kind.factory(max_wait=SHORT), kind.key("s3")
    first = in_a_thread(cache.get_or_create, key, held)
    assert held.called.wait(SOON)
    made = cache.get_or_create(key, held)
    assert cache[key] is made
    held.let_go.set()
    assert first() is made  # what was stored first is everybody's
    assert held.calls == 2
    assert cache._creating() == []


def test_one_call_may_wait_for_less_or_more_than_its_cache(kind, held):
    cache, key = kind.factory(max_wait=None), kind.key("s3")
    first = in_a_thread(cache.get_or_create, key, held)
    assert held.called.wait(SOON)
    made = cache.get_or_create(key, held, max_wait=0)
    patient = in_a_thread(lambda: cache.get_or_create(key, held, max_wait=LONG))
    held.let_go.set()
    assert first() is patient() is made
    assert held.calls == 2


def test_it_is_said_once_a_key_who_was_waited_for_and_how_long(kind, held, warnings):
    cache = kind.factory(max_wait=SHORT)
    in_a_thread(cache.get_or_create, kind.key("s3"), held)
    assert held.called.wait(SOON)
    for _ in range(3):
        cache.pop(kind.key("s3"), None)
        cache.get_or_create(kind.key("s3"), held)
    (said,) = warnings()
    assert re.fullmatch(r"waited \d+\.\d s for thread 'builder', which is creating 's3' .*", said)


def test_another_key_of_a_session_whose_turn_is_not_given_back_is_built_without_it(kind, held, monkeypatch, warnings):
    monkeypatch.setattr(boto3.Session, kind.name, held)
    session = Session(region_name="us-east-1", **{f"{kind.name}_cache": {"max_wait": SHORT}})
    in_a_thread(kind.get, session, "s3")
    assert held.called.wait(SOON)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kind.get(session, "sqs"), range(8), timeout=SOON))
    assert {id(each) for each in made} == {id(kind.get(session, "sqs"))}
    assert len(warnings()) == 1


def test_an_error_of_what_one_builds_for_itself_is_ones_own(kind, held):
    cache, key = kind.factory(max_wait=SHORT), kind.key("s3")
    first = in_a_thread(cache.get_or_create, key, held)
    assert held.called.wait(SOON)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_create(key, lambda: 1 / 0)
    held.let_go.set()
    assert first() is cache[key]


def test_who_waits_for_ever_gets_what_the_other_built(kind, held):
    cache, key = kind.factory(max_wait=None), kind.key("s3")
    first = in_a_thread(cache.get_or_create, key, held)
    assert held.called.wait(SOON)
    second = in_a_thread(cache.get_or_create, key, pytest.fail)
    held.let_go.set()
    assert first() is second()


def test_the_option_is_readable_and_copied(kind):
    assert kind.factory().max_wait == 30
    assert kind.factory(max_wait=None).max_wait is None
    assert kind.factory(max_wait=math.inf).max_wait is None
    assert kind.factory(max_wait=2.5).copy().max_wait == 2.5
    session = Session(**{f"{kind.name}_cache": {"max_wait": 4}})
    assert [kind.caches(session)[policy].max_wait for policy in ("LRU", "LFU")] == [4, 4]


@pytest.mark.parametrize("wrong", ["soon", -1, math.nan, [], object()], ids=name_of)
def test_what_is_no_time_to_wait_is_refused(kind, wrong):
    for refuse in (
        lambda: kind.factory(max_wait=wrong),
        lambda: kind.factory().get_or_create(kind.key("s3"), pytest.fail, max_wait=wrong),
        lambda: Session(**{f"{kind.name}_cache": {"max_wait": wrong}}).cache,
    ):
        with pytest.raises(CacheError, match="^max_wait must") as caught:
            refuse()
        assert caught.value.param == "max_wait"


# ---- The programs that hung ----


def test_a_credential_provider_that_waits_for_a_thread_which_asks_for_a_client_hung():
    """It is asked while a client is built, and asks the same session for another client, from a thread of its own."""
    run_child(
        """
        import threading
        from botocore.credentials import CredentialProvider, Credentials
        from boto3_client_cache import Session

        class AsksOtherThread(CredentialProvider):
            METHOD = CANONICAL_NAME = "asks-another-thread"
            asked = []

            def load(self):
                if not self.asked:
                    thread = threading.Thread(target=lambda: self.asked.append(session.client("sts")))
                    self.asked.append("once")
                    thread.start()
                    thread.join()
                return Credentials("testing", "testing")

        session = Session(region_name="us-east-1", client_cache={"max_wait": 0.3})
        session._session.get_component("credential_provider").providers.insert(0, AsksOtherThread())
        s3 = session.client("s3")
        assert session.client("s3") is s3
        assert session.client("sts") is AsksOtherThread.asked[1]
        """,
        timeout=60,
    )


def test_a_log_handler_that_asks_for_a_client_while_botocore_logs_of_another_hung():
    """One has the handler's lock and wants the session's turn, the other has the turn and logs."""
    run_child(
        """
        import logging, threading
        from boto3_client_cache import Session

        session = Session(region_name="us-east-1", client_cache={"max_wait": 0.3})
        building, emitting = threading.Event(), threading.Event()

        class AsksForAClient(logging.Handler):
            def emit(self, record):
                if record.getMessage() == "mine":
                    emitting.set()
                    session.client("logs")

        def pause(**_):
            building.set()
            assert emitting.wait(60)

        root = logging.getLogger()
        root.addHandler(AsksForAClient())
        root.setLevel(logging.DEBUG)
        session.events.register("creating-client-class.sqs", pause)  # after which botocore logs

        def log():
            assert building.wait(60)
            root.debug("mine")

        other = threading.Thread(target=log)
        other.start()
        sqs = session.client("sqs")
        other.join()
        assert session.client("sqs") is sqs
        assert session.client("logs") is session.client("logs")
        """,
        timeout=60,
    )
