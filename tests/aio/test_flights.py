"""One build for each key, whoever is cancelled; turns; errors; waits that could never end."""

import asyncio
import contextvars

import pytest
from botocore.exceptions import NoRegionError, UnknownServiceError

from boto3_client_cache import ClientCacheError, aio

from .conftest import Builds


def run(main):
    return asyncio.run(main(), debug=False)


def test_tasks_that_ask_at_once_share_one_client(session, builds):
    async def main():
        made = await asyncio.gather(*(session.client("s3") for _ in range(50)))
        assert len(set(map(id, made))) == 1
        info = session.cache_info()
        assert (info.hits, info.misses, info.creations) == (0, 50, 1)

    run(main)
    assert builds.services == ["s3"]


@pytest.mark.parametrize("cancelled", [0, 1, "all but the last"])
def test_a_cancelled_caller_affects_nobody(session, builds, cancelled):
    async def main():
        builds.gate = asyncio.Event()
        tasks = [asyncio.create_task(session.client("s3")) for _ in range(4)]
        await builds.begin()
        chosen = tasks[:-1] if cancelled == "all but the last" else [tasks[cancelled]]
        for task in chosen:
            task.cancel()
        await asyncio.sleep(0)
        builds.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for task, result in zip(tasks, results, strict=True):
            assert isinstance(result, asyncio.CancelledError) == (task in chosen)
        assert session.cached("s3") is results[-1]

    run(main)
    assert builds.services == ["s3"]


def everybody_else(*but):
    return asyncio.all_tasks() - {asyncio.current_task(), *but}


def test_who_waited_for_a_task_that_was_cancelled_was_cancelled_too(session, builds):
    async def main():
        builds.gate = asyncio.Event()
        first = asyncio.create_task(session.client("s3"))
        await builds.begin()
        waiting = [asyncio.create_task(session.client("s3")) for _ in range(3)]
        await asyncio.sleep(0)
        for task in everybody_else(*waiting):
            task.cancel()
        builds.gate.set()
        made = await asyncio.gather(*waiting)
        assert {id(client) for client in made} == {id(session.cached("s3"))}
        assert first.cancelled()

    run(main)
    assert builds.services == ["s3", "s3"]


def test_who_asked_after_all_tasks_were_cancelled_was_cancelled_too(session, builds):
    async def main():
        first = asyncio.create_task(session.client("s3"))
        await asyncio.sleep(0)
        for task in everybody_else():
            task.cancel()
        assert await session.client("s3") is session.cached("s3")
        assert first.cancelled()

    run(main)
    assert builds.services == ["s3"]


def test_what_all_have_given_up_is_cached_all_the_same(session, builds):
    async def main():
        builds.gate = asyncio.Event()
        task = asyncio.create_task(session.client("s3"))
        await builds.begin()
        task.cancel()
        await asyncio.wait((task,))
        builds.gate.set()
        assert await session.client("s3") is session.cached("s3")

    run(main)
    assert builds.services == ["s3"]


