"""The pytest plugin in suites as users write them, each in a process of its own: moto, Stubber, freezegun, xdist."""

import pytest

pytest.importorskip("moto")
pytest_plugins = ["pytester"]

APPLICATION = """
from boto3_client_cache import Session, client

session = Session(region_name="us-east-1")
at_import = session.client("sqs")
handed_out = [at_import]

def sqs():
    made = session.client("sqs")
    new = all(made is not other for other in handed_out)
    handed_out.append(made)
    return made, new
"""


@pytest.fixture
def suite(pytester):
    """Run a test file beside ``application.py``, with the ini option on or off."""

    def run(tests, *arguments, clear_client_caches=True, passed, **outcomes):
        pytester.makepyfile(application=APPLICATION, test_suite=tests)
        pytester.makeini(f"[pytest]\nfilterwarnings = error\nclear_client_caches = {clear_client_caches}")
        result = pytester.runpytest_subprocess(*arguments)
        result.assert_outcomes(passed=passed, **outcomes)
        return result

    return run


TWO_TESTS = """
from application import sqs

def test_one():
    assert sqs()[1]

def test_other():
    assert sqs()[1]
"""


class TestClearing:
    """When caches are cleared."""

    def test_each_test_starts_with_empty_caches(self, suite):
        suite(TWO_TESTS, passed=2)

    def test_nothing_is_cleared_unless_asked_for(self, suite):
        suite(TWO_TESTS, clear_client_caches=False, passed=0, failed=2)

    def test_the_fixture_clears_around_the_tests_that_use_it(self, suite):
        suite(
            """
            import pytest
            from application import handed_out, sqs

            @pytest.mark.usefixtures("fresh_client_caches")
            def test_fresh():
                assert sqs()[1]

            def test_after_it():
                assert sqs()[1]

            def test_as_ever():
                assert not sqs()[1]
            """,
            clear_client_caches=False,
            passed=3,
        )

    def test_fixtures_share_the_caches_of_their_test(self, suite):
        suite(
            """
            import pytest
            from application import session, sqs

            @pytest.fixture
            def queue():
                return sqs()[0]

            @pytest.fixture
            def checked_when_it_ends():
                yield
                assert len(session.cache.client.LRU) == 1

            def test_one(checked_when_it_ends, queue):
                assert sqs() == (queue, False)
            """,
            passed=1,
        )

    def test_caches_are_empty_after_a_failure_too(self, suite):
        suite(
            """
            import pytest
            from application import sqs

            @pytest.fixture
            def broken():
                yield
                raise LookupError

            def test_one(broken):
                sqs()

            def test_other():
                assert sqs()[1]
            """,
            passed=2,
            errors=1,
        )

    def test_a_suite_that_never_imports_the_package_does_not_get_it_imported(self, suite):
        suite(
            """
            import sys

            def test_one(fresh_client_caches):
                assert not {"boto3", "botocore", "boto3_client_cache"} & set(sys.modules)
            """,
            passed=1,
        )


