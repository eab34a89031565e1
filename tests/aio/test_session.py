"""`await session.client(...)`: what it hands out, what it takes, and what it refuses."""

import asyncio
import copy
import inspect
import pickle
import warnings

import pytest
from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.config import Config

import boto3_client_cache
from boto3_client_cache import ClientCacheError, ClientCacheKey, aio


def run(main):
    return asyncio.run(main(), debug=True)


def test_the_same_call_gives_the_same_client(session, builds):
    async def main():
        client = await session.client("s3", region_name="us-east-1")
        assert isinstance(client, AioBaseClient)
        assert await session.client("s3", "us-east-1") is client
        assert await session.client(service_name="s3", region_name="us-east-1", use_ssl=True) is client
        assert await session.client("s3", region_name="eu-west-1") is not client

    run(main)
    assert builds.services == ["s3", "s3"]


def test_a_client_works_without_async_with(session, endpoint):
    async def main():
        s3 = await session.client("s3")
        await s3.create_bucket(Bucket="bucket")
        await s3.put_object(Bucket="bucket", Key="key", Body=b"text")
        response = await s3.get_object(Bucket="bucket", Key="key")
        assert await response["Body"].read() == b"text"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bucket")
        assert [page["KeyCount"] async for page in pages] == [1]

    run(main)


def test_async_with_gives_the_cached_client_and_leaves_it_there(session, endpoint):
    async def main():
        async with session.client("s3") as s3:
            await s3.create_bucket(Bucket="bucket")
        async with session.client("s3") as again:
            assert again is s3
            assert (await again.list_buckets())["Buckets"][0]["Name"] == "bucket"

    run(main)


def test_closing_a_client_leaves_it_open_since_others_share_it(session, endpoint):
    async def main():
        s3 = await session.client("s3")
        async with s3:
            await s3.list_buckets()
        await s3.close()
        await (await session.client("s3")).list_buckets()

    run(main)


def test_cached_is_a_hit_or_none(session, builds):
    async def main():
        assert session.cached("s3") is None
        client = await session.client("s3")
        assert session.cached("s3") is client
        assert session.cached("s3", eviction_policy="LFU") is None
        assert session.cached("s3", "eu-west-1") is None

    run(main)
    assert builds.services == ["s3"]


@pytest.mark.parametrize("asked", ["create_task", "gather", "wait_for", "ensure_future", "run_coroutine_threadsafe"])
def test_a_call_is_a_coroutine_to_asyncio(session, asked):
    async def main():
        client = await session.client("s3")
        call = session.client("s3")
        assert asyncio.iscoroutine(call)
        assert inspect.isawaitable(call)
        if asked == "create_task":
            assert await asyncio.create_task(call) is client
        elif asked == "gather":
            assert await asyncio.gather(call, session.client("s3")) == [client, client]
        elif asked == "wait_for":
            assert await asyncio.wait_for(call, 60) is client
        elif asked == "ensure_future":
            assert await asyncio.ensure_future(call) is client
        else:
            future = asyncio.run_coroutine_threadsafe(call, asyncio.get_running_loop())
            assert await asyncio.wrap_future(future) is client

    run(main)


def test_asyncio_run_takes_a_call(session):
    assert isinstance(asyncio.run(session.client("s3")), AioBaseClient)


def test_a_call_made_on_one_loop_asks_the_loop_that_awaits_it(session):
    async def ask():
        return session.client("s3"), await session.client("s3")

    async def give(call):
        return await call, await session.client("s3")

    call, there = asyncio.run(ask())
    here, again = asyncio.run(give(call))
    assert here is again
    assert here is not there


def test_a_call_that_is_not_awaited_says_so(session):
    with pytest.warns(RuntimeWarning, match=r"'Session.client' was never awaited"):
        session.client("s3")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.client("s3").close()


def test_a_call_is_awaited_once(session):
    async def main():
        call = session.client("s3")
        await call
        with pytest.raises(RuntimeError, match="awaited already"):
            await call

    run(main)