def test_a_call_cancelled_before_it_began_builds_nothing(session, builds):
    async def main():
        task = asyncio.create_task(session.client("s3"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main)
    assert builds.services == []


def test_an_error_reaches_all_who_wait_and_is_not_cached(session, builds):
    async def main():
        builds.error = ValueError("mine")
        results = await asyncio.gather(*(session.client("s3") for _ in range(5)), return_exceptions=True)
        assert {str(result) for result in results} == {"mine"}
        assert builds.services == ["s3"]
        builds.error = None
        assert await session.client("s3") is session.cached("s3")

    run(main)


def test_an_error_that_nobody_waits_for_is_not_complained_of(session, builds, caplog):
    async def main():
        builds.gate, builds.error = asyncio.Event(), ValueError("mine")
        task = asyncio.create_task(session.client("s3"))
        await builds.begin()
        task.cancel()
        await asyncio.wait((task,))
        builds.gate.set()
        await asyncio.sleep(0.01)

    run(main)
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_errors_are_aiobotocores():
    async def main():
        session = aio.Session()
        session.botocore_session.set_config_variable("region", None)
        with pytest.raises(UnknownServiceError):
            await session.client("no-such-service")

    run(main)


def test_a_client_without_a_region_fails_as_with_aiobotocore(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    async def main():
        with pytest.raises(NoRegionError):
            await aio.Session().client("sqs")

    run(main)


def test_builds_of_a_loop_take_turns(session, builds):
    other = aio.Session(region_name="us-east-1")
    others = Builds(other)

    async def main():
        services = ("s3", "sqs", "sns", "kms", "sts")

        async def slowly(**_):
            await asyncio.sleep(0.001)

        for each in (session, other):
            each.events.register("creating-client-class", slowly)
        await asyncio.gather(*(each.client(name) for name in services for each in (session, other)))

    run(main)
    assert (builds.most, others.most) == (1, 1)
    assert len(builds.services) == len(others.services) == 5


def test_the_loop_turns_between_two_builds(session):
    turns, seen, ended = 0, [], False

    async def turn():
        nonlocal turns
        while not ended:
            turns += 1
            await asyncio.sleep(0)

    async def main():
        nonlocal ended
        regions = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
        turning = asyncio.create_task(turn())
        session.events.register("creating-client-class", lambda **_: seen.append(turns))
        await asyncio.gather(*(session.client("sqs", region) for region in regions))
        ended = True
        await turning

    run(main)
    assert len(seen) == len(set(seen)) == 4


def test_a_hit_does_not_wait_for_a_build(session, builds):
    async def main():
        held = await session.client("sqs")
        builds.gate = asyncio.Event()
        building = asyncio.create_task(session.client("s3"))
        await builds.begin(2)
        assert await session.client("sqs") is held
        builds.gate.set()
        await building

    run(main)


class TestWhoBuilds:
    """Code that runs while a client is built may ask for clients itself."""

    @pytest.fixture
    def session(self):
        """Make one in which a wait that never ends is seen."""
        return aio.Session(region_name="us-east-1", client_cache={"max_wait": None})

    def test_it_gets_another_client(self, session):
        inner = []

        async def ask(**_):
            inner.append(await session.client("sts"))

        session.events.register("creating-client-class.s3", ask)

        async def main():
            await asyncio.wait_for(session.client("s3"), 60)
            assert inner == [session.cached("sts")]

        run(main)

    def test_it_gets_a_client_that_waits_for_its_turn(self, session, builds):
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def ask(**_):
            begun.set()
            await go_on.wait()
            await session.client("sts")

        session.events.register("creating-client-class.s3", ask)

        async def main():
            first = asyncio.create_task(session.client("s3"))
            await asyncio.wait_for(begun.wait(), 60)
            second = asyncio.create_task(session.client("sts"))
            await asyncio.sleep(0.01)
            assert builds.services == []
            go_on.set()
            await asyncio.wait_for(asyncio.gather(first, second), 60)

        run(main)

    def test_it_gets_a_client_that_was_asked_for_at_the_same_moment(self, session):
        async def ask(**_):
            await session.client("sts")

        async def main():
            await asyncio.gather(session.client("s3", "eu-west-1"), session.client("sts", "eu-west-1"))  # models
            session.events.register("creating-client-class.s3", ask)
            await asyncio.wait_for(asyncio.gather(session.client("s3"), session.client("sts")), 60)

        run(main)

    def test_it_is_refused_what_it_is_itself_creating(self, session):
        async def ask(**_):
            await session.client("s3")

        session.events.register("creating-client-class.s3", ask)

        async def main():
            with pytest.raises(ClientCacheError, match="what it is itself creating"):
                await asyncio.wait_for(session.client("s3"), 60)

        run(main)

    def test_two_that_wait_for_each_other_are_refused(self, session):
        both = asyncio.Event()
        begun = []

        def asks_for(service):
            async def ask(**_):
                begun.append(service)
                if len(begun) == 2:
                    both.set()
                await session.client(service)

            return ask

        session.events.register("creating-client-class.s3", asks_for("sts"))
        session.events.register("creating-client-class.sts", asks_for("s3"))

        async def main():
            results = await asyncio.wait_for(
                asyncio.gather(session.client("s3"), session.client("sts"), return_exceptions=True), 60
            )
            assert all(isinstance(result, ClientCacheError) for result in results)
            assert "wait for each other" in str(results[0])

        run(main)

    def test_it_has_the_context_of_who_asked_first(self, session):
        variable = contextvars.ContextVar("variable")
        seen = []
        session.events.register("creating-client-class", lambda **_: seen.append(variable.get()))

        async def main():
            variable.set("mine")
            await session.client("s3")

        run(main)
        assert seen == ["mine"]


def test_who_has_waited_for_max_wait_builds_for_himself(caplog):
    session = aio.Session(region_name="us-east-1", client_cache={"max_wait": 0.01})
    builds = Builds(session)

    async def main():
        builds.gate = asyncio.Event()
        first = asyncio.create_task(session.client("s3"))
        await builds.begin(2)  # the second one is its own
        builds.gate.set()
        made = await first
        assert await session.client("s3") is made

    run(main)
    assert [record.levelname for record in caplog.records if "waited" in record.message] == ["WARNING"]


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="tasks are eager from Python 3.12 on")
def test_tasks_that_begin_at_once_share_one_client_too(session, builds):
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        made = await asyncio.gather(*(session.client("s3") for _ in range(5)))
        assert len(set(map(id, made))) == 1
        builds.error = ValueError("mine")
        for _ in range(2):
            with pytest.raises(ValueError, match="mine"):
                await session.client("sqs")

    run(main)
    assert builds.services == ["s3", "sqs", "sqs"]


def test_a_creation_is_logged(session, caplog):
    caplog.set_level("DEBUG", "boto3_client_cache")

    async def main():
        await session.client("s3")
        with pytest.raises(UnknownServiceError):
            await session.client("no-such-service")

    run(main)
    messages = [record.message for record in caplog.records if record.name == "boto3_client_cache"]
    assert messages[0].startswith("created 's3' in ")
    assert messages[1].startswith("creating 'no-such-service' failed after ")
    assert messages[1].endswith(": UnknownServiceError")
