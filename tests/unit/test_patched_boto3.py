"""boto3's methods replaced and wrapped, as tests and instrumentation do: it acts as with plain boto3."""

import contextlib
import functools
import gc
import itertools
import pickle
import threading
import weakref
from unittest import mock

import boto3
import boto3.session
import pytest

import boto3_client_cache
from boto3_client_cache import cached_boto3, install, uninstall
from boto3_client_cache.lean.session import Choices, botocore_session

METHODS = ("client", "resource", "__init__")
PLAIN = {name: vars(boto3.session.Session)[name] for name in METHODS}
REGION = "eu-north-1"  # nobody else's


@pytest.fixture(autouse=True)
def _restored_afterwards():
    defaults = {name: PLAIN[name].__defaults__ for name in METHODS}
    yield
    with contextlib.suppress(boto3_client_cache.CacheError):
        uninstall()
    for name in METHODS:  # below what was undone after we had gone, one of ours stays
        setattr(boto3.session.Session, name, PLAIN[name])
        assert PLAIN[name].__defaults__ == defaults[name]


class Mocked:
    """``mock.patch``: what comes back is the mock's."""

    def __init__(self, kind):
        self.made = mock.Mock(spec=kind.base)
        self.patch = mock.patch(f"boto3.session.Session.{kind.name}", return_value=self.made)

    def apply(self):
        self.patch.start()

    def undo(self):
        self.patch.stop()

    def built(self, made):
        return made is self.made


class Autospecced(Mocked):
    """The same by ``autospec``, which binds as a function does."""

    def __init__(self, kind):
        super().__init__(kind)
        self.patch = mock.patch.object(boto3.Session, kind.name, autospec=True)

    def apply(self):
        patched = self.patch.start()
        patched.return_value = self.made


class Wrapped:
    """A wrapper by hand, taken off by putting back what was there."""

    def __init__(self, kind):
        self.kind = kind
        self.seen = []

    def apply(self):
        original = self.original = vars(boto3.session.Session)[self.kind.name]

        @functools.wraps(original)
        def wrapper(session, *args, **kwargs):
            made = original(session, *args, **kwargs)
            self.seen.append(made)
            return made

        setattr(boto3.session.Session, self.kind.name, wrapper)

    def undo(self):
        setattr(boto3.session.Session, self.kind.name, self.original)

    def built(self, made):
        return any(made is seen for seen in self.seen)


class WrappedByWrapt(Wrapped):
    """A wrapper of wrapt's, taken off as OpenTelemetry does: whatever is on top, if it is one of wrapt's."""

    def apply(self):
        wrapt = pytest.importorskip("wrapt")

        def wrapper(wrapped, session, args, kwargs):
            made = wrapped(*args, **kwargs)
            self.seen.append(made)
            return made

        wrapt.wrap_function_wrapper("boto3.session", f"Session.{self.kind.name}", wrapper)

    def undo(self):
        wrapt = pytest.importorskip("wrapt")
        on_top = getattr(boto3.session.Session, self.kind.name)
        proxies = getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy)
        if isinstance(on_top, proxies) and hasattr(on_top, "__wrapped__"):
            setattr(boto3.session.Session, self.kind.name, on_top.__wrapped__)


class OtherDefaults:
    """``__defaults__`` assigned: another region."""

    def __init__(self, kind):
        self.kind = kind

    def apply(self):
        self.before = getattr(boto3.session.Session, self.kind.name).__defaults__
        getattr(boto3.session.Session, self.kind.name).__defaults__ = (REGION, *self.before[1:])

    def undo(self):
        getattr(boto3.session.Session, self.kind.name).__defaults__ = self.before

    def built(self, made):
        return (made if self.kind.name == "client" else made.meta.client).meta.region_name == REGION


PATCHES = (Mocked, Autospecced, Wrapped, WrappedByWrapt, OtherDefaults)
STEPS = [
    ("apply", "undo"),
    *(
        order
        for order in itertools.permutations(["install", "apply", "undo", "uninstall"])
        if order.index("apply") < order.index("undo") and order.index("install") < order.index("uninstall")
    ),
]


@pytest.mark.parametrize("warm", [True, False], ids=["after the first call", "before the first call"])
@pytest.mark.parametrize("steps", STEPS, ids=" ".join)
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.__name__)
def test_in_any_order_what_is_handed_out_was_built_by_what_is_in_place(kind, patch, steps, warm):
    patch = patch(kind)
    quick = botocore_session(Choices(models=True))
    boto3.DEFAULT_SESSION = boto3.session.Session(botocore_session=quick, region_name="us-east-1")
    own = boto3_client_cache.Session(region_name="us-east-1")
    own_stays = boto3_client_cache.Session(region_name="us-east-1")
    asks = {
        "boto3's function": lambda: getattr(boto3, kind.name)("sqs"),
        "the package's function": lambda: kind.function("sqs"),
        "a session of ours": lambda: kind.get(own, "sqs"),
    }
    first = kind.get(own_stays, "sqs")
    if warm:
        assert not any(patch.built(ask()) for ask in asks.values())
    applied = False
    for step in steps:
        if step in {"apply", "undo"}:
            getattr(patch, step)()
            applied = step == "apply"
        else:
            {"install": install, "uninstall": uninstall}[step]()
        for name, ask in asks.items():
            assert [patch.built(ask()) for _ in range(2)] == [applied] * 2, (step, name)
    assert kind.get(own_stays, "sqs") is first  # what was built before is handed out again
    assert getattr(boto3, kind.name)("sqs") is not getattr(boto3, kind.name)("sqs")