def test_what_is_thrown_into_a_call_comes_out(session):
    for error in (ValueError("mine"), ValueError):
        call = session.client("s3")
        with pytest.raises(ValueError):  # noqa: PT011 - with or without a text
            call.throw(error)
        with pytest.raises(RuntimeError, match="awaited already"):
            call.send(None)


def test_without_a_running_loop_there_is_no_client(session):
    with pytest.raises(ClientCacheError, match="no running event loop"):
        session.cached("s3")
    with pytest.raises(ClientCacheError, match="no running event loop"):
        session.client("s3").send(None)
    with pytest.raises(ClientCacheError, match="no running event loop"):
        session.cache


def test_a_closed_session_hands_out_nothing(session):
    async def main():
        async with session:
            await session.client("s3")
        for ask in (session.client, session.cached):
            with pytest.raises(ClientCacheError, match="session is closed"):
                await ask("s3")
        await session.aclose()

    run(main)


def test_a_session_closed_on_one_loop_is_closed_on_others(session):
    async def use():
        await session.client("s3")

    async def close():
        await session.aclose()

    asyncio.run(use())
    asyncio.run(close())
    with pytest.raises(ClientCacheError, match="session is closed"):
        asyncio.run(use())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_size": "7"}, ClientCacheError, "max_size"),
        ({"ttl": -1}, ClientCacheError, "ttl"),
        ({"close_evicted": True}, ClientCacheError, "close_evicted is not for asyncio"),
        ({"size": 3}, TypeError, "size"),
        ([("ttl", 3)], ClientCacheError, "client_cache must be a mapping"),
    ],
)
def test_wrong_options_of_the_cache_are_named(options, error, message):
    with pytest.raises(error, match=message):
        aio.Session(client_cache=options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"eviction_policy": "FIFO"}, ClientCacheError, "Invalid eviction policy"),
        ({"max_size": 2.5}, ClientCacheError, "max_size"),
        ({"no_such": 1}, TypeError, "no_such"),
    ],
)
def test_wrong_arguments_are_named(session, arguments, error, message):
    async def main():
        with pytest.raises(error, match=message):
            await session.client("s3", **arguments)

    run(main)


def test_a_call_that_does_not_fit_the_signature_fails_as_with_aiobotocore(session):
    async def main():
        for arguments, keywords in (((), {}), (("s3", "us-east-1"), {"region_name": "us-east-1"}), (("s3",) * 20, {})):
            with pytest.raises(TypeError) as ours:
                await session.client(*arguments, **keywords)
            with pytest.raises(TypeError) as aiobotocores:
                await session.botocore_session.create_client(*arguments, **keywords).__aenter__()
            assert str(ours.value) == str(aiobotocores.value)

    run(main)


def test_policies_sizes_and_statistics_are_those_of_caches(session):
    async def main():
        for service in ("s3", "sqs", "sns"):
            await session.client(service, max_size=2)
        assert list(session.cache.client.LRU) == [ClientCacheKey("sqs"), ClientCacheKey("sns")]
        await session.client("sqs", eviction_policy="LFU")
        await session.client("sqs")
        assert len(session.cache["client"]["LFU"]) == 1
        info = session.cache_info()
        assert (info.hits, info.misses, info.currsize, info.evictions, info.creations) == (1, 4, 3, 1, 4)
        assert info.creation_seconds > 0

    run(main)


def test_a_cache_of_size_0_gives_each_caller_a_client(session):
    async def main():
        first = await session.client("s3", max_size=0)
        assert await session.client("s3") is not first
        assert len(session.cache.client.LRU) == 0

    run(main)


def test_options_of_the_session_reach_the_caches_of_each_loop():
    now = [0.0]
    left = []
    session = aio.Session(
        region_name="us-east-1",
        client_cache={
            "ttl": 5,
            "clock": lambda: now[0],
            "on_evict": lambda key, _, cause: left.append((key.label, cause)),
        },
    )

    async def main():
        client = await session.client("s3")
        now[0] += 6
        assert await session.client("s3") is not client

    for _ in range(2):
        asyncio.run(main())
    assert left.count(("'s3'", "expired")) == 2


