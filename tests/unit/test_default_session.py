"""The module-level functions, and the default session they share with boto3."""

import contextlib
import contextvars
import gc
import threading
import weakref

import boto3
import pytest
from support.building import Builder
from support.kinds import unchanged

from boto3_client_cache import Session, cached_boto3, setup_default_session


@pytest.fixture
def plain():
    """Make boto3's default session the plain one that ``boto3.client`` makes."""
    session = boto3.Session(region_name="us-east-1")
    boto3.DEFAULT_SESSION = session
    return session


class TestNoneYet:
    """With no default session, the first call makes one of ours."""

    def test_the_first_call_makes_it(self, kind):
        made = kind.function("sqs", region_name="us-west-2")
        assert isinstance(made, kind.base)
        assert type(boto3.DEFAULT_SESSION) is Session
        assert kind.function("sqs", region_name="us-west-2") is made
        assert kind.get(boto3.DEFAULT_SESSION, "sqs", "us-west-2") is made

    def test_boto3s_own_functions_then_share_it(self, kind):
        made = kind.function("sqs")
        assert getattr(boto3, kind.name)("sqs") is made

    def test_both_functions_share_it(self, kind):
        kind.function("sqs")
        session = boto3.DEFAULT_SESSION
        kind.other.function("sqs")
        assert boto3.DEFAULT_SESSION is session

    def test_it_is_made_again_once_dropped(self, kind):
        made = kind.function("sqs")
        boto3.DEFAULT_SESSION = None
        assert kind.function("sqs") is not made

    def test_every_spelling_is_a_hit(self, kind, builder):
        made = kind.function("sqs", "us-west-2")
        assert kind.function(service_name="sqs", region_name="us-west-2", use_ssl=True) is made
        assert kind.function("sqs", region_name="us-west-2", eviction_policy=None, max_size=None) is made
        assert builder.count == 1


class TestSetUp:
    """``setup_default_session`` makes one of ours, whatever was there."""

    def test_it_returns_and_installs_it(self):
        session = setup_default_session(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="s")
        assert type(session) is Session
        assert boto3.DEFAULT_SESSION is session
        assert session.region_name == "eu-west-1"
        assert session.get_credentials().access_key == "a"

    def test_the_functions_use_it(self, kind):
        session = setup_default_session(region_name="eu-west-1")
        assert kind.function("sqs") is kind.get(session, "sqs")
        assert boto3.DEFAULT_SESSION is session

    def test_a_method_that_a_derived_class_overrides_is_honoured(self, kind, builder):
        def override(session, *args, **kwargs):
            return getattr(super(own, session), kind.name)(*args, verify=False, **kwargs)

        own = type("Own", (Session,), {kind.name: override})
        boto3.DEFAULT_SESSION = own(region_name="us-east-1")
        assert kind.function("sqs") is kind.function("sqs", max_size=3)
        assert [kwargs for *_, kwargs in builder.calls] == [{"verify": False}]

    def test_it_replaces_a_plain_one(self, plain, kind):
        before = kind.function("sqs")
        session = setup_default_session()
        assert boto3.DEFAULT_SESSION is session
        assert kind.function("sqs") is not before
        assert kind.function("sqs") is kind.get(session, "sqs")

    def test_it_takes_keywords_only(self):
        with pytest.raises(TypeError):
            setup_default_session("id", "secret")
        assert boto3.DEFAULT_SESSION is None

    def test_a_failure_leaves_the_old_one(self):
        session = setup_default_session()
        with pytest.raises(TypeError):
            setup_default_session(nonsense=True)
        assert boto3.DEFAULT_SESSION is session


