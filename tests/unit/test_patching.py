"""``install``, ``uninstall`` and ``cached_boto3``: boto3's own names cache, and are restored."""

import abc
import functools
import gc
import threading
import weakref

import boto3
import boto3.session
import pytest

import boto3_client_cache
from boto3_client_cache import CacheError, cached_boto3, install, setup_default_session, uninstall

PLAIN_SESSION = boto3.session.Session
NAMES = ("client", "resource", "Session")


def names_of_boto3():
    return (*(getattr(boto3, name) for name in NAMES), boto3.session.Session)


PLAIN = names_of_boto3()


@pytest.fixture(autouse=True)
def _restored_afterwards():
    yield
    assert names_of_boto3() == PLAIN
    with pytest.raises(CacheError, match="nothing to uninstall"):
        uninstall()


@pytest.fixture
def installed():
    install()
    yield
    uninstall()


class TestPatched:
    """What boto3's names do meanwhile."""

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

    def test_the_session_modules_name_is_patched_too(self):
        assert boto3.session.Session is boto3.Session

    def test_boto3s_own_set_up_makes_a_caching_session(self, kind):
        boto3.setup_default_session(region_name="eu-west-1")
        assert isinstance(boto3.DEFAULT_SESSION, boto3_client_cache.Session)
        assert boto3.DEFAULT_SESSION.region_name == "eu-west-1"
        assert getattr(boto3, kind.name)("sqs") is kind.get(boto3.DEFAULT_SESSION, "sqs")

    def test_a_session_is_an_instance_of_boto3s_and_of_ours(self):
        session = boto3.Session()
        assert isinstance(session, PLAIN_SESSION)
        assert isinstance(session, boto3_client_cache.Session)
        assert isinstance(session, boto3.Session)

    def test_a_session_made_by_boto3_before_is_an_instance_still(self):
        assert isinstance(PLAIN_SESSION(), boto3.Session)
        assert isinstance(boto3_client_cache.Session(), boto3.Session)
        assert issubclass(PLAIN_SESSION, boto3.Session)
        assert not isinstance("a session", boto3.Session)

    def test_a_derived_class_works_and_has_only_its_own_instances(self, kind):
        class Own(boto3.Session):
            pass

        session = Own(region_name="us-east-1")
        assert kind.get(session, "sqs") is kind.get(session, "sqs")
        assert isinstance(session, Own)
        assert isinstance(session, boto3.Session)
        assert not isinstance(boto3.Session(), Own)
        assert not isinstance(PLAIN_SESSION(), Own)

    def test_a_derived_class_may_be_abstract_too(self):
        class Base(abc.ABC):
            @abc.abstractmethod
            def account(self): ...

        class Own(boto3.Session, Base):
            def account(self):
                return "123"

        assert Own().account() == "123"

    def test_a_default_session_that_was_there_is_used(self, kind):
        uninstall()
        plain = PLAIN_SESSION(region_name="eu-west-1")
        boto3.DEFAULT_SESSION = plain
        install()
        made = getattr(boto3, kind.name)("sqs")
        assert getattr(boto3, kind.name)("sqs") is made
        assert boto3.DEFAULT_SESSION is plain

    def test_it_looks_like_boto3s(self):
        assert repr(boto3.Session(region_name="eu-west-1")) == repr(PLAIN_SESSION(region_name="eu-west-1"))


