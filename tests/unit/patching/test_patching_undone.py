"""``uninstall``, holders that nest, others' patches, reloads: boto3 is restored."""

import contextlib
import functools
import gc
import importlib
import threading
import weakref
from unittest import mock

import boto3
import boto3.session
import pytest
from support.building import Builder
from support.child import run_child
from support.patching import PLAIN, PLAIN_SESSION, state_of_boto3

import boto3_client_cache
from boto3_client_cache import CacheError, cached_boto3, install, setup_default_session, uninstall


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


def test_a_second_reload_or_none_leaves_no_method_of_ours_behind():
    for _ in range(3):
        with contextlib.ExitStack() as blocks:
            for _ in range(3):
                blocks.enter_context(cached_boto3())
        assert state_of_boto3() == PLAIN
    assert importlib.import_module("boto3.session").Session is PLAIN_SESSION
