"""Beside an asyncio loop: a creation runs in an executor while the loop goes on, and asks nothing of it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.building import Builder
from support.child import run_child

SOON = 60


@pytest.fixture
def slow(kind, monkeypatch):
    """Hold every creation until `go_on` is set."""

    def make():
        builder.started.set()
        assert builder.go_on.wait(SOON)
        return kind.stub()

    builder = Builder(kind).install(kind, monkeypatch)
    builder.started, builder.go_on, builder.make = threading.Event(), threading.Event(), make
    return builder


async def ticks(number):
    """Let the loop turn so often."""
    for _ in range(number):
        await asyncio.sleep(0)


async def begun(slow):
    """Let the loop turn until a creation has begun."""
    while not slow.started.is_set():
        await asyncio.sleep(0.001)


def test_the_loop_goes_on_while_an_executor_builds(session, kind, slow):
    async def main():
        asked = [asyncio.create_task(asyncio.to_thread(kind.get, session, "sqs")) for _ in range(8)]
        await begun(slow)
        await ticks(1000)
        assert not any(task.done() for task in asked)
        slow.go_on.set()
        return await asyncio.gather(*asked)

    made = asyncio.run(main(), debug=True)
    assert {id(each) for each in made} == {id(kind.get(session, "sqs"))}
    assert slow.count == 1


def test_a_hit_in_the_loops_own_thread_does_not_wait_for_a_creation(session, kind, slow):
    kind.caches(session).LRU[kind.key("sns")] = held = kind.stub()

    async def main():
        building = asyncio.create_task(asyncio.to_thread(kind.get, session, "sqs"))
        await begun(slow)
        assert kind.get(session, "sns") is held
        assert not building.done()
        slow.go_on.set()
        await building

    asyncio.run(main())


def test_a_cancelled_task_leaves_the_creation_to_the_others(session, kind, slow):
    async def main():
        first = asyncio.create_task(asyncio.to_thread(kind.get, session, "sqs"))
        await begun(slow)
        second = asyncio.create_task(asyncio.to_thread(kind.get, session, "sqs"))
        await ticks(10)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        slow.go_on.set()
        return await second

    assert asyncio.run(main()) is kind.get(session, "sqs")
    assert slow.count == 1


def test_two_loops_in_two_threads_share_a_creation(session, kind, slow):
    def ask():
        async def main():
            return await asyncio.to_thread(kind.get, session, "sqs")

        return asyncio.run(main())

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask) for _ in range(2)]
        assert slow.started.wait(SOON)
        slow.go_on.set()
        first, second = (each.result(SOON) for each in asked)
    assert first is second


def test_a_creation_and_a_wait_for_it_do_without_asyncio():
    run_child(
        """
        import sys, threading
        from boto3_client_cache import Session
        session = Session(region_name="us-east-1")
        threads = [threading.Thread(target=session.client, args=("sqs",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(session.cache.client.LRU) == 1
        assert "asyncio" not in sys.modules
        """
    )
