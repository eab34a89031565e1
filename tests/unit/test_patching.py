"""``install``, ``uninstall`` and ``cached_boto3``: boto3's own sessions cache, and boto3 is restored."""

import abc
import contextlib
import copy
import functools
import gc
import importlib
import inspect
import pickle
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import boto3
import boto3.session
import pytest
from support.building import Builder
from support.child import run_child

import boto3_client_cache
from boto3_client_cache import CacheError, cached_boto3, clear_all, install, setup_default_session, uninstall

PLAIN_SESSION = boto3.session.Session
METHODS = ("client", "resource", "__init__")
ADDED = ("cache", "cache_info")


def state_of_boto3():
    """All that a patch might change."""
    names = (boto3.client, boto3.resource, boto3.Session, boto3.session.Session)
    attributes = dict(vars(PLAIN_SESSION))
    attributes.pop("__slotnames__", None)  # which copying an instance leaves
    return (*names, attributes)


PLAIN = state_of_boto3()
PLAIN_SIGNATURES = {
    "__init__": inspect.signature(PLAIN_SESSION),
    **{name: inspect.signature(getattr(PLAIN_SESSION, name)) for name in ("client", "resource")},
}
BY_LIBRARIES = (boto3.client, boto3.resource, boto3.Session, PLAIN_SESSION)  # what somebody imported for himself


@pytest.fixture(autouse=True)
def _restored_afterwards():
    yield
    assert state_of_boto3() == PLAIN
    with pytest.raises(CacheError, match="nothing to uninstall"):
        uninstall()


@pytest.fixture
def installed():
    install()
    yield
    uninstall()


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


class TestRestored:
    """What ``uninstall`` leaves."""

    def test_nothing_is_built_or_made_by_installing(self, kind):
        with pytest.MonkeyPatch.context() as patch:
            builder = Builder(kind).install(kind, patch)
            install()
            uninstall()
        assert builder.count == 0
        assert boto3.DEFAULT_SESSION is None

    def test_boto3s_functions_no_longer_cache(self, kind):
        with cached_boto3():
            getattr(boto3, kind.name)("sqs")
        assert getattr(boto3, kind.name)("sqs") is not getattr(boto3, kind.name)("sqs")
        assert type(boto3.DEFAULT_SESSION) is PLAIN_SESSION

    def test_the_default_session_is_that_of_before(self):
        before = boto3_client_cache.setup_default_session(region_name="eu-west-1")
        with cached_boto3():
            boto3.setup_default_session(region_name="us-west-2")
        assert boto3.DEFAULT_SESSION is before

    def test_one_of_ours_that_came_meanwhile_goes_too(self):
        with cached_boto3():
            setup_default_session(region_name="us-west-2")
        assert boto3.DEFAULT_SESSION is None

    def test_an_older_session_that_became_the_default_meanwhile_stays(self):
        plain = PLAIN_SESSION(region_name="us-west-2")
        with cached_boto3():
            boto3.DEFAULT_SESSION = plain
        assert boto3.DEFAULT_SESSION is plain

    def test_a_default_session_that_is_none_of_boto3s_stays(self):
        with cached_boto3():
            stand_in = boto3.DEFAULT_SESSION = mock.MagicMock(spec=PLAIN_SESSION)
        assert boto3.DEFAULT_SESSION is stand_in

    def test_sessions_and_classes_made_meanwhile_work_on_as_boto3s(self, kind):
        with cached_boto3():

            class Own(boto3.Session):
                pass

            session = boto3.Session(region_name="us-east-1")
            made = kind.get(session, "sqs")
        assert kind.get(session, "sqs") is not made
        later = Own(region_name="us-east-1")
        assert kind.get(later, "sqs") is not kind.get(later, "sqs")
        assert not hasattr(session, "cache")

    def test_what_they_have_cached_is_there_again_when_boto3_is_patched_again(self, kind):
        with cached_boto3():
            session = boto3.Session(region_name="us-east-1")
            made = kind.get(session, "sqs")
        with cached_boto3():
            assert kind.get(session, "sqs") is made

    def test_a_method_bound_meanwhile_works_on(self, kind):
        with cached_boto3():
            bound = getattr(boto3.Session(region_name="us-east-1"), kind.name)
            assert bound("sqs") is bound("sqs")
        assert bound("sqs") is not bound("sqs")

    def test_it_ends_with_an_exception_too(self):
        with pytest.raises(LookupError), cached_boto3():
            raise LookupError
        assert state_of_boto3() == PLAIN

    def test_nothing_of_it_keeps_the_old_default_session_alive(self):
        boto3.DEFAULT_SESSION = PLAIN_SESSION()
        gone = weakref.ref(boto3.DEFAULT_SESSION)
        with cached_boto3():
            pass
        boto3.DEFAULT_SESSION = None
        gc.collect()
        assert gone() is None


