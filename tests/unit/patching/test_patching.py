"""``install`` and ``cached_boto3``: boto3's own sessions cache, and look like boto3's."""

import abc
import copy
import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import boto3
import boto3.session
import pytest
from support.patching import BY_LIBRARIES, PLAIN, PLAIN_SESSION, PLAIN_SIGNATURES

import boto3_client_cache
from boto3_client_cache import cached_boto3, install, setup_default_session, uninstall

METHODS = ("client", "resource", "__init__")
ADDED = ("cache", "cache_info")


class TestPatched:
    """What boto3 does meanwhile."""

    @pytest.fixture(autouse=True)
    def _installed(self, installed):
        """Patch boto3 for each of these tests."""

    def test_boto3s_functions_cache(self, kind):
        made = getattr(boto3, kind.name)("sqs")
        assert isinstance(made, kind.base)
        assert getattr(boto3, kind.name)("sqs", region_name=None) is made

    def test_sessions_cache(self, kind):
        session = boto3.Session(region_name="us-east-1")
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_names_are_boto3s_own(self):
        assert (boto3.client, boto3.resource, boto3.Session, boto3.session.Session) == BY_LIBRARIES

    def test_the_default_session_is_of_boto3s_class(self):
        boto3.client("sqs")
        assert type(boto3.DEFAULT_SESSION) is boto3.Session

    def test_threads_that_are_first_at_once_made_a_default_session_each(self, kind):
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: boto3._get_default_session(), range(64)))
        assert {id(each) for each in made} == {id(boto3.DEFAULT_SESSION)}
        assert type(boto3.DEFAULT_SESSION) is boto3.Session
        assert kind.function("sqs") is getattr(boto3, kind.name)("sqs")

    def test_boto3s_own_set_up_makes_a_caching_session(self, kind):
        boto3.setup_default_session(region_name="eu-west-1")
        assert type(boto3.DEFAULT_SESSION) is PLAIN_SESSION
        assert boto3.DEFAULT_SESSION.region_name == "eu-west-1"
        assert getattr(boto3, kind.name)("sqs") is kind.get(boto3.DEFAULT_SESSION, "sqs") is kind.function("sqs")

    def test_a_session_made_before_caches_too(self, kind):
        uninstall()
        session = PLAIN_SESSION(region_name="us-east-1")
        assert kind.get(session, "sqs") is not kind.get(session, "sqs")
        install()
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_a_default_session_that_was_there_is_used(self, kind):
        uninstall()
        plain = boto3.DEFAULT_SESSION = PLAIN_SESSION(region_name="eu-west-1")
        install()
        made = getattr(boto3, kind.name)("sqs")
        assert getattr(boto3, kind.name)("sqs") is made
        assert boto3.DEFAULT_SESSION is plain

    def test_options_of_the_caches_are_taken(self, kind):
        session = boto3.Session(region_name="us-east-1", client_cache={"max_size": 3}, resource_cache={"max_size": 4})
        assert (session.cache.client.LRU.max_size, session.cache.resource.LRU.max_size) == (3, 4)
        one, other = kind.get(session, "sqs"), kind.get(session, "sqs", eviction_policy="LFU", max_size=2)
        assert one is not other
        assert kind.caches(session).LFU.max_size == 2
        assert kind.caches(session).LFU.values() == (other,)

    def test_wrong_options_are_errors(self, kind):
        with pytest.raises(kind.error, match="must be a mapping"):
            boto3.Session(**{f"{kind.name}_cache": 3})
        with pytest.raises(kind.error, match="policy"):
            kind.get(boto3.Session(), "sqs", eviction_policy="FIFO")
        with pytest.raises(TypeError, match="nonsense"):
            boto3.Session(nonsense=True)
        with pytest.raises(TypeError, match="nonsense"):
            kind.get(boto3.Session(), "sqs", nonsense=True)

    def test_a_session_says_what_it_has_cached(self, kind):
        session = boto3.Session(region_name="us-east-1")
        made = kind.get(session, "sqs")
        kind.get(session, "sqs")
        assert kind.caches(session).LRU.values() == (made,)
        assert session.cache_info()[:2] == (1, 1)
        session.cache.clear()
        assert kind.get(session, "sqs") is not made

    def test_a_session_shares_models_unless_it_is_told_not_to(self):
        shared, own = boto3.Session(), boto3.Session(share_models=False)
        kinds = [type(session._session.get_component("data_loader")).__name__ for session in (shared, own)]
        assert kinds == ["SharedLoader", "Loader"]

    def test_it_looks_like_boto3s(self):
        assert repr(boto3.Session(region_name="eu-west-1")) == "Session(region_name='eu-west-1')"

    def test_a_session_can_be_copied_and_the_copy_has_caches_of_its_own(self, kind):
        session = boto3.Session(region_name="us-east-1")
        made = kind.get(session, "sqs")
        other = copy.copy(session)
        assert kind.get(other, "sqs") is not made
        assert kind.get(other, "sqs") is kind.get(other, "sqs")

    def test_the_methods_can_be_pickled_and_copied(self):
        for name in METHODS:
            method = getattr(boto3.Session, name)
            assert pickle.loads(pickle.dumps(method)) is method
            assert copy.copy(method) is copy.deepcopy(method) is method

    def test_a_method_called_without_a_session_says_so_as_boto3_does(self, kind):
        with pytest.raises(TypeError, match="missing 2 required positional arguments: 'self' and 'service_name'"):
            getattr(boto3.Session, kind.name)()

    def test_a_mock_of_the_methods_binds_as_ever(self, kind):
        session = boto3.Session()
        with mock.patch.object(boto3.Session, kind.name, autospec=True) as patched:
            kind.get(session, "sqs")
        patched.assert_called_once_with(session, "sqs")


