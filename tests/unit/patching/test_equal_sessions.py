"""``install(sessions=True)``: libraries that make a session for each use get the clients of the equal one before."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import threading
from pathlib import Path

import boto3
import botocore.session
import pytest
from support.forking import in_child

from boto3_client_cache import Session, _equal_sessions, cached_boto3, install, uninstall


@pytest.fixture(autouse=True)
def _installed():
    install(sessions=True)
    yield
    uninstall()


def client(**arguments):
    return boto3.Session(**arguments).client("sqs", region_name="us-east-1")


def test_a_session_for_each_use_built_a_client_for_each_use():
    first = client()
    gc.collect()
    assert client() is first
    assert client(region_name=None) is first
    assert boto3.Session().cache_info().hits == 2


def test_a_session_lost_its_clients_when_an_equal_one_was_made():
    first = boto3.Session()
    made = [first.client("sqs"), first.resource("s3")]
    second = boto3.Session()
    for session in (second, first, second):
        assert [session.client("sqs"), session.resource("s3")] == made
    assert second.client("sns") is first.client("sns")
    assert first.cache_info() == second.cache_info()
    first.cache.clear()
    assert second.client("sqs") is not made[0]


def test_a_deep_copy_of_caches_is_of_its_session_alone():
    first = boto3.Session()
    alone = copy.deepcopy(first.cache)
    assert not alone._is_shared
    assert not alone.client.LRU


@pytest.mark.parametrize(
    "arguments",
    [
        {"region_name": "eu-west-1"},
        {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        {"aws_access_key_id": "a", "aws_secret_access_key": "c"},
        {"aws_access_key_id": "a", "aws_secret_access_key": "b", "aws_session_token": "d"},
        {"profile_name": "default"},
    ],
)
def test_other_arguments_are_another_session(arguments):
    assert client(**arguments) is not client()
    assert client(**arguments) is client(**arguments)
    if "region_name" in arguments:
        assert boto3.Session(**arguments).client("sqs").meta.region_name == "eu-west-1"


def test_arguments_by_position_are_the_same():
    by_position = boto3.Session("a", "b").client("sqs", region_name="us-east-1")
    assert by_position is client(aws_access_key_id="a", aws_secret_access_key="b")


def test_another_environment_is_another_session(monkeypatch):
    before = client()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    other = client()
    assert other is not before
    assert other._request_signer._credentials.access_key == "other"
    monkeypatch.undo()


@pytest.mark.parametrize("variable", ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"])
def test_a_file_that_has_changed_is_another_session(variable, tmp_path, monkeypatch):
    path = Path(os.environ[variable])
    copied = tmp_path / "copied"
    copied.write_bytes(path.read_bytes())
    monkeypatch.setenv(variable, str(copied))
    before = client()
    copied.write_bytes(path.read_bytes() + b"\n[other]\n")
    assert client() is not before


def test_a_session_with_a_botocore_session_or_options_is_alone():
    before = client()
    for arguments in (
        {"botocore_session": botocore.session.get_session()},
        {"client_cache": {"ttl": 60}},
        {"resource_cache": {"ttl": 60}},
        {"watch_credentials": True},
    ):
        assert client(**arguments) is not before


def test_sessions_of_ours_and_of_derived_classes_keep_their_own():
    class Derived(boto3.Session):
        """A library's."""

    before = client()
    assert Session().client("sqs", region_name="us-east-1") is not before
    assert Derived().client("sqs", region_name="us-east-1") is not before


def test_it_is_off_unless_told():
    uninstall()
    install()
    assert client() is not client()
    uninstall()
    with cached_boto3():
        assert client() is not client()
    install(sessions=True)


def test_after_uninstall_nothing_is_held():
    before = client()
    uninstall()
    assert not _equal_sessions._held
    install(sessions=True)
    assert client() is not before


def test_the_least_recently_made_go_first():
    first = client()
    for number in range(_equal_sessions._MOST):
        boto3.Session(region_name=f"mars-{number}")
        if number == _equal_sessions._MOST // 2:
            assert client() is first
    assert client() is first
    assert len(_equal_sessions._held) == _equal_sessions._MOST


def test_threads_that_make_equal_sessions_at_once_share_one_client():
    barrier, made = threading.Barrier(8), []

    def ask():
        barrier.wait()
        made.append(client())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, made))) == 1


def test_no_secret_is_held():
    secret = "SECRET" + "x" * 20
    client(aws_access_key_id="a", aws_secret_access_key=secret)
    assert len(_equal_sessions._held) == 1
    assert secret.encode() not in pickle.dumps([*_equal_sessions._held])  # all bytes that the keys have
    assert secret not in repr(_equal_sessions._held)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_has_clients_of_its_own():
    before = client()

    def check():
        assert client() is not before
        assert client() is client()

    is_held, is_over = threading.Event(), threading.Event()

    def hold():
        with _equal_sessions._lock:
            is_held.set()
            is_over.wait()

    other = threading.Thread(target=hold)
    other.start()
    is_held.wait()
    try:
        in_child(check)
    finally:
        is_over.set()
        other.join()