class TestPlain:
    """A plain ``boto3.Session`` as the default: kept, used as it is, and cached for."""

    def test_a_default_session_made_by_boto3_works(self, kind):
        boto3.client("sqs")
        session = boto3.DEFAULT_SESSION
        assert type(session) is boto3.Session
        made = kind.function("sqs")
        assert isinstance(made, kind.base)
        assert kind.function("sqs") is made
        assert boto3.DEFAULT_SESSION is session

    def test_no_second_session_is_made(self, plain, kind, monkeypatch):
        def refuse(self, *args, **kwargs):
            raise AssertionError("a second session was made")

        monkeypatch.setattr(boto3.Session, "__init__", refuse)
        assert kind.function("sqs") is kind.function("sqs")

    def test_boto3s_method_builds_for_a_derived_class_that_has_none_of_its_own(self, kind, builder):
        session = type("Own", (boto3.Session,), {})(region_name="us-east-1")
        boto3.DEFAULT_SESSION = session
        made = kind.function("sqs", "us-west-2", verify=False, eviction_policy="LFU", max_size=3)
        assert kind.function("sqs", "us-west-2", verify=False, eviction_policy="LFU") is made
        assert builder.calls == [(session, ("sqs", "us-west-2"), {"verify": False})]

    def test_a_method_put_on_the_session_itself_builds(self, plain, kind, builder):
        stub = kind.stub()
        setattr(plain, kind.name, lambda *args, **kwargs: stub)
        assert kind.function("sqs") is stub
        assert builder.count == 0

    def test_each_policy_has_a_cache_of_its_own(self, plain, kind, builder):
        one, other = kind.function("sqs"), kind.function("sqs", eviction_policy="LFU")
        assert one is not other
        assert kind.function("sqs", eviction_policy="LRU") is one
        assert kind.function("sqs", eviction_policy="LFU") is other

    def test_size_and_eviction_hold(self, plain, kind, builder, policy):
        made = [kind.function(name, eviction_policy=policy, max_size=2) for name in "abc"]
        assert kind.function("c", eviction_policy=policy) is made[2]
        assert kind.function("b", eviction_policy=policy) is made[1]
        assert kind.function("a", eviction_policy=policy) is not made[0]
        assert kind.function("a", eviction_policy=policy, max_size=0) is not kind.function("a", eviction_policy=policy)

    def test_each_session_has_caches_of_its_own(self, plain, kind, builder):
        made = kind.function("sqs")
        boto3.DEFAULT_SESSION = boto3.Session()
        assert kind.function("sqs") is not made
        boto3.DEFAULT_SESSION = plain
        assert kind.function("sqs") is made
        assert builder.count == 2

    def test_it_is_held_weakly(self, kind):
        boto3.DEFAULT_SESSION = boto3.Session(region_name="us-east-1")
        gone = [weakref.ref(boto3.DEFAULT_SESSION), weakref.ref(kind.function("sqs"))]
        boto3.DEFAULT_SESSION = None
        gc.collect()
        assert [reference() for reference in gone] == [None, None]

    def test_a_session_at_the_address_of_a_dead_one_gets_nothing_of_it(self, kind, monkeypatch):
        builder = Builder(kind).install(kind, monkeypatch)
        for _ in range(30):
            boto3.DEFAULT_SESSION = boto3.Session()
            gc.collect()  # the session before is gone, and its address free
            assert kind.function("sqs") is kind.function("sqs")
            assert builder.count == 1
            builder.calls.clear()

    def test_it_cannot_be_given_a_wrong_policy_or_size(self, plain, kind, builder):
        with pytest.raises(kind.error, match="policy"):
            kind.function("sqs", eviction_policy="FIFO")
        with pytest.raises(kind.error, match="max_size"):
            kind.function("sqs", max_size="7")
        assert builder.count == 0

    def test_what_is_no_object_of_the_kind_is_handed_over_uncached(self, plain, kind, builder):
        builder.make = object
        assert kind.function("sqs") is not kind.function("sqs")

    def test_an_error_of_boto3_reaches_the_caller(self, plain, kind):
        with pytest.raises(TypeError, match="service_name"):
            kind.function()
        with pytest.raises(TypeError, match="zone"):
            kind.function("sqs", zone=1)


class Tenants(boto3.Session):
    """A session that adds whose work it is to every call, as programs of many tenants do."""

    tenant = contextvars.ContextVar("tenant", default="nobody")

    def client(self, *args, **kwargs):
        keys = {"aws_access_key_id": self.tenant.get(), "aws_secret_access_key": "secret"}
        return super().client(*args, **{**kwargs, **keys})

    def resource(self, *args, **kwargs):
        keys = {"aws_access_key_id": self.tenant.get(), "aws_secret_access_key": "secret"}
        return super().resource(*args, **{**kwargs, **keys})


class Proxy:
    """What stands for the session of this moment, and says that it is one, as werkzeug's ``LocalProxy`` does."""

    def __init__(self, current):
        self._current = current

    @property
    def __class__(self):
        return type(self._current())

    def __getattr__(self, name):
        return getattr(self._current(), name)