class TestDefaults:
    """``boto3.Session.client.__defaults__`` assigned."""

    @pytest.fixture
    def patch(self, kind):
        patch = OtherDefaults(kind)
        patch.apply()
        yield patch
        patch.undo()

    def test_a_value_equal_to_the_new_default_is_the_same_call(self, session, kind, patch):
        made = kind.get(session, "sqs")
        assert kind.get(session, "sqs", region_name=REGION) is made
        assert kind.key("sqs", REGION) == kind.key("sqs")

    def test_a_value_equal_to_the_old_default_no_longer_is(self, session, kind, patch):
        made = kind.get(session, "sqs")
        assert kind.get(session, "sqs", region_name=None) is not made
        assert kind.key("sqs", region_name=None) != kind.key("sqs")

    def test_keys_are_as_before_afterwards(self, kind):
        before = kind.key("sqs", use_ssl=True)
        patch = OtherDefaults(kind)
        for _ in range(3):
            patch.apply()
            patch.undo()
        assert kind.key("sqs", REGION) != kind.key("sqs") == before == kind.key("sqs", None)

    def test_a_key_of_such_a_value_could_not_be_shown(self, kind, patch):
        key = kind.key("sqs", REGION)
        assert key.label == f"'sqs', {REGION!r}"
        assert pickle.loads(pickle.dumps(key)) == key
        patch.undo()
        assert key.label == f"'sqs', {REGION!r}"
        assert key.key == (("sqs", REGION), ())

    def test_none_at_all_makes_every_value_count(self, kind):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PLAIN[kind.name], "__defaults__", None)
            assert kind.key("sqs", region_name=None) != kind.key("sqs")
            assert kind.key("sqs", use_ssl=True) != kind.key("sqs")
        assert kind.key("sqs", use_ssl=True) == kind.key("sqs")


class TestEntries:
    """What is kept of what an earlier method built, and what is told of it."""

    def test_what_another_method_builds_replaces_it(self, kind):
        told = []
        options = {"on_evict": lambda key, made, cause: told.append((made, cause))}
        session = boto3_client_cache.Session(region_name="us-east-1", client_cache=options, resource_cache=options)
        made = kind.get(session, "sqs")
        with mock.patch.object(boto3.Session, kind.name, return_value=mock.Mock(spec=kind.base)) as patched:
            assert kind.get(session, "sqs") is patched.return_value
        assert told == [(made, "replaced")]
        assert len(kind.caches(session).LRU) == 1
        again = kind.get(session, "sqs")
        assert again is not made
        assert again is not patched.return_value
        assert told == [(made, "replaced"), (patched.return_value, "replaced")]

    def test_a_mock_without_a_spec_leaves_it(self, session, kind):
        made = kind.get(session, "sqs")
        with mock.patch.object(boto3.Session, kind.name) as patched:
            assert kind.get(session, "sqs") is patched.return_value
        assert kind.get(session, "sqs") is made

    def test_a_build_that_fails_leaves_it(self, session, kind):
        made = kind.get(session, "sqs")
        with mock.patch.object(boto3.Session, kind.name, side_effect=LookupError), pytest.raises(LookupError):
            kind.get(session, "sqs")
        assert kind.get(session, "sqs") is made

    def test_the_mapping_has_it_all_the_while(self, session, kind):
        made = kind.get(session, "sqs")
        cache, key = kind.caches(session).LRU, kind.key("sqs")
        with mock.patch.object(boto3.Session, kind.name):
            assert cache[key] is cache.get(key) is made
            assert cache.items() == ((key, made),)

    def test_what_was_stored_by_hand_is_handed_out_whatever_is_in_place(self, session, kind):
        stored = kind.caches(session).LRU[kind.key("sqs")] = kind.stub()
        assert kind.get(session, "sqs") is stored
        with mock.patch.object(boto3.Session, kind.name):
            assert kind.get(session, "sqs") is stored

    def test_a_miss_for_its_sake_counts_as_one(self, session, kind):
        kind.get(session, "sqs")
        kind.get(session, "sqs")
        with mock.patch.object(boto3.Session, kind.name):
            kind.get(session, "sqs")
        info = kind.caches(session).LRU.cache_info()
        assert (info.hits, info.misses) == (1, 2)

    def test_its_place_in_a_full_cache_is_enough(self, session, kind, policy):
        kind.get(session, "sqs", eviction_policy=policy, max_size=1)
        with mock.patch.object(boto3.Session, kind.name, return_value=mock.Mock(spec=kind.base)) as patched:
            assert kind.get(session, "sqs", eviction_policy=policy) is patched.return_value
        assert kind.caches(session)[policy].values() == (patched.return_value,)

    def test_many_patches_later_it_is_merely_built_again(self, session, kind):
        made = kind.get(session, "sqs")
        for _ in range(40):
            with mock.patch.object(boto3.Session, kind.name):
                kind.get(session, "sqs")
        assert isinstance(kind.get(session, "sqs"), kind.base)
        assert kind.get(session, "sqs") is kind.get(session, "sqs")
        assert made is not None

    def test_a_stand_in_is_not_kept_alive(self, kind):
        class StandIn:  # and no mock, whose class free-threaded CPython 3.13 keeps for ever once there are threads
            def __call__(self, *args, **kwargs):
                return None

        session = boto3_client_cache.Session(region_name="us-east-1")
        with mock.patch.object(boto3.Session, kind.name, StandIn()) as patched:
            kind.get(session, "sqs")
        kind.get(session, "sqs")
        gone = weakref.ref(patched)
        del patched
        gc.collect()
        assert gone() is None

    def test_a_session_that_a_patch_has_seen_is_not_kept_alive(self, kind):
        session = boto3_client_cache.Session(region_name="us-east-1")
        seen = []
        with mock.patch.object(boto3.Session, kind.name, lambda *args: seen.append(args)):
            kind.get(session, "sqs")
            gone = weakref.ref(session)
            seen.clear()
            del session
        gc.collect()
        assert gone() is None


