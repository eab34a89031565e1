"""Keys of random calls: equal exactly if the calls mean the same, and never a secret in what they show."""

import pickle

import pytest
from botocore.config import Config
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.kinds import CLIENT, SECRET_PARAMETERS
from support.oracle import meaning

# A small world, so that two random calls often mean the same.
SCALARS = st.sampled_from([None, True, False, 2, 3, -(2**70), 0.5, "a", "b", "2", b"a", ""])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(st.sampled_from(["a", "b", 2, None]), inner, max_size=2),
        st.sets(SCALARS, max_size=2),
    ),
    max_leaves=4,
)
RETRIES = st.one_of(
    st.builds(
        lambda count, mode: {"max_attempts": count, **mode},
        st.integers(0, 2),
        st.sampled_from([{}, {"mode": "standard"}]),
    ),
    st.builds(
        lambda count, mode: {**mode, "total_max_attempts": count},
        st.integers(1, 3),
        st.sampled_from([{}, {"mode": "standard"}]),
    ),
)
CONFIG_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "region_name": st.sampled_from(["a", "b"]),
        "read_timeout": st.sampled_from([2, 3, 0.5]),
        "retries": RETRIES,
        "s3": st.fixed_dictionaries({}, optional={"addressing_style": st.sampled_from(["path", "auto"]), "x": SCALARS}),
        "client_context_params": st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2),
    },
)
ARGUMENTS = {
    "service_name": st.sampled_from(["s3", "sqs"]),
    "region_name": st.sampled_from([None, "a", "b"]),
    "use_ssl": st.sampled_from([True, False, None]),
    "verify": st.sampled_from([None, False, "a", "b"]),
    "aws_secret_access_key": st.sampled_from([None, "a", "b", ""]),
    "endpoint_url": st.sampled_from([None, "http://a", "http://u:a@h", "http://u:b@h", "http://***@h"]),
    "config": st.one_of(st.none(), CONFIG_OPTIONS),
    "zone": VALUES,
    "eviction_policy": st.sampled_from(["LRU", "LFU"]),
}


@st.composite
def spellings(draw, kind, values):
    """Spell the same arguments in some way: by position up to anywhere, by keyword in any order."""
    values = dict(values)
    if isinstance(values.get("config"), dict):
        options = draw(st.permutations(list(values["config"].items())))
        values["config"] = Config(**dict(options))
    by_position = draw(st.integers(0, len(kind.parameters)))
    positional = []
    for name, default in list(kind.parameters.items())[:by_position]:
        if name == "service_name" and name not in values:
            break
        positional.append(values.pop(name, default))
    return tuple(positional), dict(draw(st.permutations(list(values.items()))))


def arguments():
    return st.fixed_dictionaries({}, optional=ARGUMENTS)


@st.composite
def two_calls(draw, kind):
    """Two calls that often mean the same: the second starts from the arguments of the first."""
    one = draw(arguments())
    changes = draw(st.one_of(st.just({}), arguments()))
    names = draw(st.sets(st.sampled_from(sorted(ARGUMENTS)), max_size=2))
    other = {name: value for name, value in {**one, **changes}.items() if name not in names}
    return draw(spellings(kind, one)), draw(spellings(kind, draw(st.sampled_from([one, other]))))


@settings(max_examples=500)
@given(data=st.data())
def test_two_keys_are_equal_exactly_if_the_calls_mean_the_same(kind, data):
    one, other = data.draw(two_calls(kind))
    first, second = kind.key(*one[0], **one[1]), kind.key(*other[0], **other[1])
    same = meaning(kind.name, *one) == meaning(kind.name, *other)
    assert (first == second) is same
    assert (second == first) is same
    if same:
        assert hash(first) == hash(second)


@settings(max_examples=300)
@given(one=VALUES, other=VALUES)
def test_two_values_are_equal_exactly_if_of_one_kind_and_equal(kind, one, other):
    same = meaning(kind.name, (), {"zone": one}) == meaning(kind.name, (), {"zone": other})
    assert (kind.key(zone=one) == kind.key(zone=other)) is same


@given(one=st.text(), other=st.text())
@example("\ud800", "\ud801")
@example("a\0", "a")
def test_two_texts_are_equal_exactly_if_python_says_so(one, other):
    assert (CLIENT.key(one) == CLIENT.key(other)) is (one == other)
    assert CLIENT.key(one) == CLIENT.key("".join(one))


@given(one=st.integers(), other=st.integers())
@example(2**63, -(2**63))
@example(2**64, 0)
def test_two_integers_are_equal_exactly_if_python_says_so(one, other):
    assert (CLIENT.key(zone=one) == CLIENT.key(zone=other)) is (one == other)
    assert CLIENT.key(zone=one) == CLIENT.key(zone=int(str(one)))


@given(data=st.data())
def test_a_key_survives_pickling(kind, data):
    args, kwargs = data.draw(spellings(kind, data.draw(arguments())))
    key = kind.key(*args, **kwargs)
    same = pickle.loads(pickle.dumps(key))
    assert same == key
    assert hash(same) == hash(key)
    assert (same.label, same.key, repr(same)) == (key.label, key.key, repr(key))


plain = st.text(st.characters(exclude_characters="@"), max_size=20)
PLAIN_ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "region_name": st.one_of(st.none(), plain),
        "use_ssl": st.booleans(),
        "verify": st.one_of(st.none(), st.booleans(), plain),
        "zone": st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), plain, st.binary(max_size=9)),
            lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(plain, inner, max_size=3)),
            max_leaves=5,
        ),
    },
)


@given(args=st.lists(st.one_of(st.none(), plain), max_size=4), kwargs=PLAIN_ARGUMENTS)
def test_the_label_is_the_call_as_written(kind, args, kwargs):
    assume(not set(list(kind.parameters)[: len(args)]) & set(kwargs))
    written = [*map(repr, args), *(f"{name}={value!r}" for name, value in sorted(kwargs.items()))]
    key = kind.key(*args, **kwargs)
    assert key.label == ", ".join(written)
    assert repr(key) == f"{kind.word}CacheKey({kind.name}({', '.join(written)}))"


# Never a part of anything else that is shown.
secrets = st.text(st.characters(codec="utf-8", exclude_characters="/?#@\\'\""), min_size=4, max_size=30).map(
    "§{}¶".format
)


@given(
    secret=secrets,
    name=st.sampled_from(SECRET_PARAMETERS),
    by_position=st.booleans(),
    url=st.sampled_from(
        ["http://{}@host/path", "HTTPS://me:{}@host:80", "socks5://me:and:{}@host", "http://p@{}@host"]
    ),
    place=st.sampled_from(["endpoint_url", "verify", "zone", "proxies"]),
)
def test_nothing_that_is_shown_or_pickled_holds_a_secret(kind, *, secret, name, by_position, url, place):
    url = url.format(secret)
    options = {"config": Config(proxies={"http": url})} if place == "proxies" else {place: url}
    args = kind.positionally(service_name="s3", **{name: secret}) if by_position else ("s3",)
    assume(not set(list(kind.parameters)[: len(args)]) & set(options))
    key = kind.key(*args, **options, **({} if by_position else {name: secret}))
    cache = kind.factory()
    cache[key] = kind.stub()
    with pytest.raises(kind.error) as twice:
        cache[key] = kind.stub()
    for shown in (key.label, str(key), repr(key), repr(key.key), str(cache), str(twice.value), repr(twice.value)):
        assert secret not in shown
        assert repr(secret)[1:-1] not in shown
    assert secret.encode() not in pickle.dumps(key)