class TestRestored:
    """What ``uninstall`` leaves."""

    def test_nothing_is_built_or_made_by_installing(self, builder):
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

    def test_a_plain_default_session_that_came_meanwhile_stays(self):
        with cached_boto3():
            plain = boto3.DEFAULT_SESSION = PLAIN_SESSION(region_name="us-west-2")
        assert boto3.DEFAULT_SESSION is plain

    def test_sessions_and_classes_made_meanwhile_go_on_caching(self, kind):
        with cached_boto3():

            class Own(boto3.Session):
                pass

            session = boto3.Session(region_name="us-east-1")
            made = kind.get(session, "sqs")
        assert kind.get(session, "sqs") is made
        later = Own(region_name="us-east-1")
        assert kind.get(later, "sqs") is kind.get(later, "sqs")
        assert isinstance(later, boto3.Session)

    def test_it_ends_with_an_exception_too(self):
        with pytest.raises(LookupError), cached_boto3():
            raise LookupError
        assert names_of_boto3() == PLAIN

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
        ours = names_of_boto3()
        with pytest.raises(CacheError, match="patched already"):
            install()
        assert names_of_boto3() == ours

    def test_blocks_nest(self):
        with cached_boto3():
            ours = names_of_boto3()
            with cached_boto3():
                assert names_of_boto3() == ours
            assert names_of_boto3() == ours != PLAIN

    def test_a_block_within_an_installation_leaves_it(self, installed):
        ours = names_of_boto3()
        with cached_boto3():
            pass
        assert names_of_boto3() == ours

    def test_an_installation_within_a_block_outlives_it(self):
        with cached_boto3():
            ours = names_of_boto3()
            install()
        assert names_of_boto3() == ours
        uninstall()

    def test_uninstalling_within_a_block_leaves_the_block_patched(self):
        install()
        with cached_boto3():
            ours = names_of_boto3()
            uninstall()
            assert names_of_boto3() == ours

    def test_blocks_of_two_threads_may_overlap(self):
        entered, left = threading.Event(), threading.Event()

        def first():
            with cached_boto3():
                entered.set()
                assert left.wait(60)

        thread = threading.Thread(target=first)
        with cached_boto3():
            ours = names_of_boto3()
            thread.start()
            assert entered.wait(60)
        assert names_of_boto3() == ours  # the first thread's block is still open
        left.set()
        thread.join()
        assert names_of_boto3() == PLAIN

    def test_many_threads_enter_and_leave_at_once(self):
        seen = []

        def enter_and_leave():
            for _ in range(200):
                with cached_boto3():
                    seen.append(boto3.client is boto3_client_cache.client)

        threads = [threading.Thread(target=enter_and_leave) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [True] * 1600


def replaced(name):
    """A wrapper as instrumentation makes them, which says that it is boto3's."""
    wrapped = getattr(boto3, name)
    if isinstance(wrapped, type):
        return type("Session", (wrapped,), {"__module__": "boto3.session"})
    return functools.wraps(wrapped)(lambda *args, **kwargs: wrapped(*args, **kwargs))


@pytest.mark.parametrize("name", NAMES)
class TestOthersPatches:
    """Names that somebody else has replaced: refused, and nothing half done."""

    def test_what_was_replaced_before_is_refused(self, name, monkeypatch):
        monkeypatch.setattr(boto3, name, replaced(name))
        before = names_of_boto3()
        for patch in (install, cached_boto3().__enter__):
            with pytest.raises(CacheError, match=f"boto3.{name} is not boto3's own") as caught:
                patch()
            assert caught.value.param == f"boto3.{name}"
            assert "function" in caught.value.value or "class" in caught.value.value
            assert names_of_boto3() == before
        monkeypatch.undo()

    def test_what_was_replaced_since_stays_until_it_is_undone(self, name):
        install()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(boto3, name, replaced(name))
            before = names_of_boto3()
            with pytest.raises(CacheError, match=f"boto3.{name} was replaced while"):
                uninstall()
            assert names_of_boto3() == before
        uninstall()

    def test_a_block_that_cannot_restore_leaves_it_to_uninstall(self, name):
        patch = pytest.MonkeyPatch()
        with pytest.raises(CacheError, match="call uninstall"), cached_boto3():
            patch.setattr(boto3, name, replaced(name))
        patch.undo()
        assert names_of_boto3() != PLAIN
        uninstall()

    def test_a_replacement_undone_in_time_is_nobodys_business(self, name):
        with cached_boto3(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(boto3, name, replaced(name))


def test_a_method_patched_on_boto3s_class_meanwhile_is_honoured(kind, monkeypatch):
    stub = kind.stub()
    with cached_boto3():
        monkeypatch.setattr(PLAIN_SESSION, kind.name, lambda self, *args, **kwargs: stub)
        assert getattr(boto3, kind.name)("sqs") is stub
        assert kind.get(boto3.Session(), "sqs") is stub


def test_the_packages_functions_work_as_before_while_it_is_installed(installed, kind):
    session = setup_default_session(region_name="us-east-1")
    assert kind.function("sqs") is kind.get(session, "sqs") is getattr(boto3, kind.name)("sqs")
