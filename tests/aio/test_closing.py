"""When clients close: evicted, read from, with their session, with their loop; and that nothing keeps a loop."""

import asyncio
import gc
import logging
import os
import subprocess
import sys
import textwrap
import warnings
import weakref

import pytest
from aiobotocore.config import AioConfig

from boto3_client_cache import aio
from boto3_client_cache.aio._flights import Flight, take_turn


def run(main):
    return asyncio.run(main(), debug=True)


async def settle(condition):
    """Let the loop turn until it holds."""
    for _ in range(2000):
        if condition():
            return
        gc.collect()
        await asyncio.sleep(0.002)
    raise AssertionError("it never held")


def connections_of(client):
    """Return aiohttp's session behind a client that has sent something."""
    (http_session,) = client._endpoint.http_session._sessions.values()
    return http_session


def is_open(http_session):
    return not http_session.closed


async def fill(client, size=0):
    await client.create_bucket(Bucket="bucket")
    await client.put_object(Bucket="bucket", Key="key", Body=bytes(size))


class TestEviction:
    def test_an_evicted_client_is_closed_when_nobody_holds_it(self, session, endpoint):
        async def main():
            s3 = await session.client("s3", max_size=1)
            await s3.list_buckets()
            connections = connections_of(s3)
            await session.client("sqs")
            assert session.cached("s3") is None
            await s3.list_buckets()
            assert is_open(connections)
            del s3
            await settle(lambda: connections.closed)

        run(main)

    def test_a_response_is_read_to_its_end_after_its_client_has_gone(self, session, endpoint):
        size = 5_000_000

        async def main():
            await fill(await session.client("s3"), size)
            response = await (await session.client("s3")).get_object(Bucket="bucket", Key="key")
            connections = connections_of(session.cached("s3"))
            session.cache.clear()
            gc.collect()
            read = 0
            while chunk := await response["Body"].read(10_000):
                read += len(chunk)
                await asyncio.sleep(0)
                assert is_open(connections)
            assert read == size
            del response
            await settle(lambda: connections.closed)

        run(main)

    @pytest.mark.filterwarnings("ignore:The legacy:DeprecationWarning")
    def test_it_is_the_same_with_httpx(self, session, endpoint):
        httpxsession = pytest.importorskip("aiobotocore.httpxsession")
        pytest.importorskip("httpx2")
        config = AioConfig(http_session_cls=httpxsession.HttpxSession)

        async def main():
            s3 = await session.client("s3", config=config)
            assert await session.client("s3", config=config) is s3
            await fill(s3, 500_000)
            response = await s3.get_object(Bucket="bucket", Key="key")
            reference = weakref.ref(s3)
            http_session = s3._endpoint.http_session
            session.cache.clear()
            del s3
            gc.collect()
            assert reference() is None
            assert len(await response["Body"].read()) == 500_000
            del response
            await settle(lambda: http_session._watch() is None)

        run(main)

    def test_a_paginator_holds_its_client(self, session, endpoint):
        async def main():
            await fill(await session.client("s3"))
            pages = (await session.client("s3")).get_paginator("list_objects_v2").paginate(Bucket="bucket")
            session.cache.clear()
            gc.collect()
            assert [page["KeyCount"] async for page in pages] == [1]

        run(main)

    def test_a_client_that_another_thread_lets_go_is_closed_on_its_loop(self, session, endpoint):
        async def main():
            await (await session.client("s3")).list_buckets()
            connections = connections_of(session.cached("s3"))
            await asyncio.to_thread(session.cache.clear)
            await settle(lambda: connections.closed)

        run(main)

    def test_an_error_of_closing_is_logged(self, session, endpoint, caplog):
        async def main():
            s3 = await session.client("s3")

            async def fail(*_):
                raise ValueError("mine")

            s3._endpoint.http_session.really_close = fail
            session.cache.clear()
            del s3
            await settle(lambda: "closing the connections of a client failed" in caplog.text)

        run(main)