class TestNesting:
    """The first holder patches, the last one restores."""

    def test_installing_twice_is_refused_and_changes_nothing(self, installed):
        ours = state_of_boto3()
        with pytest.raises(CacheError, match="patched already"):
            install()
        assert state_of_boto3() == ours

    def test_blocks_nest(self):
        with cached_boto3():
            ours = state_of_boto3()
            with cached_boto3():
                assert state_of_boto3() == ours
            assert state_of_boto3() == ours != PLAIN

    def test_a_block_within_an_installation_leaves_it(self, installed):
        ours = state_of_boto3()
        with cached_boto3():
            pass
        assert state_of_boto3() == ours

    def test_an_installation_within_a_block_outlives_it(self):
        with cached_boto3():
            ours = state_of_boto3()
            install()
        assert state_of_boto3() == ours
        uninstall()

    def test_uninstalling_within_a_block_leaves_the_block_patched(self):
        install()
        with cached_boto3():
            ours = state_of_boto3()
            uninstall()
            assert state_of_boto3() == ours

    def test_blocks_of_two_threads_may_overlap(self):
        entered, left = threading.Event(), threading.Event()

        def first():
            with cached_boto3():
                entered.set()
                assert left.wait(60)

        thread = threading.Thread(target=first)
        with cached_boto3():
            ours = state_of_boto3()
            thread.start()
            assert entered.wait(60)
        assert state_of_boto3() == ours  # the first thread's block is still open
        left.set()
        thread.join()
        assert state_of_boto3() == PLAIN

    def test_many_threads_enter_and_leave_at_once(self):
        seen = []

        def enter_and_leave():
            for _ in range(200):
                with cached_boto3():
                    seen.append(vars(PLAIN_SESSION)["client"] is not PLAIN[-1]["client"])

        threads = [threading.Thread(target=enter_and_leave) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [True] * 1600


class TestOthersPatches:
    """What somebody else puts in the place of something of boto3's: his, before, meanwhile and afterwards."""

    @pytest.mark.parametrize("name", ["client", "resource", "Session"])
    def test_a_name_of_boto3s_that_was_replaced_is_not_ours_to_touch(self, name, monkeypatch):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(boto3, name, replaced := object())
            with cached_boto3():
                assert getattr(boto3, name) is replaced
            assert getattr(boto3, name) is replaced

    def test_a_session_class_that_was_replaced_is_not_ours_to_patch(self, kind):
        with mock.patch("boto3.session.Session") as replaced, cached_boto3():
            session = PLAIN_SESSION(region_name="us-east-1")
            assert kind.get(session, "sqs") is kind.get(session, "sqs")
            assert boto3.session.Session is replaced

    def test_a_method_that_is_put_back_while_we_are_installed_is_in_place(self, installed, kind):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PLAIN_SESSION, kind.name, PLAIN[-1][kind.name])
            assert getattr(boto3, kind.name)("sqs") is not getattr(boto3, kind.name)("sqs")

    def test_installing_again_after_somebody_has_put_boto3s_method_back_patches_anew(self, installed, kind):
        setattr(PLAIN_SESSION, kind.name, PLAIN[-1][kind.name])
        install()
        assert getattr(boto3, kind.name)("sqs") is getattr(boto3, kind.name)("sqs")
        with pytest.raises(CacheError, match="patched already"):
            install()

    def test_what_wraps_ours_is_what_we_are_below(self, installed, kind):
        ours = getattr(PLAIN_SESSION, kind.name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                PLAIN_SESSION, kind.name, functools.wraps(ours)(lambda *args, **kwargs: ours(*args, **kwargs))
            )
            with pytest.raises(CacheError, match="patched already"):
                install()

    def test_a_replacement_undone_after_us_leaves_boto3s_way(self, kind):
        install()
        patch = pytest.MonkeyPatch()
        patch.setattr(PLAIN_SESSION, kind.name, lambda *_args, **_kwargs: "theirs")
        uninstall()
        assert getattr(boto3, kind.name)("sqs") == "theirs"
        patch.undo()
        try:
            assert getattr(boto3, kind.name)("sqs") is not getattr(boto3, kind.name)("sqs")
            with cached_boto3():  # what came back serves again
                assert getattr(boto3, kind.name)("sqs") is getattr(boto3, kind.name)("sqs")
            assert getattr(boto3, kind.name)("sqs") is not getattr(boto3, kind.name)("sqs")
        finally:
            setattr(PLAIN_SESSION, kind.name, PLAIN[-1][kind.name])