class TestDerivedClasses:
    """Classes that derive from ``boto3.Session``."""

    @pytest.fixture(autouse=True)
    def _installed(self, installed):
        """Patch boto3 for each of these tests."""

    def test_one_caches_and_has_only_its_own_instances(self, kind):
        class Own(boto3.Session):
            pass

        session = Own(region_name="us-east-1")
        assert kind.get(session, "sqs") is kind.get(session, "sqs")
        assert isinstance(session, boto3.Session)
        assert not isinstance(boto3.Session(), Own)

    def test_one_made_before_caches(self, kind):
        uninstall()

        class Own(boto3.Session):
            pass

        install()
        session = Own(region_name="us-east-1")
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_one_may_set_an_attribute_named_cache(self, kind):
        class Own(boto3.Session):
            cache_info = None

            def __init__(self):
                self.cache = {}
                super().__init__(region_name="us-east-1")

        session = Own()
        assert session.cache == {}
        assert session.cache_info is None
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_one_may_have_a_metaclass_of_its_own(self, kind):
        class Meta(type):
            pass

        class Own(boto3.Session, metaclass=Meta):
            pass

        session = Own(region_name="us-east-1")
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_one_may_be_abstract_too(self):
        class Base(abc.ABC):
            @abc.abstractmethod
            def account(self): ...

        class Own(boto3.Session, Base):
            def account(self):
                return "123"

        assert Own().account() == "123"

    def test_one_with_a_method_of_its_own_is_left_alone(self, kind):
        class Own(boto3.Session):
            pass

        def override(session, *args, **kwargs):
            return getattr(super(Own, session), kind.name)(*args, **kwargs)

        setattr(Own, kind.name, override)
        session = Own(region_name="us-east-1")
        assert kind.get(session, "sqs") is not kind.get(session, "sqs")
        assert len(kind.caches(session).LRU) == 0
        with pytest.raises(kind.error, match="max_size"):
            kind.get(session, "sqs", max_size="7")
        assert kind.get(session, "sqs", eviction_policy="LFU", max_size=3) is not None

    def test_a_session_with_a_method_of_its_own_is_left_alone(self, kind):
        session = boto3.Session(region_name="us-east-1")
        original = getattr(session, kind.name)
        setattr(session, kind.name, lambda *args, **kwargs: original(*args, **kwargs))
        assert kind.get(session, "sqs") is not kind.get(session, "sqs")

    def test_ours_caches_once(self, kind):
        session = boto3_client_cache.Session(region_name="us-east-1")
        made = kind.get(session, "sqs")
        assert kind.get(session, "sqs") is made
        assert session.cache_info().creations == 1