def test_cached_gave_a_client_without_credentials_for_ever(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    session = aio.Session(region_name="us-east-1")

    async def main():
        s3 = await session.client("s3")
        assert (session.cached("s3") or await session.client("s3")) is s3
        assert session.cached("s3") is s3  # nobody looks again within a second
        (tmp_path / "credentials").write_text("[default]\naws_access_key_id = mine\naws_secret_access_key = mine\n")
        session.cache.next_search = 0.0
        assert session.cached("s3") is None
        signing = await session.client("s3")
        assert signing is not s3
        assert session.cached("s3") is signing

    run(main)


class TestConfigs:
    def test_an_aio_config_is_a_key_and_is_not_changed(self, session):
        async def main():
            config = AioConfig(retries={"max_attempts": 2}, connector_args={"keepalive_timeout": 3})
            client = await session.client("s3", config=config)
            assert await session.client("s3", config=config) is client
            same = AioConfig(retries={"max_attempts": 2}, connector_args={"keepalive_timeout": 3})
            assert await session.client("s3", config=same) is client
            other = AioConfig(retries={"max_attempts": 2}, connector_args={"keepalive_timeout": 4})
            assert await session.client("s3", config=other) is not client
            assert config.retries == {"max_attempts": 2}
            assert client.meta.config.connector_args == {"keepalive_timeout": 3}

        run(main)

    def test_an_aio_config_merges_with_the_sessions_default_one(self, session):
        session.botocore_session.set_default_client_config(AioConfig(read_timeout=7))

        async def main():
            config = AioConfig(connector_args={"force_close": True})
            client = await session.client("s3", config=config)
            assert client.meta.config.read_timeout == 7
            async with session.botocore_session.create_client("s3", config=config) as aiobotocores:
                assert client.meta.config.connector_args == aiobotocores.meta.config.connector_args

        run(main)

    def test_a_config_assigned_to_later_is_seen(self, session):
        async def main():
            config = Config(max_pool_connections=3)
            client = await session.client("s3", config=config)
            config.max_pool_connections = 4
            assert (await session.client("s3", config=config)).meta.config.max_pool_connections == 4
            assert client.meta.config.max_pool_connections == 3

        run(main)


class TestArguments:
    def test_they_are_those_of_boto3(self):
        session = aio.Session("key", "secret", "token", "eu-west-1")

        async def main():
            credentials = await session.get_credentials()
            assert (credentials.access_key, credentials.secret_key, credentials.token) == ("key", "secret", "token")
            assert (await session.client("s3")).meta.region_name == "eu-west-1"

        run(main)
        assert session.region_name == "eu-west-1"
        assert session.profile_name == "default"

    def test_a_profile_is_used(self, tmp_path, monkeypatch):
        (tmp_path / "config").write_text("[profile other]\nregion = ap-south-1\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        session = aio.Session(profile_name="other")
        assert (session.profile_name, session.region_name) == ("other", "ap-south-1")

    def test_a_session_of_aiobotocore_may_be_brought(self):
        brought = AioSession()
        brought.set_config_variable("region", "sa-east-1")
        session = aio.Session(botocore_session=brought)
        assert session.botocore_session is brought

        async def main():
            assert (await session.client("s3")).meta.region_name == "sa-east-1"

        run(main)

    def test_secrets_are_not_shown(self):
        session = aio.Session("key", "hidden", "hidden")

        async def main():
            await session.client("s3", aws_access_key_id="a", aws_secret_access_key="hidden")
            return repr(session.cache) + repr(session) + str(vars(session))

        assert "hidden" not in run(main)


@pytest.mark.parametrize("attempt", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_session_is_neither_copied_nor_pickled(session, attempt):
    with pytest.raises(TypeError, match="Session"):
        attempt(session)


def test_clients_are_not_shared_with_sync_sessions(session):
    async def main():
        return await session.client("s3")

    assert asyncio.run(main()) is not boto3_client_cache.Session(region_name="us-east-1").client("s3")
