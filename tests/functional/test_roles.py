"""Sessions of assumed roles, against STS over real HTTP: asked when it has to be, once, for the right account."""

import logging
import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.exceptions
import pytest
from freezegun import freeze_time
from support.child import run_child
from support.sts import account_of

from boto3_client_cache import ClientCacheError, Session, SessionCacheError, SessionPool

READER = "arn:aws:iam::111111111111:role/reader"
WRITER = "arn:aws:iam::222222222222:role/path/writer"
PATIENCE = 60


@pytest.fixture
def clock():
    with freeze_time("2026-01-01T00:00:00Z") as frozen:
        yield frozen


def test_sts_is_asked_when_a_request_needs_credentials_and_not_before(sts, pool):
    session = pool.assume_role(READER)
    client = session.client("sts")
    session.client("s3")
    assert session.get_credentials().method == "assume-role"
    assert pool.assume_role(READER) is session
    assert sts.asked == []
    for _ in range(3):
        assert client.get_caller_identity()["Account"] == "111111111111"
    assert sts.roles() == [READER]


def test_each_role_has_its_own_accounts_answers(sts, pool):
    roles = [f"arn:aws:iam::{account:012}:role/reader" for account in range(1, 9)]
    with ThreadPoolExecutor(16) as threads:
        answers = threads.map(lambda role: (role, account_of(pool.assume_role(role))), roles * 20)
    assert all(role.split(":")[4] == account for role, account in answers)
    assert sorted(sts.roles()) == roles


def test_sixteen_threads_ask_sts_once(sts, pool):
    sts.held = {READER}
    gate = threading.Barrier(17)

    def ask(_):
        gate.wait(PATIENCE)
        session = pool.assume_role(READER)
        return session, account_of(session)

    with ThreadPoolExecutor(16) as threads:
        asking = [threads.submit(ask, number) for number in range(16)]
        gate.wait(PATIENCE)
        assert sts.holding.wait(PATIENCE)
        sts.go_on.set()
        answers = [each.result(PATIENCE) for each in asking]
    assert len({id(session) for session, _ in answers}) == 1
    assert {account for _, account in answers} == {"111111111111"}
    assert len(sts.asked) == 1


def test_credentials_are_refreshed_before_they_expire(sts, pool, clock):
    session = pool.assume_role(READER)
    for minutes, asked in ((0, 1), (40, 1), (10, 2), (40, 2), (10, 3)):
        clock.tick(60 * minutes)
        assert account_of(session) == "111111111111"
        assert len(sts.asked) == asked


def test_a_chain_of_roles_is_signed_by_each_in_turn(sts, pool):
    middle = pool.assume_role(READER, role_session_name="middle")
    end = pool.assume_role(WRITER, source=middle, role_session_name="end")
    assert pool.assume_role(WRITER, source=middle, role_session_name="end") is end
    assert pool.assume_role(WRITER, role_session_name="end") is not end
    assert sts.asked == []
    assert account_of(end) == "222222222222"
    assert sts.roles() == [READER, WRITER]
    assert [asked["tenant"] for asked in sts.asked] == ["testing", "ASIA000000000001"]


@pytest.mark.parametrize("make", [boto3.Session, Session])
def test_any_session_may_be_the_source(sts, pool, make):
    source = make(aws_access_key_id="other", aws_secret_access_key="secret", region_name="eu-west-1")
    session = pool.assume_role(READER, source=source)
    assert session.region_name == "eu-west-1"
    assert account_of(session) == "111111111111"
    assert sts.asked[0]["tenant"] == "other"


def test_the_pools_credentials_assume_roles_and_are_not_theirs(sts):
    pool = SessionPool(aws_access_key_id="pools", aws_secret_access_key="secret", region_name="eu-west-1")
    session = pool.assume_role(READER)
    assert (account_of(session), session.region_name) == ("111111111111", "eu-west-1")
    assert sts.asked[0]["tenant"] == "pools"
    assert len(pool) == 1


def test_sts_gets_what_was_asked_for(sts, pool):
    session = pool.assume_role(
        READER,
        role_session_name="me@work",
        external_id="tenant:7",
        policy='{"Statement": []}',
        policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        tags={"team": "a", "cost": "b"},
        transitive_tag_keys=("team",),
        duration_seconds=7200,
        source_identity="alice",
        region_name="eu-west-1",
    )
    account_of(session)
    [asked] = sts.asked
    assert asked == asked | {
        "RoleArn": READER,
        "RoleSessionName": "me@work",
        "ExternalId": "tenant:7",
        "Policy": '{"Statement": []}',
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "Tags.member.1.Key": "team",
        "Tags.member.2.Value": "b",
        "TransitiveTagKeys.member.1": "team",
        "DurationSeconds": "7200",
        "SourceIdentity": "alice",
    }