def tenant_of(made):
    client = getattr(made, "meta", made).client if hasattr(made.meta, "client") else made
    return client._request_signer._credentials.access_key


class TestSomebodyElses:
    """A default session that builds in its own way: asked each time, and nothing of it is kept."""

    @pytest.fixture(params=["plain", "installed"], autouse=True)
    def _both_ways(self, request):
        with cached_boto3() if request.param == "installed" else contextlib.nullcontext():
            yield

    def test_tenant_b_does_not_get_the_client_of_tenant_a(self, kind):
        boto3.DEFAULT_SESSION = Tenants(region_name="us-east-1")
        for name in ("a", "b", "a"):
            Tenants.tenant.set(name)
            assert tenant_of(kind.function("sqs")) == name
            assert tenant_of(getattr(boto3, kind.name)("sqs")) == name

    def test_a_stand_in_for_each_thread_is_asked_in_each_thread(self, kind):
        class OfThread(threading.local):
            def __init__(self):
                self.session = boto3.Session(threading.current_thread().name, "secret", region_name="us-east-1")

            def __getattr__(self, name):
                return getattr(self.session, name)

        boto3.DEFAULT_SESSION = OfThread()
        found = {}

        def ask():
            found[threading.current_thread().name] = tenant_of(kind.function("sqs"))

        threads = [threading.Thread(target=ask, name=name) for name in "ab"]
        for thread in threads:
            thread.start()
            thread.join()
        assert found == {"a": "a", "b": "b"}

    def test_a_proxy_is_asked_for_the_session_of_this_moment(self, kind):
        sessions = [boto3.Session(name, "secret", region_name="us-east-1") for name in "aba"]
        boto3.DEFAULT_SESSION = Proxy(lambda: sessions[0])
        assert isinstance(boto3.DEFAULT_SESSION, boto3.Session)
        for name in "aba":
            assert tenant_of(kind.function("sqs")) == name
            sessions.pop(0)

    def test_a_proxy_of_werkzeugs(self, kind):
        local = pytest.importorskip("werkzeug.local")
        current = contextvars.ContextVar("current")
        boto3.DEFAULT_SESSION = local.LocalProxy(current)
        for name in "ab":
            current.set(boto3.Session(name, "secret", region_name="us-east-1"))
            assert tenant_of(kind.function("sqs")) == name

    def test_a_method_given_to_the_session_later_is_asked_each_time(self, plain, kind):
        kind.function("sqs")
        made = []
        setattr(plain, kind.name, lambda *args, **kwargs: made.append((args, kwargs)) or len(made))
        assert [kind.function("sqs", "eu-west-1", eviction_policy="LFU", max_size=3) for _ in range(2)] == [1, 2]
        assert made == [(("sqs", "eu-west-1"), {})] * 2

    def test_one_that_finds_its_attributes_in_its_own_way_is_asked(self, kind):
        class Own(boto3.Session):
            def __getattribute__(self, name):
                return (lambda *args: args) if name == kind.name else super().__getattribute__(name)

        boto3.DEFAULT_SESSION = Own(region_name="us-east-1")
        assert kind.function("sqs") == ("sqs",)

    def test_nothing_of_it_is_kept(self, kind):
        boto3.DEFAULT_SESSION = Tenants(region_name="us-east-1")
        gone = weakref.ref(kind.function("sqs"))
        gc.collect()
        assert gone() is None

    def test_a_wrong_policy_or_size_is_an_error_there_too(self, kind):
        boto3.DEFAULT_SESSION = Tenants(region_name="us-east-1")
        for wrong in ({"eviction_policy": "FIFO"}, {"max_size": "7"}):
            with pytest.raises(kind.error):
                kind.function("sqs", **wrong)


class TestErrors:
    """Wrong arguments of the module-level functions."""

    def test_a_wrong_policy_is_an_error_even_on_the_first_call(self, kind, builder):
        with pytest.raises(kind.error, match="policy"):
            kind.function("sqs", eviction_policy="FIFO")
        assert builder.count == 0
        assert isinstance(kind.function("sqs"), kind.base)

    def test_a_refused_call_changes_nothing(self, kind, builder):
        kind.function("sqs")
        cache = kind.caches(boto3.DEFAULT_SESSION).LRU
        for wrong in ({"max_size": "7"}, {"eviction_policy": "FIFO"}):
            with unchanged(cache), pytest.raises(kind.error):
                kind.function("sqs", **wrong)