class TestReloads:
    """``importlib.reload``, which makes modules, and classes, anew."""

    def test_after_a_reload_of_boto3_it_is_patched_still(self):
        run_child("""
            import importlib, boto3
            from boto3_client_cache import CacheError, install, uninstall
            install()
            importlib.reload(boto3)
            assert boto3.client("sqs", "us-east-1") is boto3.client("sqs", "us-east-1")
            try:
                install()
            except CacheError as error:
                assert "patched already" in str(error)
            else:
                raise AssertionError
            uninstall()
            assert boto3.client("sqs", "us-east-1") is not boto3.client("sqs", "us-east-1")
        """)

    def test_after_a_reload_of_its_session_module_it_can_be_patched_anew(self):
        run_child("""
            import importlib, boto3, boto3.session
            from boto3_client_cache import client, install, uninstall
            install()
            importlib.reload(boto3.session)
            importlib.reload(boto3)
            assert boto3.client("sqs", "us-east-1") is not boto3.client("sqs", "us-east-1")
            assert client("sqs", "us-east-1") is client("sqs", "us-east-1")
            install()
            assert boto3.client("sqs", "us-east-1") is boto3.client("sqs", "us-east-1")
            uninstall()
            assert boto3.client("sqs", "us-east-1") is not boto3.client("sqs", "us-east-1")
            assert "cache" not in vars(boto3.session.Session)
        """)