class TestMoto:
    """``mock_aws`` in the orders in which users write it."""

    def test_decorated_and_plain_tests_share_no_client(self, suite):
        suite(
            """
            from moto import mock_aws
            from application import sqs

            def test_before():
                assert sqs()[1]

            @mock_aws
            def test_mocked():
                queue, new = sqs()
                assert new
                queue.create_queue(QueueName="one")
                assert len(sqs()[0].list_queues()["QueueUrls"]) == 1

            @mock_aws
            def test_mocked_anew():
                queue, new = sqs()
                assert new
                assert "QueueUrls" not in queue.list_queues()

            def test_after():
                assert sqs()[1]
            """,
            passed=4,
        )

    def test_a_mock_that_a_fixture_opens(self, suite):
        suite(
            """
            import pytest
            from moto import mock_aws
            from application import sqs

            @pytest.fixture(params=["mock first", "caches first"])
            def cloud(request):
                if request.param == "caches first":
                    request.getfixturevalue("fresh_client_caches")
                with mock_aws():
                    if request.param == "mock first":
                        request.getfixturevalue("fresh_client_caches")
                    sqs()[0].create_queue(QueueName="one")
                    yield

            def test_mocked(cloud):
                queue, new = sqs()
                assert not new
                assert len(queue.list_queues()["QueueUrls"]) == 1

            def test_after():
                assert sqs()[1]
            """,
            passed=3,
        )

    def test_a_decorated_class(self, suite):
        suite(
            """
            import unittest
            from moto import mock_aws
            from application import sqs

            @mock_aws
            class TestQueues(unittest.TestCase):
                def setUp(self):
                    self.queue, new = sqs()
                    assert new
                    self.queue.create_queue(QueueName="one")

                def test_one(self):
                    queue, new = sqs()
                    assert queue is self.queue
                    assert len(queue.list_queues()["QueueUrls"]) == 1

                def test_other(self):
                    assert len(sqs()[0].list_queues()["QueueUrls"]) == 1
            """,
            passed=2,
        )

    def test_a_mock_for_a_whole_module(self, suite):
        suite(
            """
            import pytest
            from moto import mock_aws
            from application import sqs

            @pytest.fixture(scope="module", autouse=True)
            def cloud():
                with mock_aws():
                    sqs()[0].create_queue(QueueName="one")
                    yield

            @pytest.mark.parametrize("number", range(2))
            def test_mocked(number):
                assert len(sqs()[0].list_queues()["QueueUrls"]) == 1
            """,
            passed=2,
        )

    def test_a_client_of_a_session_from_before_the_mock_is_mocked_while_it_lasts(self, suite):
        suite(
            """
            import pytest
            from moto import mock_aws
            from application import sqs

            def test_one():
                queue, _ = sqs()
                with mock_aws():
                    assert sqs() == (queue, False)
                    queue.create_queue(QueueName="one")
                    assert len(queue.list_queues()["QueueUrls"]) == 1
            """,
            passed=1,
        )

    def test_the_default_session_is_another_in_the_mock_without_any_clearing(self, suite):
        suite(
            """
            from boto3_client_cache import client
            from moto import mock_aws

            def test_one():
                outside = client("sqs")
                with mock_aws():
                    inside = client("sqs")
                    assert inside is not outside
                    inside.create_queue(QueueName="one")
                    assert client("sqs") is inside
                assert client("sqs") is outside
            """,
            clear_client_caches=False,
            passed=1,
        )

    def test_boto3_cached_around_or_within_the_mock(self, suite):
        suite(
            """
            import boto3
            from boto3_client_cache import cached_boto3
            from moto import mock_aws

            @mock_aws
            def test_within():
                with cached_boto3():
                    boto3.client("sqs").create_queue(QueueName="one")
                    assert boto3.client("sqs") is boto3.client("sqs")

            def test_around():
                with cached_boto3():
                    outside = boto3.client("sqs")
                    with mock_aws():
                        inside = boto3.client("sqs")
                        assert inside is boto3.client("sqs")
                        inside.create_queue(QueueName="one")
                    assert boto3.client("sqs") is outside is not inside
            """,
            passed=2,
        )


def test_a_stub_that_was_never_deactivated_stays_in_its_test(suite):
    suite(
        """
        import pytest
        from botocore.stub import Stubber
        from moto import mock_aws
        from application import sqs

        def test_stubbed():
            stub = Stubber(sqs()[0])
            stub.add_response("list_queues", {"QueueUrls": ["stub"]})
            stub.activate()
            assert sqs()[0].list_queues()["QueueUrls"] == ["stub"]

        @mock_aws
        def test_other():
            assert "QueueUrls" not in sqs()[0].list_queues()
        """,
        passed=2,
    )


def test_cached_clients_live_in_frozen_time(suite):
    suite(
        """
        from freezegun import freeze_time
        from moto import mock_aws
        from application import session, sqs

        @mock_aws
        def test_one():
            sent = []
            session.events.register("before-send.sqs", lambda request, **_: sent.append(request.headers["X-Amz-Date"]))
            queue, new = sqs()
            with freeze_time("2031-01-02 03:04:05") as frozen:
                assert sqs() == (queue, False)
                queue.list_queues()
                frozen.tick(60)
                queue.list_queues()
            assert sent == [b"20310102T030405Z", b"20310102T030505Z"]

        @freeze_time("2031-01-02")
        @mock_aws
        def test_built_in_frozen_time():
            queue, new = sqs()
            assert new
            queue.list_queues()
        """,
        passed=2,
    )


def test_workers_of_xdist_clear_their_own_caches(suite):
    result = suite(
        """
        import pytest
        from moto import mock_aws
        from application import sqs

        @pytest.mark.parametrize("number", range(8))
        @mock_aws
        def test_mocked(number, worker_id):
            queue, new = sqs()
            assert new
            queue.create_queue(QueueName=worker_id)
            assert len(sqs()[0].list_queues()["QueueUrls"]) == 1
        """,
        "-n2",
        passed=8,
    )
    result.stdout.fnmatch_lines(["*2 workers*"])


def test_the_option_and_the_fixture_explain_themselves(pytester):
    pytester.runpytest_subprocess("--help").stdout.fnmatch_lines(
        ["*clear_client_caches (bool):*", "*clear all caches*"]
    )
    pytester.runpytest_subprocess("--fixtures").stdout.fnmatch_lines(["fresh_client_caches*", "*Clear all caches*"])
