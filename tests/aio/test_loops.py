"""Several loops, in threads, in forked children, of other makers; and what is no loop of asyncio's."""

import asyncio
import gc
import os
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from boto3_client_cache import ClientCacheError

uvloop = pytest.importorskip("uvloop")
anyio = pytest.importorskip("anyio")


def test_each_thread_s_loop_has_clients_of_its_own(session, endpoint):
    number = 6
    together = threading.Barrier(number)

    def work(_):
        async def main():
            together.wait(60)
            clients = await asyncio.gather(*(session.client("s3") for _ in range(5)))
            for _ in range(20):
                await clients[0].list_buckets()
                assert await session.client("s3") is clients[0]
                assert clients[0]._endpoint.http_session._sessions
            return {id(client) for client in clients}, clients[0]

        return asyncio.run(main())

    with ThreadPoolExecutor(number) as pool:
        made = list(pool.map(work, range(number)))
    assert all(len(ids) == 1 for ids, _ in made)
    assert len({id(client) for _, client in made}) == number


def test_statistics_are_those_of_all_loops(session):
    first = asyncio.new_event_loop()
    second = asyncio.new_event_loop()
    for loop in (first, second):
        loop.run_until_complete(_twice(session))
    info = session.cache_info()
    assert (info.hits, info.misses, info.creations, info.currsize) == (2, 2, 2, 2)
    for loop in (first, second):
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _twice(session):
    assert await session.client("s3") is await session.client("s3")


def test_a_session_left_on_one_loop_keeps_no_other(session, endpoint):
    async def use():
        async with session:
            await (await session.client("s3")).list_buckets()

    other = asyncio.new_event_loop()
    s3 = other.run_until_complete(_listed(session))
    asyncio.run(use())  # closes the session, from another loop
    with pytest.raises(ClientCacheError, match="session is closed"):
        other.run_until_complete(_listed(session))
    other.run_until_complete(s3.list_buckets())  # who holds a client goes on with it
    other.run_until_complete(other.shutdown_asyncgens())
    other.close()


async def _listed(session):
    s3 = await session.client("s3")
    await s3.list_buckets()
    return s3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
class TestForks:
    def test_a_child_starts_with_nothing_and_leaves_its_parent_s_connections(self, session, endpoint, tmp_path):
        async def main():
            s3 = await session.client("s3")
            await s3.list_buckets()
            child = os.fork()
            if child == 0:
                _exit_as(_use_in_child, session)
            status = await asyncio.to_thread(os.waitpid, child, 0)
            await s3.list_buckets()
            assert session.cached("s3") is s3
            assert os.waitstatus_to_exitcode(status[1]) == 0

        asyncio.run(main())

    def test_a_child_forked_by_another_thread_starts_with_nothing(self, session, endpoint):
        ready, done = threading.Event(), threading.Event()

        def serve():
            async def main():
                s3 = await session.client("s3")
                await s3.list_buckets()
                ready.set()
                await asyncio.to_thread(done.wait, 60)
                await s3.list_buckets()

            asyncio.run(main())

        with ThreadPoolExecutor(1) as pool:
            serving = pool.submit(serve)
            assert ready.wait(60)
            child = os.fork()
            if child == 0:
                _exit_as(_use_in_child, session)
            status = os.waitpid(child, 0)[1]
            done.set()
            serving.result()
        assert os.waitstatus_to_exitcode(status) == 0


def _exit_as(work, *arguments):
    status = 1
    try:
        work(*arguments)
        status = 0
    finally:
        os._exit(status)


def _use_in_child(session):
    async def main():
        assert session.cached("s3") is None
        s3 = await session.client("s3")
        await s3.list_buckets()
        assert await session.client("s3") is s3

    gc.collect()
    asyncio.run(main())


class TestUvloop:
    def test_clients_are_cached_work_and_end_with_the_loop(self, session, endpoint):
        async def main():
            assert type(asyncio.get_running_loop()).__module__.startswith("uvloop")
            s3 = await session.client("s3")
            await s3.list_buckets()
            assert session.cached("s3") is await session.client("s3") is s3
            (connections,) = s3._endpoint.http_session._sessions.values()
            return connections, weakref.ref(asyncio.get_running_loop())

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) if hasattr(asyncio, "Runner") else _Uvloop() as runner:
            connections, reference = runner.run(main())
        assert connections.closed
        del connections, runner
        gc.collect()
        assert reference() is None


class _Uvloop:
    """What `asyncio.Runner` does, before Python 3.11."""

    def __enter__(self):
        self.loop = uvloop.new_event_loop()
        self.run = self.loop.run_until_complete
        return self

    def __exit__(self, *exception):
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        del self.loop, self.run


class TestAnyio:
    def test_clients_are_cached_in_its_task_groups_and_survive_their_cancellation(self, session, builds):
        made = []

        async def ask():
            made.append(await session.client("s3"))

        async def main():
            builds.gate = asyncio.Event()
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(ask)
                    await builds.begin()
                    scope.cancel()
            assert made == []
            builds.gate.set()
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(ask)
            with anyio.fail_after(60):
                made.append(await session.client("s3"))
            assert len({id(client) for client in made}) == 1

        anyio.run(main, backend="asyncio")
        assert builds.services == ["s3"]

    def test_another_backend_is_refused_by_name(self, session):
        trio = pytest.importorskip("trio")

        async def main():
            with pytest.raises(ClientCacheError, match="no running event loop.*asyncio"):
                await session.client("s3")

        trio.run(main)


def test_a_loop_that_takes_no_attributes_is_refused_by_name():
    from boto3_client_cache.aio._on_loops import of_loop

    class Loop:
        __slots__ = ()

    with pytest.raises(ClientCacheError, match="event loop of class Loop: it takes no attributes"):
        of_loop(Loop(), "name", list)