def test_a_device_is_asked_for_its_code_at_each_refresh(sts, pool, clock):
    serials = []

    def code(serial):
        serials.append(serial)
        return f"00000{len(serials)}"

    session = pool.assume_role(READER, serial_number="arn:aws:iam::000000000000:mfa/me", token_provider=code)
    assert serials == []
    account_of(session)
    clock.tick(3600)
    account_of(session)
    assert serials == ["arn:aws:iam::000000000000:mfa/me"] * 2
    assert [asked["TokenCode"] for asked in sts.asked] == ["000001", "000002"]


@pytest.mark.parametrize("error", [RuntimeError("no device"), KeyboardInterrupt()], ids=["raises", "is interrupted"])
def test_a_token_provider_that_fails_fails_that_request_alone(sts, pool, error):
    codes = [error, "000001"]

    def code(_):
        now = codes.pop(0)
        if isinstance(now, BaseException):
            raise now
        return now

    session = pool.assume_role(READER, serial_number="GAHT12345678", token_provider=code)
    with pytest.raises(type(error)):
        account_of(session)
    assert sts.asked == []
    assert account_of(session) == "111111111111"
    assert pool.assume_role(READER, serial_number="GAHT12345678", token_provider=code) is session


def test_a_code_that_is_no_text_is_refused_and_not_shown(sts, pool, caplog):
    session = pool.assume_role(READER, serial_number="GAHT12345678", token_provider=lambda _: 123456)
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(SessionCacheError, match="must return a text, not int") as raised,
    ):
        account_of(session)
    assert raised.value.param == "token_provider"
    assert "123456" not in f"{raised.value!r}{caplog.text}"
    assert sts.asked == []


def test_a_web_identity_is_read_at_each_refresh_and_signs_nothing(sts, pool, clock, tmp_path):
    file = tmp_path / "token"
    file.write_text("first")
    session = pool.assume_role_with_web_identity(READER, web_identity_token_file=file, role_session_name="pod")
    assert pool.assume_role_with_web_identity(READER, web_identity_token_file=file, role_session_name="pod") is session
    assert account_of(session) == "111111111111"
    file.write_text("second")
    clock.tick(3600)
    account_of(session)
    assert [(asked["WebIdentityToken"], asked["tenant"]) for asked in sts.asked] == [("first", ""), ("second", "")]
    assert session.get_credentials().method == "assume-role-with-web-identity"


def test_a_web_identity_may_come_from_a_function(sts, pool):
    session = pool.assume_role_with_web_identity(READER, web_identity_token_loader=lambda: "mine", duration_seconds=900)
    account_of(session)
    assert (sts.asked[0]["WebIdentityToken"], sts.asked[0]["DurationSeconds"]) == ("mine", "900")


def test_a_role_that_is_denied_raises_at_each_request_and_is_taken_for_nothing_else(sts, pool):
    sts.refusals = [("403 Forbidden", "AccessDenied")] * 3
    session = pool.assume_role(READER)
    client = session.client("sts")
    for count in range(1, 4):
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied") as raised:
            client.get_caller_identity()
        assert raised.value.operation_name == "AssumeRole"
        assert len(sts.asked) == count
    assert pool.assume_role(READER) is session
    assert account_of(session) == "111111111111"


def test_an_sts_that_throttles_is_asked_again(sts, pool):
    sts.refusals = [("400 Bad Request", "Throttling")] * 2
    assert account_of(pool.assume_role(READER)) == "111111111111"
    assert len(sts.asked) == 3


def test_an_sts_that_hangs_holds_up_nobody_else(sts, pool):
    sts.held = {READER}
    with ThreadPoolExecutor(1) as thread:
        hangs = thread.submit(account_of, pool.assume_role(READER))
        assert sts.holding.wait(PATIENCE)
        assert pool.assume_role(READER).client("sqs") is pool.assume_role(READER).client("sqs")
        assert account_of(pool.assume_role(WRITER)) == "222222222222"
        assert not hangs.done()
        sts.go_on.set()
        assert hangs.result(PATIENCE) == "111111111111"