class TestMixIns:
    """Classes between ours and boto3's."""

    def test_a_patch_below_a_class_that_passes_on_is_honoured(self, kind):
        class PassesOn(boto3.Session):
            pass

        def passed_on(session, *args, **kwargs):
            return getattr(super(PassesOn, session), kind.name)(*args, **kwargs)

        setattr(PassesOn, kind.name, passed_on)
        session = type("Own", (boto3_client_cache.Session, PassesOn), {})(region_name="us-east-1")
        made = kind.get(session, "sqs")
        assert kind.get(session, "sqs") is made
        with mock.patch.object(boto3.Session, kind.name, return_value=mock.Mock(spec=kind.base)) as patched:
            assert kind.get(session, "sqs") is patched.return_value

    def test_a_class_whose_bases_are_assigned_is_looked_at_again(self, kind):
        class Another(boto3_client_cache.Session):
            pass

        stub = kind.stub()
        mixed = type("Mixed", (Another, boto3.Session), {})
        session = mixed(region_name="us-east-1")
        kind.get(session, "sqs")
        fake = type("Fake", (boto3.Session,), {kind.name: lambda self, *args, **kwargs: stub})
        mixed.__bases__ = (Another, fake)
        assert kind.get(session, "sqs") is stub


def test_who_waits_for_a_build_of_before_the_patch_gets_what_the_patch_builds(session, kind):
    building, go_on = threading.Event(), threading.Event()
    found = {}

    def slow(_session, *_args, **_kwargs):
        building.set()
        assert go_on.wait(60)
        return before

    before, after = kind.stub(), kind.stub()

    def ask(name):
        found[name] = kind.get(session, "sqs")

    with mock.patch.object(boto3.Session, kind.name, slow):
        early = threading.Thread(target=ask, args=["early"])
        early.start()
        assert building.wait(60)
    with mock.patch.object(boto3.Session, kind.name, return_value=after):
        late = threading.Thread(target=ask, args=["late"])
        late.start()
        go_on.set()
        early.join()
        late.join()
        assert found["early"] is before
        assert found["late"] is after
        assert kind.get(session, "sqs") is after


def test_threads_that_ask_while_boto3_is_patched_and_restored_get_what_was_in_place_at_some_moment(kind):
    session = boto3_client_cache.Session(region_name="us-east-1")
    stop = threading.Event()
    failures = []

    def ask():
        while not stop.is_set():
            made = kind.get(session, "sqs")
            if not isinstance(made, kind.base):
                failures.append(made)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(100):
            with mock.patch.object(boto3.Session, kind.name, return_value=kind.stub()):
                assert type(kind.get(session, "sqs")) is kind.stub
            assert type(kind.get(session, "sqs")) is not kind.stub
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_an_instrumented_boto3_is_cached_for_when_it_was_instrumented_first(kind):
    patch = Wrapped(kind)
    patch.apply()
    with cached_boto3():
        made = getattr(boto3, kind.name)("sqs")
        assert getattr(boto3, kind.name)("sqs") is made
        assert len(patch.seen) == 1
    patch.undo()
