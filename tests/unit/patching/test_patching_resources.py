"""Resources while boto3 is patched: each thread has its own."""

import gc
import os
import threading
import weakref

import boto3
import boto3.session
import pytest
from support.child import run_child

import boto3_client_cache
from boto3_client_cache import cached_boto3, clear_all


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

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
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