def test_a_source_without_credentials_says_so_at_the_request(sts, pool, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    session = pool.assume_role(READER)
    with pytest.raises(botocore.exceptions.NoCredentialsError):
        account_of(session)
    assert sts.asked == []


@pytest.mark.parametrize("keeps", [False, True])
def test_credentials_that_are_still_valid_are_kept_if_the_pool_was_told_to(sts, keeps):
    pool = SessionPool(1, keep_credentials=keeps)
    first = pool.assume_role(READER)
    account_of(first)
    account_of(pool.assume_role(WRITER))
    again = pool.assume_role(READER)
    assert again is not first
    assert account_of(again) == "111111111111"
    assert sts.roles() == [READER, WRITER] if keeps else [READER, WRITER, READER]


def test_threads_in_a_pool_too_small_for_their_roles_get_the_right_accounts(sts):
    roles = [f"arn:aws:iam::{account:012}:role/reader" for account in range(1, 31)]
    pool = SessionPool(4, keep_credentials=True)
    sizes = []

    def work(number):
        chosen = random.Random(number)
        for _ in range(40):
            role = roles[min(int(chosen.paretovariate(0.7)) - 1, len(roles) - 1)]
            sizes.append(len(pool))
            if account_of(pool.assume_role(role)) != role.split(":")[4]:
                return role
            if chosen.random() < 0.02:
                pool.clear()
        return None

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(work, range(16))) == [None] * 16
    assert max(sizes) <= 4


def test_credentials_that_expire_are_asked_for_anew_for_the_roles_in_use(sts, clock):
    roles = [f"arn:aws:iam::{account:012}:role/reader" for account in range(1, 11)]
    pool = SessionPool()
    for minute in range(0, 181, 10):
        in_use = roles if minute < 60 else roles[:3]
        assert [account_of(pool.assume_role(role)) for role in in_use] == [role.split(":")[4] for role in in_use]
        clock.tick(600)
    # Credentials of an hour are refreshed in their last quarter: at 0, 50, 100 and 150 minutes.
    assert sorted(sts.roles()) == sorted(roles * 2 + roles[:3] * 2)


def test_an_hour_of_sixteen_threads_in_a_small_budget_asks_sts_as_often_as_what_is_in_use_ends(sts, clock):
    sts.lifetime = 1800  # which botocore renews when less than 900 s are left
    roles = [f"arn:aws:iam::{account:012}:role/reader" for account in range(1, 51)]
    pool = SessionPool(max_clients=20, region_name="us-east-1")
    dice, last, expected, sizes = random.Random(13), {}, Counter(), []

    def ask(role):
        client = pool.assume_role(role).client("sts", region_name=random.choice(("us-east-1", "eu-west-1")))
        sizes.append(len(pool.clients))
        return client.get_caller_identity()["Account"] == role.split(":")[4]

    with ThreadPoolExecutor(16) as threads:
        for now in range(0, 3600, 120):
            asked = dice.choices(roles, [1 / rank for rank in range(1, 51)], k=48)
            for role in set(asked):
                if role not in last or now - last[role] > 900:
                    last[role], expected[role] = now, expected[role] + 1
            assert all(threads.map(ask, asked))
            clock.tick(120)
    assert Counter(sts.roles()) == expected
    assert max(sizes) <= 20


@pytest.mark.parametrize("forget", [SessionPool.clear, lambda pool: pool.invalidate(lambda *_: False)])
def test_kept_credentials_are_gone_when_the_pool_is_cleared(sts, forget):
    pool = SessionPool(1, keep_credentials=True)
    account_of(pool.assume_role(READER))
    account_of(pool.assume_role(WRITER))
    forget(pool)
    account_of(pool.assume_role(READER))
    assert sts.roles() == [READER, WRITER, READER]


def test_kept_credentials_are_dropped_when_they_have_expired(sts, clock):
    told = []
    pool = SessionPool(1, keep_credentials=True, on_evict=lambda *departed: told.append(departed))
    account_of(pool.assume_role(READER))
    pool.session()
    assert len(pool._kept) == 1
    clock.tick(3601)
    pool.session(region_name="eu-west-1")
    assert len(pool._kept) == 0
    assert len(told) == 2


def test_a_session_that_was_removed_does_not_leave_its_credentials(sts):
    pool = SessionPool(keep_credentials=True)
    account_of(pool.assume_role(READER))
    pool.invalidate(lambda *_: True)
    account_of(pool.assume_role(READER))
    assert len(sts.asked) == 2


