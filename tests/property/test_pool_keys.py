"""Keys of random sessions and roles: equal exactly if the calls mean the same; a pool hits exactly then."""

import inspect
import pickle

import boto3
from hypothesis import given, settings
from hypothesis import strategies as st
from support.oracle import frozen

from boto3_client_cache import Session, SessionCacheKey, SessionPool

POSITIONAL = list(inspect.signature(boto3.Session).parameters)
SOURCES = [boto3.Session(), Session()]
TEXTS = st.sampled_from([None, "a", "b", "a@b"])
OPTIONS = {
    "aws_access_key_id": TEXTS,
    "aws_secret_access_key": TEXTS,
    "region_name": TEXTS,
    "share_trust": st.sampled_from([None, True, False]),
    "client_cache": st.one_of(
        st.none(), st.fixed_dictionaries({}, optional={"max_size": st.sampled_from([1, 2, True])})
    ),
}
ROLES = {
    "role_arn": st.sampled_from(["arn:a", "arn:b"]),
    "source": st.sampled_from([None, *SOURCES]),
    "external_id": TEXTS,
    "policy": TEXTS,
    "tags": st.one_of(st.none(), st.dictionaries(st.sampled_from("ab"), st.sampled_from("ab"))),
    "policy_arns": st.one_of(st.none(), st.lists(st.sampled_from("ab"), max_size=2)),
    "duration_seconds": st.sampled_from([None, 900, 901]),
}


@st.composite
def spelled(draw, values):
    """Spell the same arguments in some way: by position up to anywhere, by keyword in any order."""
    values = dict(values)
    by_position = draw(st.integers(0, len(POSITIONAL)))
    positional = [values.pop(name, None) for name in POSITIONAL[:by_position]]
    return tuple(positional), dict(draw(st.permutations(list(values.items()))))


@st.composite
def two_calls(draw, arguments):
    """Two calls that often mean the same: the second starts from the arguments of the first."""
    one = draw(st.fixed_dictionaries({}, optional=arguments))
    changes = draw(st.one_of(st.just({}), st.fixed_dictionaries({}, optional=arguments)))
    names = draw(st.sets(st.sampled_from(sorted(arguments)), max_size=2))
    other = {name: value for name, value in {**one, **changes}.items() if name not in names}
    other = draw(st.sampled_from([one, other]))
    return one, other, draw(spelled(one)), draw(spelled(other))


def meaning(values, ours=("share_trust", "client_cache")):
    """None is what is not given, but for our own options, which a later version may give another default."""
    return {
        name: frozen(value) if name != "source" else id(value)
        for name, value in values.items()
        if value is not None or name in ours
    }


@settings(max_examples=500)
@given(calls=two_calls(OPTIONS | ROLES))
def test_two_keys_are_equal_exactly_if_the_calls_mean_the_same(calls):
    one, other, (args, kwargs), (other_args, other_kwargs) = calls
    first, second = SessionCacheKey(*args, **kwargs), SessionCacheKey(*other_args, **other_kwargs)
    same = meaning(one) == meaning(other)
    assert (first == second) is same
    if same:
        assert hash(first) == hash(second)
    if one.get("source") is None:
        assert pickle.loads(pickle.dumps(first)) == first


@settings(max_examples=200)
@given(defaults=st.fixed_dictionaries({}, optional=OPTIONS), calls=two_calls(OPTIONS))
def test_a_pool_gives_one_session_exactly_if_the_calls_mean_the_same_with_its_options(defaults, calls):
    one, other, (args, kwargs), (other_args, other_kwargs) = calls
    pool = SessionPool(**defaults)
    pool._create = lambda key, _: pool._cache.get_or_create(key, boto3.Session)  # half a pair of keys makes none
    given_defaults = {name: defaults.get(name) for name in POSITIONAL}

    def whole(values, by_position):
        said = {**dict.fromkeys(POSITIONAL[:by_position]), **values}
        return meaning({**given_defaults, **defaults, **said})

    first, second = pool.session(*args, **kwargs), pool.session(*other_args, **other_kwargs)
    assert (first is second) is (whole(one, len(args)) == whole(other, len(other_args)))
    before = pool.cache_info().misses
    assert pool.session(*args, **kwargs) is first
    assert pool.session(*other_args, **other_kwargs) is second
    assert pool.cache_info().misses == before