class TestSignatures:
    """Signatures, names and defaults are boto3's, ours added."""

    @pytest.fixture(params=["installed", "ours"])
    def of_session(self, request):
        if request.param == "ours":
            yield boto3_client_cache.Session
            return
        with cached_boto3():
            yield boto3.Session

    @staticmethod
    def _judge(signature, plain, ours):
        same = [*zip(signature.parameters.values(), plain.parameters.values(), strict=False)]
        if same[0][0].name == "self":  # of a method in C it is positional only
            del same[0]
        assert all(one == other for one, other in same)
        added = [*signature.parameters.values()][len(plain.parameters) :]
        assert {parameter.name: parameter.default for parameter in added} == ours
        assert {parameter.kind for parameter in added} == {inspect.Parameter.KEYWORD_ONLY}

    def test_that_of_the_class(self, of_session):
        shares = {"share_models": None, "share_trust": None, "share_connections": None}
        options = {**shares, "client_cache": None, "resource_cache": None, "watch_credentials": False}
        self._judge(inspect.signature(of_session), PLAIN_SIGNATURES["__init__"], options)

    def test_keywords_filtered_by_it_reach_boto3(self, of_session):
        given = {"aws_access_key_id": "a", "aws_secret_access_key": "s", "region_name": "eu-west-1", "nonsense": 1}
        taken = {name: value for name, value in given.items() if name in inspect.signature(of_session).parameters}
        assert of_session(**taken).get_credentials().access_key == "a"

    def test_those_of_the_methods(self, of_session, kind):
        options = {"eviction_policy": None, "max_size": None}
        self._judge(inspect.signature(getattr(of_session, kind.name)), PLAIN_SIGNATURES[kind.name], options)

    def test_those_of_bound_methods(self, of_session, kind):
        found = inspect.signature(getattr(of_session(), kind.name))
        assert [*found.parameters][:2] == ["service_name", "region_name"]
        assert [*found.parameters][-2:] == ["eviction_policy", "max_size"]

    def test_those_of_the_packages_functions(self, kind):
        plain = PLAIN_SIGNATURES[kind.name]
        without_self = plain.replace(parameters=[*plain.parameters.values()][1:])
        self._judge(inspect.signature(kind.function), without_self, {"eviction_policy": None, "max_size": None})

    def test_names_texts_and_defaults_are_boto3s(self, installed):
        for name in METHODS:
            method, plain = getattr(boto3.Session, name), PLAIN[-1][name]
            for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__"):
                assert getattr(method, attribute) == getattr(plain, attribute)
            assert method.__code__ is plain.__code__
            assert inspect.isfunction(method)
            assert inspect.getsource(method) == inspect.getsource(plain)

    def test_what_is_assigned_to_them_is_assigned_to_boto3s(self, installed, kind):
        getattr(boto3.Session, kind.name).marked = True
        assert PLAIN[-1][kind.name].marked is True
        del getattr(boto3.Session, kind.name).marked
        assert not hasattr(PLAIN[-1][kind.name], "marked")


def test_a_method_patched_on_boto3s_class_meanwhile_is_honoured(kind, monkeypatch):
    stub = kind.stub()
    with cached_boto3():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PLAIN_SESSION, kind.name, lambda self, *args, **kwargs: stub)
            assert getattr(boto3, kind.name)("sqs") is stub
            assert kind.get(boto3.Session(), "sqs") is stub
        assert getattr(boto3, kind.name)("sqs") is not stub


def test_the_packages_functions_work_as_before_while_it_is_installed(installed, kind):
    session = setup_default_session(region_name="us-east-1")
    assert kind.function("sqs") is kind.get(session, "sqs") is getattr(boto3, kind.name)("sqs")
