"""Roles whose STS, device or token fails, over real HTTP: the error is of the request, and what heals is used."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.exceptions
import botocore.session
import pytest
from botocore.config import Config
from support.sts import account_of

from boto3_client_cache import SessionPool

READER = "arn:aws:iam::111111111111:role/reader"
DEVICE = "arn:aws:iam::000000000000:mfa/me"
PATIENCE = 60


@pytest.mark.parametrize("error", [RuntimeError("no device"), KeyboardInterrupt()], ids=["raises", "is interrupted"])
def test_threads_do_not_wait_for_ever_for_a_token_provider_that_fails(sts, pool, error):
    asked, go_on = threading.Event(), threading.Event()
    codes = [error, "000001"]

    def code(_):
        now = codes.pop(0)
        if now is error:
            asked.set()
            assert go_on.wait(PATIENCE)
            raise now
        return now

    session = pool.assume_role(READER, serial_number=DEVICE, token_provider=code)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(account_of, session)
        assert asked.wait(PATIENCE)
        others = [threads.submit(account_of, session) for _ in range(7)]
        go_on.set()
        with pytest.raises(type(error)):
            first.result(PATIENCE)
        assert {other.result(PATIENCE) for other in others} == {"111111111111"}
    assert [each["TokenCode"] for each in sts.asked] == ["000001"]


def test_an_sts_that_never_answers_ends_at_the_sources_own_timeout(sts, pool):
    inner = botocore.session.Session()
    inner.set_default_client_config(Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
    session = pool.assume_role(READER, source=boto3.Session(botocore_session=inner))
    sts.held = {READER}
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        account_of(session)
    assert account_of(session) == "111111111111"
    assert sts.roles() == [READER, READER]


def test_an_sts_that_goes_on_throttling_raises_at_each_request_until_it_stops(sts, pool):
    session = pool.assume_role(READER)
    for _ in range(2):
        sts.refusals = [("400 Bad Request", "Throttling")] * 20
        with pytest.raises(botocore.exceptions.ClientError, match="Throttling") as raised:
            account_of(session)
        assert raised.value.operation_name == "AssumeRole"
    sts.refusals = []
    assert account_of(session) == "111111111111"
    assert pool.assume_role(READER) is session


def test_credentials_that_end_within_botocores_margin_are_renewed_at_each_request(sts, pool):
    sts.lifetime = 60
    client = pool.assume_role(READER).client("sts")
    assert [client.get_caller_identity()["Account"] for _ in range(3)] == ["111111111111"] * 3
    assert len(sts.asked) == 3


def test_credentials_that_sts_issues_expired_are_refused_and_never_signed_with(sts, pool):
    sts.lifetime = -60
    session = pool.assume_role(READER)
    for count in (1, 2):
        with pytest.raises(RuntimeError, match="still expired"):
            account_of(session)
        assert len(sts.asked) == count
    sts.lifetime = 3600
    assert account_of(session) == "111111111111"


def test_credentials_that_have_expired_are_not_kept_for_the_next_session(sts):
    sts.lifetime = -60
    pool = SessionPool(1, keep_credentials=True)
    with pytest.raises(RuntimeError, match="still expired"):
        account_of(pool.assume_role(READER))
    pool.session()
    sts.lifetime = 3600
    assert account_of(pool.assume_role(READER)) == "111111111111"


@pytest.mark.parametrize("max_clients", [None, 0, 5])
def test_a_session_of_a_closed_pool_goes_on_as_itself_and_as_a_source(sts, max_clients):
    closed = SessionPool(max_clients=max_clients)
    held = closed.assume_role(READER)
    end = SessionPool().assume_role("arn:aws:iam::222222222222:role/writer", source=held)
    closed.close()
    assert account_of(end) == "222222222222"
    assert account_of(held) == "111111111111"
    assert len(closed) == 0


def test_no_text_has_a_code_or_a_token_that_sts_refused(sts, caplog):
    texts = []
    pool = SessionPool(1, on_evict=lambda *departed: texts.append(repr(departed)), keep_credentials=True)
    sts.refusals = [("403 Forbidden", "AccessDenied")] * 2
    with caplog.at_level(logging.DEBUG, "boto3_client_cache"):
        for session in (
            pool.assume_role(READER, serial_number=DEVICE, token_provider=lambda _: "hidden-code"),
            pool.assume_role_with_web_identity(READER, web_identity_token_loader=lambda: "hidden-token"),
        ):
            with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied") as raised:
                account_of(session)
            texts += [repr(raised.value), repr(session), repr(pool)]
    assert len(sts.asked) == 2
    assert len(texts) == 7
    assert "hidden" not in f"{texts}{caplog.text}"
