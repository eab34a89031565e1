"""Keys of sessions: what ``boto3.Session`` takes, and a role, by meaning."""

import copy
import gc
import pickle
import weakref

import boto3
import botocore.session
import pytest

from boto3_client_cache import (
    CacheError,
    ClientCacheKey,
    LRUClientCache,
    ResourceCacheKey,
    Session,
    SessionCacheError,
    SessionCacheKey,
)

ROLE = "arn:aws:iam::111111111111:role/reader"
SECRETS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",
    "aws_session_token": "FwoGZXIvYXdzEXAMPLETOKEN0000000000000000",
}


def test_a_call_is_the_same_by_position_and_by_keyword():
    by_position = SessionCacheKey("id", "secret", "token", "eu-west-1")
    by_keyword = SessionCacheKey(
        region_name="eu-west-1", aws_session_token="token", aws_secret_access_key="secret", aws_access_key_id="id"
    )
    assert by_position == by_keyword
    assert hash(by_position) == hash(by_keyword)


def test_what_is_none_is_not_given():
    assert SessionCacheKey(None, None, profile_name=None, external_id=None, role_arn=None) == SessionCacheKey()


@pytest.mark.parametrize(
    "other",
    [
        {"region_name": "eu-west-2"},
        {"profile_name": "eu-west-1"},
        {},
        {"region_name": "eu-west-1", "share_models": True},
    ],
)
def test_other_arguments_are_another_key(other):
    assert SessionCacheKey(region_name="eu-west-1") != SessionCacheKey(**other)


def test_keys_of_different_kinds_are_never_equal():
    keys = {SessionCacheKey(region_name="a"), ClientCacheKey(region_name="a"), ResourceCacheKey(region_name="a")}
    assert len(keys) == 3


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_a_digest_everywhere(name):
    key = SessionCacheKey(**{name: SECRETS[name]})
    for text in (str(key), repr(key), repr(key.key), repr(pickle.dumps(key))):
        assert SECRETS[name] not in text
    assert "***" in key.label
    assert key == SessionCacheKey(**{name: "".join(SECRETS[name])})
    assert key != SessionCacheKey(**{name: SECRETS[name][:-1]})


@pytest.mark.parametrize("name", ["external_id", "policy"])
def test_what_a_role_asks_for_is_a_digest_too(name):
    key = SessionCacheKey(role_arn=ROLE, **{name: '{"hidden": 1}'})
    assert "hidden" not in f"{key!s}{key!r}{key.key!r}{pickle.dumps(key)!r}"
    assert key != SessionCacheKey(role_arn=ROLE, **{name: '{"hidden": 2}'})
    assert ROLE in key.label


def test_a_role_is_not_the_session_that_has_its_other_arguments():
    assert SessionCacheKey(role_arn=ROLE) != SessionCacheKey()


def test_the_order_of_tags_does_not_matter_and_that_of_lists_does():
    def with_tags(tags):
        return SessionCacheKey(role_arn=ROLE, tags=tags)

    assert with_tags({"a": "1", "b": "2"}) == with_tags({"b": "2", "a": "1"})
    assert SessionCacheKey(policy_arns=["a", "b"]) != SessionCacheKey(policy_arns=["b", "a"])


@pytest.mark.parametrize("name", ["source", "botocore_session"])
@pytest.mark.parametrize("make", [boto3.Session, Session, botocore.session.Session])
def test_a_session_is_itself_alone_and_lives_as_long_as_the_key(name, make):
    given = make()
    key = SessionCacheKey(**{name: given})
    assert key == SessionCacheKey(**{name: given})
    assert key != SessionCacheKey(**{name: make()})
    alive = weakref.ref(given)
    del given
    gc.collect()
    assert alive() is not None
    with pytest.raises(SessionCacheError, match="by identity"):
        pickle.dumps(key)


def test_a_key_survives_pickling_and_copying():
    key = SessionCacheKey(
        profile_name="prod", role_arn=ROLE, external_id="hidden", tags={"team": "a"}, duration_seconds=900
    )
    for same in (pickle.loads(pickle.dumps(key)), copy.copy(key), copy.deepcopy(key)):
        assert same == key
        assert same.label == key.label
        assert type(same) is SessionCacheKey


def test_a_pickle_of_another_kind_is_refused():
    restore, (_, *rest) = SessionCacheKey(role_arn=ROLE).__reduce__()
    with pytest.raises(CacheError, match="other kind"):
        restore(ClientCacheKey, *rest)


def test_a_client_key_takes_a_session_parameter_for_one_without_a_number():
    key = ClientCacheKey("s3", profile_name="a", policy="b")
    assert key.label == "'s3', policy='b', profile_name='a'"
    assert pickle.loads(pickle.dumps(key)) == key


def test_the_label_is_the_call_as_written():
    assert SessionCacheKey("id", region_name="a", external_id="b").label == "'***', external_id=***, region_name='a'"
    assert repr(SessionCacheKey(profile_name="a")) == "SessionCacheKey(session(profile_name='a'))"
    assert SessionCacheKey(profile_name="a").key == ((), (("profile_name", "a"),))
    assert SessionCacheKey.cache_type == "session"


def test_a_parameter_that_is_given_twice_is_refused():
    with pytest.raises(SessionCacheError, match="given twice"):
        SessionCacheKey("id", aws_access_key_id="other")


def test_more_positionals_than_boto3s_session_has_are_refused():
    with pytest.raises(SessionCacheError, match="as boto3's Session does"):
        SessionCacheKey(*["a"] * 9)


def test_a_cache_of_clients_takes_no_session_key():
    with pytest.raises(CacheError, match="Cache key must be a ClientCacheKey"):
        LRUClientCache()[SessionCacheKey()]