class TestResources:
    """While boto3 is patched a thread has resources of its own, as libraries rely on that ask in each thread."""

    @staticmethod
    def _in_a_thread(work):
        found = []
        thread = threading.Thread(target=lambda: found.append(work()))
        thread.start()
        thread.join()
        return found[0]

    @pytest.fixture(params=["boto3's", "ours"])
    def shared(self, request, installed):
        return (boto3.Session if request.param == "boto3's" else boto3_client_cache.Session)(region_name="us-east-1")

    def test_each_thread_has_its_own_and_keeps_it(self, shared):
        mine = shared.resource("sqs")
        first, again = self._in_a_thread(lambda: (shared.resource("sqs"), shared.resource("sqs")))
        assert first is again is not mine
        assert shared.resource("sqs") is mine

    def test_clients_are_shared(self, shared):
        assert self._in_a_thread(lambda: shared.client("sqs")) is shared.client("sqs")

    def test_the_cache_is_that_of_the_thread(self, shared):
        mine = shared.resource("sqs", max_size=3)
        found = self._in_a_thread(
            lambda: (shared.cache.resource.LRU.max_size, shared.cache["resource"]["LRU"].values())
        )
        assert found == (10, ())
        assert shared.cache.resource.LRU.max_size == 3
        assert shared.cache.resource.LRU.values() == (mine,)

    def test_options_of_the_session_are_those_of_each_thread(self, installed):
        session = boto3.Session(region_name="us-east-1", resource_cache={"max_size": 4})
        assert self._in_a_thread(lambda: session.cache.resource.LRU.max_size) == 4

    def test_what_reaches_all_caches_reaches_those_of_all_threads(self, shared):
        asked, go_on = threading.Event(), threading.Event()
        reach = [
            lambda: shared.cache.clear(),
            lambda: shared.cache.invalidate(lambda _key, _made: True),
            clear_all,
        ]
        made, misses = [], []

        def ask():
            for _ in range(len(reach) + 1):
                made.append(shared.resource("sqs"))
                asked.set()
                assert go_on.wait(60)
                go_on.clear()

        thread = threading.Thread(target=ask)
        thread.start()
        for action in (*reach, None):
            assert asked.wait(60)
            asked.clear()
            misses.append(shared.cache_info().misses)
            if action is not None:
                action()
            go_on.set()
        thread.join()
        assert len({*map(id, made)}) == 4
        assert misses == [1, 2, 3, 4]

    def test_they_die_with_the_thread(self, shared):
        def ask():
            made = shared.resource("sqs")
            return weakref.ref(made), weakref.ref(shared.cache.resource.LRU)

        references = self._in_a_thread(ask)
        gc.collect()
        assert [reference() for reference in references] == [None, None]
        assert not shared.cache._threads

    def test_a_session_made_meanwhile_keeps_to_it(self, kind):
        with cached_boto3():
            session = boto3.Session(region_name="us-east-1")
        boto3.DEFAULT_SESSION = session
        mine = boto3_client_cache.resource("sqs")
        assert boto3_client_cache.resource("sqs") is mine
        assert self._in_a_thread(lambda: boto3_client_cache.resource("sqs")) is not mine

    def test_a_session_of_ours_shares_them_when_nothing_is_installed(self, session):
        assert self._in_a_thread(lambda: session.resource("sqs")) is session.resource("sqs")

    def test_a_thread_waits_for_no_resource_of_another(self, shared):
        made = []
        start = threading.Barrier(4)

        def ask():
            start.wait(60)
            made.append(shared.resource("sqs"))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({*map(id, made)}) == 4

    def test_under_gevent_a_greenlet_is_a_thread(self):
        pytest.importorskip("gevent")
        run_child("""
            from gevent import monkey
            monkey.patch_all()
            import boto3, gevent
            from boto3_client_cache import install
            install()
            session = boto3.Session(region_name="us-east-1")
            jobs = [gevent.spawn(lambda: (session.resource("sqs"), session.client("sqs"))) for _ in range(3)]
            gevent.joinall(jobs, raise_error=True)
            resources, clients = zip(*(job.value for job in jobs))
            assert len({*map(id, resources)}) == 3
            assert len({*map(id, clients)}) == 1
        """)

    @pytest.mark.skipif(not hasattr(sys, "getrefcount") or sys.platform == "win32", reason="needs fork")
    def test_a_forked_child_starts_with_none(self):
        run_child("""
            import os, threading, warnings
            import boto3
            from boto3_client_cache import install
            warnings.simplefilter("ignore", DeprecationWarning)
            install()
            session = boto3.Session(region_name="us-east-1")
            made = session.resource("sqs")
            child = os.fork()
            if child == 0:
                os._exit(int(session.resource("sqs") is made or len(session.cache.resource.LRU) != 1))
            assert os.waitpid(child, 0)[1] == 0
            assert session.resource("sqs") is made
        """)


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


def test_a_second_reload_or_none_leaves_no_method_of_ours_behind():
    for _ in range(3):
        with contextlib.ExitStack() as blocks:
            for _ in range(3):
                blocks.enter_context(cached_boto3())
        assert state_of_boto3() == PLAIN
    assert importlib.import_module("boto3.session").Session is PLAIN_SESSION