class TestTheEndOfASession:
    def test_its_clients_are_closed_at_once(self, session, endpoint):
        async def main():
            async with session:
                s3 = await session.client("s3")
                await s3.list_buckets()
                connections = connections_of(s3)
            assert connections.closed

        run(main)

    def test_what_is_being_built_meanwhile_is_closed_too(self, session, builds):
        async def main():
            builds.gate = asyncio.Event()
            asked = asyncio.create_task(session.client("s3"))
            await builds.begin()
            closing = asyncio.create_task(session.aclose())
            await asyncio.sleep(0)
            assert not closing.done()
            builds.gate.set()
            await closing
            with pytest.raises(aio_error(), match="closed"):
                await asked

        run(main)

    def test_a_session_that_is_dropped_takes_its_clients_along(self, endpoint):
        async def main():
            session = aio.Session(region_name="us-east-1")
            s3 = await session.client("s3")
            await s3.list_buckets()
            connections, reference = connections_of(s3), weakref.ref(session.cache)
            del session, s3
            await settle(lambda: connections.closed)
            assert reference() is None

        run(main)


def aio_error():
    from boto3_client_cache import ClientCacheError

    return ClientCacheError


class TestTheEndOfALoop:
    @pytest.mark.filterwarnings("error")
    def test_asyncio_run_closes_its_clients(self, session, endpoint, caplog):
        async def main():
            s3 = await session.client("s3")
            await s3.list_buckets()
            return connections_of(s3), s3

        connections, _ = run(main)
        assert connections.closed
        gc.collect()
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]  # slow steps are told too

    def test_clients_are_cached_for_one_loop_alone(self, session):
        async def main():
            return await session.client("s3")

        first = run(main)
        assert run(main) is not first

    def test_a_loop_that_has_ended_is_kept_by_nothing(self, session, endpoint):
        async def main():
            await (await session.client("s3")).list_buckets()
            return weakref.ref(asyncio.get_running_loop()), weakref.ref(session.cache)

        references = run(main)
        gc.collect()
        assert [reference() for reference in references] == [None, None]

    def test_fifty_loops_leave_no_descriptors(self, session, endpoint):
        async def main():
            await asyncio.gather(*[(await session.client(name)).meta.events.emit("x") for name in ("s3", "sqs")])
            await (await session.client("s3")).list_buckets()
            await (await session.client("sqs")).list_queues()

        def descriptors():
            gc.collect()
            return len(os.listdir("/proc/self/fd"))

        run(main)
        before = descriptors()
        for _ in range(50):
            run(main)
        assert descriptors() == before

    def test_a_bare_close_drops_them(self, session, endpoint, caplog):
        async def main():
            s3 = await session.client("s3")
            await s3.list_buckets()
            return weakref.ref(s3)

        loop = asyncio.new_event_loop()
        reference = loop.run_until_complete(main())
        loop.close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del loop
            gc.collect()
        assert reference() is None
        assert "Unclosed client session" not in caplog.text
        assert not [each for each in caught if "nclosed client session" in str(each.message)]

    def test_a_bare_close_amid_a_build_was_an_error_of_its_turn(self):
        async def build():
            await take_turn()
            await asyncio.Event().wait()

        async def main():
            flight = Flight("label")
            flight.begin(build)
            await settle(lambda: flight.has_turn)
            return flight.task.get_coro()

        loop = asyncio.new_event_loop()
        building = loop.run_until_complete(main())
        loop.close()
        building.close()  # as the garbage collector does

    def test_a_client_that_outlives_a_bare_close_goes_quietly(self, session, endpoint, caplog):
        async def main():
            s3 = await session.client("s3")
            await s3.list_buckets()
            return s3

        loop = asyncio.new_event_loop()
        s3 = loop.run_until_complete(main())
        loop.close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            session.cache_info()
            del loop, s3
            gc.collect()
        assert not [each for each in caught if "nclosed client session" in str(each.message)]
        assert "Unclosed client session" not in caplog.text

    def test_a_loop_that_runs_again_has_its_clients_still(self, session, endpoint):
        async def main():
            s3 = await session.client("s3")
            await s3.list_buckets()
            return s3

        loop = asyncio.new_event_loop()
        try:
            assert loop.run_until_complete(main()) is loop.run_until_complete(main())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def test_a_process_ends_without_a_word(self, endpoint):
        program = """
            import asyncio
            from boto3_client_cache import aio

            session = aio.Session(region_name="us-east-1")

            async def main():
                await (await session.client("s3")).list_buckets()

            asyncio.run(main())
        """
        command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert not done.stderr, done.stderr
        assert (done.returncode, done.stdout) == (0, "")