def test_a_source_whose_caches_are_closed_says_so_at_the_request(sts, pool):
    source = Session()
    session = pool.assume_role(READER, source=source)
    source.cache.client.LRU.close()
    for _ in range(2):
        with pytest.raises(ClientCacheError, match="closed"):
            account_of(session)
    assert sts.asked == []


def test_a_source_is_part_of_what_explain_tells(sts, pool):
    source = Session(region_name="eu-west-1")
    pool.assume_role(READER, source=source)
    explanation = pool.explain(pool.key(role_arn=READER))
    assert explanation.differences == {"source": ("not given", "Session(region_name='eu-west-1')")}


def test_a_session_without_a_pool_assumes_a_role_too(sts):
    source = Session(region_name="eu-west-1")
    session = source.assume_role(READER, external_id="seven", client_cache={"max_size": 3})
    assert sts.asked == []
    assert type(session) is Session
    assert session.region_name == "eu-west-1"
    assert session.cache.client.LRU.max_size == 3
    assert source.assume_role(READER, external_id="seven") is not session
    assert account_of(session) == "111111111111"
    assert sts.asked[0]["ExternalId"] == "seven"


WRONG = [
    ("role_arn", "reader"),
    ("role_arn", "arn:aws:iam::1:role/reader"),
    ("role_arn", "arn:aws:s3:::bucket"),
    ("role_arn", "arn:aws:iam::111111111111:role/rea\0der"),
    ("role_arn", "arn:aws:iam::111111111111:role/\ud800"),
    ("role_arn", None),
    ("role_arn", 7),
    ("role_session_name", "with space"),
    ("role_session_name", ""),
    ("external_id", "hidden away"),
    ("external_id", 7),
    ("policy", "{"),
    ("policy", {"Statement": []}),
    pytest.param("policy", '{"Statement": ' + "[" * 100_000, id="a policy nested too deep"),
    ("policy", '{"Statement": "\ud800"}'),
    ("policy_arns", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ("policy_arns", [1]),
    ("policy_arns", ["ReadOnlyAccess"]),
    ("policy_arns", ["arn:aws:iam::aws:policy/Read\x7fOnly"]),
    ("policy_arns", b""),
    ("tags", ["team"]),
    ("tags", {"team": 1}),
    ("tags", {"team": "\ud800"}),
    ("transitive_tag_keys", "team"),
    ("transitive_tag_keys", ["\ud800"]),
    ("duration_seconds", 899),
    ("duration_seconds", 43201),
    ("duration_seconds", "3600"),
    ("duration_seconds", True),
    ("source_identity", "with space"),
    ("source", "default"),
    ("source", Session),
    ("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"),
    ("aws_secret_access_key", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"),
    ("aws_session_token", "FwoGZXIvYXdzEXAMPLETOKEN"),
    ("botocore_session", object()),
]


@pytest.mark.parametrize(("param", "value"), WRONG)
def test_what_sts_cannot_be_asked_is_named_at_the_call(pool, param, value):
    for _ in range(2):
        with pytest.raises(SessionCacheError, match=param) as raised:
            pool.assume_role(**{"role_arn": READER, param: value})
        assert raised.value.param == param
        if param in {"external_id", "policy", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"}:
            assert raised.value.value == "***"
            assert str(value) not in str(raised.value)
    assert len(pool) == 0


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        ({"serial_number": "GAHT12345678"}, "token_provider"),
        ({"token_provider": str}, "serial_number"),
        ({"serial_number": "GAHT12345678", "token_provider": "function"}, "token_provider"),
        ({"serial_number": "short", "token_provider": str}, "serial_number"),
        ({"serial_number": "", "token_provider": str}, "serial_number"),
    ],
)
def test_a_device_and_its_code_go_together(pool, given, absent):
    with pytest.raises(SessionCacheError) as raised:
        pool.assume_role(READER, **given)
    assert raised.value.param == absent


@pytest.mark.parametrize("given", [{}, {"web_identity_token_file": "a", "web_identity_token_loader": str}])
def test_a_web_identity_has_one_token(sts, pool, given):
    pool.assume_role(READER)
    with pytest.raises(SessionCacheError, match="web_identity_token_file"):
        pool.assume_role_with_web_identity(READER, **given)


def test_the_file_of_a_token_is_a_path_and_never_a_descriptor_of_something_else(pool, tmp_path):
    (tmp_path / "token").write_text("mine")
    with open(tmp_path / "token") as others:
        for wrong in (others.fileno(), True, b"token", object()):
            with pytest.raises(SessionCacheError, match="web_identity_token_file must be") as raised:
                pool.assume_role_with_web_identity(READER, web_identity_token_file=wrong)
            assert raised.value.param == "web_identity_token_file"
        assert others.read() == "mine"
    assert len(pool) == 0


def test_a_token_file_that_is_not_there_yet_fails_that_request_alone(sts, pool, tmp_path):
    session = pool.assume_role_with_web_identity(READER, web_identity_token_file=tmp_path / "token")
    with pytest.raises(FileNotFoundError):
        account_of(session)
    (tmp_path / "token").write_text("mine")
    assert account_of(session) == "111111111111"


def test_an_argument_of_the_other_way_to_assume_a_role_is_a_type_error(pool, tmp_path):
    file = str(tmp_path)
    pool.assume_role_with_web_identity(READER, web_identity_token_file=file)
    with pytest.raises(TypeError, match="web_identity_token_file"):
        pool.assume_role(READER, web_identity_token_file=file)
    with pytest.raises(TypeError, match="external_id"):
        pool.assume_role_with_web_identity(READER, web_identity_token_file=file, external_id="seven")
    with pytest.raises(TypeError, match="positional"):
        pool.assume_role(READER, "other")
    with pytest.raises(TypeError, match="role_arn"):
        pool.assume_role()


def test_nothing_shows_what_a_role_is_asked_with(sts, caplog):
    pool = SessionPool(1, on_evict=lambda key, *_: told.append(repr(key)))
    told = []
    with caplog.at_level(logging.DEBUG, "boto3_client_cache"):
        session = pool.assume_role(READER, external_id="hidden-id", policy='{"Statement": ["hidden"]}')
        account_of(session)
        texts = [repr(pool), str(next(iter(pool))), repr(session)]
        pool.session()
    assert "hidden" not in f"{texts}{told}{caplog.text}"
    assert "external_id=***" in told[0]
    assert READER in told[0]


def test_the_accounts_of_moto_answer_for_themselves(endpoint):
    pool = SessionPool(region_name="us-east-1")
    for account in ("111111111111", "222222222222"):
        role = f"arn:aws:iam::{account}:role/reader"
        pool.assume_role(role).client("sqs").create_queue(QueueName=f"of-{account}")
        identity = pool.assume_role(role).client("sts").get_caller_identity()
        assert identity["Arn"].startswith(f"arn:aws:sts::{account}:assumed-role/reader/")
        urls = pool.assume_role(role).client("sqs").list_queues()["QueueUrls"]
        assert [url.rsplit("/", 2)[1:] for url in urls] == [[account, f"of-{account}"]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_asks_for_credentials_of_its_own(sts):
    run_child(
        f"""
import os
os.environ["AWS_ENDPOINT_URL"] = {sts.url!r}
from boto3_client_cache import SessionPool
from support.forking import in_child

pool = SessionPool(1, keep_credentials=True)
session = pool.assume_role({READER!r})
session.client("sts").get_caller_identity()
pool.assume_role({WRITER!r})

def check():
    assert len(pool) == 0
    again = pool.assume_role({READER!r})
    assert again.client("sts").get_caller_identity()["Account"] == "111111111111"
    assert pool.cache_info().creations == 1

in_child(check)
assert pool.assume_role({READER!r}).client("sts").get_caller_identity()["Account"] == "111111111111"
"""
    )
    assert sts.roles() == [READER, READER]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_is_forked_while_sts_is_asked_asks_itself(sts, tmp_path):
    sts.held = {READER}
    asked = tmp_path / "asked"  # there once STS has the question: until then its client may have OpenSSL's locks
    program = f"""
import os, threading, time
os.environ["AWS_ENDPOINT_URL"] = {sts.url!r}
from boto3_client_cache import SessionPool
from support.forking import in_child

def account():
    return pool.assume_role({READER!r}).client("sts").get_caller_identity()["Account"]

def check():
    assert account() == "111111111111"

pool = SessionPool()
credentials = pool.assume_role({READER!r}).get_credentials()
asking = threading.Thread(target=account)
asking.start()
while not os.path.exists({str(asked)!r}):
    time.sleep(0.001)
assert credentials._refresh_lock.locked()
in_child(check)
asking.join()
"""
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run_child, program)
        assert sts.holding.wait(PATIENCE)
        asked.touch()
        while len(sts.asked) < 2 and not running.done():
            sts.go_on.wait(0.01)
        sts.go_on.set()
        running.result(PATIENCE)
    assert sts.roles() == [READER, READER]
