"""``clear_all`` reaches every cache there is."""

import gc
import threading

import boto3

from boto3_client_cache import ClientCache, Session, clear_all


def test_caches_made_by_hand_are_emptied_and_keep_their_size(flavour):
    cache = flavour.filled("abc", max_size=7)
    clear_all()
    assert len(cache) == 0
    assert cache.max_size == 7


def test_the_caches_of_all_sessions_are_emptied(kind, policy, builder):
    sessions = [Session(), Session()]
    for count in (2, 4):
        for session in sessions:
            kind.get(session, "sqs", eviction_policy=policy)
        assert builder.count == count
        clear_all()


def test_what_is_cached_for_a_plain_default_session_goes_too(kind, builder):
    boto3.DEFAULT_SESSION = boto3.Session()
    made = kind.function("sqs")
    clear_all()
    assert kind.function("sqs") is not made


def test_caches_of_other_threads_are_emptied(flavour):
    caches = []
    thread = threading.Thread(target=lambda: caches.append(flavour.filled("abc")))
    thread.start()
    thread.join()
    clear_all()
    assert len(caches[0]) == 0


def test_a_derived_classs_own_clear_is_called():
    class Own(ClientCache):
        cleared = 0

        def clear(self):
            self.cleared += 1
            super().clear()

    cache = Own()
    clear_all()
    assert cache.cleared == 1


def test_caches_that_are_made_and_die_meanwhile_do_no_harm(flavour):
    stop = threading.Event()

    def make_and_drop():
        while not stop.is_set():
            flavour.filled("abc")

    threads = [threading.Thread(target=make_and_drop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(2000):
        clear_all()
    stop.set()
    for thread in threads:
        thread.join()
    gc.collect()
    cache = flavour.filled("abc")
    clear_all()
    assert len(cache) == 0
