"""What a cache refuses, in which words, and that a refusal changes nothing."""

from unittest.mock import Mock

import pytest
from support.kinds import unchanged

from boto3_client_cache import CacheError


def strangers(kind):
    """Things that are no key of this kind."""
    return [
        "s3",
        b"s3",
        None,
        3,
        2.5,
        (),
        ("s3",),
        [],
        {},
        object(),
        kind.key,
        kind.other.key("s3"),
        kind.key("s3").key,
    ]


# Each takes a cache and what should have been a key.
KEYED = {
    "subscription": lambda cache, key: cache[key],
    "get": lambda cache, key: cache.get(key),
    "get with a default": lambda cache, key: cache.get(key, None),
    "pop": lambda cache, key: cache.pop(key),
    "pop with a default": lambda cache, key: cache.pop(key, None),
    "del": lambda cache, key: cache.__delitem__(key),
}


@pytest.mark.parametrize("operation", KEYED.values(), ids=KEYED)
def test_what_is_no_key_is_an_error_that_shows_it(flavour, operation):
    cache = flavour.filled("abc", 3)
    for stranger in strangers(flavour.kind):
        with unchanged(cache), pytest.raises(flavour.kind.error, match=r"^Cache key must") as caught:
            operation(cache, stranger)
        assert type(caught.value) is flavour.kind.error
        assert type(stranger).__name__ in str(caught.value)


def test_storing_under_what_is_no_key_is_an_error(flavour):
    cache = flavour.filled("abc", 3)
    for stranger in strangers(flavour.kind):
        with unchanged(cache), pytest.raises(flavour.kind.error, match=r"^Cache key must") as caught:
            cache[stranger] = flavour.kind.stub()
        assert type(caught.value) is flavour.kind.error


def values_of_another_kind(kind):
    return [
        None,
        "client",
        3,
        [],
        {},
        object(),
        kind.base,
        kind.stub,
        kind.other.stub(),
        Mock(),
        Mock(spec=kind.other.base),
    ]


def test_storing_what_is_no_object_of_the_kind_is_an_error(flavour):
    cache = flavour.filled("abc", 3)
    for value in values_of_another_kind(flavour.kind):
        with unchanged(cache), pytest.raises(flavour.kind.error, match=r"^Cache value must") as caught:
            cache[flavour.kind.key("new")] = value
        assert type(caught.value) is flavour.kind.error
        assert flavour.kind.name in str(caught.value)
        assert type(value).__name__ in str(caught.value)


def test_storing_under_a_key_that_is_there_is_an_error(flavour):
    cache = flavour.filled("abc", 3)
    for value in (flavour.kind.stub(), cache.values()[1]):
        with unchanged(cache), pytest.raises(flavour.kind.exists_error) as caught:
            cache[flavour.kind.key("b")] = value
        assert type(caught.value) is flavour.kind.exists_error
        assert "'b'" in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "beginning"),
    [(KEYED["subscription"], ""), (KEYED["pop"], "{} not found"), (KEYED["del"], "")],
    ids=["subscription", "pop", "del"],
)
def test_a_missing_key_is_an_error_that_names_it(flavour, operation, beginning):
    cache = flavour.filled("abc", 3)
    with unchanged(cache), pytest.raises(flavour.kind.not_found_error) as caught:
        operation(cache, flavour.kind.key("new", region_name="us-east-1"))
    assert type(caught.value) is flavour.kind.not_found_error
    assert str(caught.value).startswith(beginning.format(flavour.kind.word))
    assert "'new', region_name='us-east-1'" in str(caught.value)


@pytest.mark.parametrize("operation", [KEYED["subscription"], KEYED["pop"], KEYED["del"]])
def test_a_missing_key_is_a_key_error_as_with_a_dict(flavour, operation):
    with pytest.raises(KeyError):
        operation(flavour.cache_class(), flavour.kind.key("s3"))


def test_what_is_no_key_is_not_merely_a_missing_one(flavour):
    with pytest.raises(flavour.kind.error) as caught:
        flavour.cache_class()["text"]
    assert not isinstance(caught.value, KeyError)


def test_popitem_of_an_empty_cache_is_an_error(flavour):
    cache = flavour.cache_class(3)
    with (
        unchanged(cache),
        pytest.raises(flavour.kind.not_found_error, match=rf"^No {flavour.kind.name}s found") as caught,
    ):
        cache.popitem()
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize("policy_name", ["lru", "FIFO", "", 3, [], {}, "LRU ", 2.5], ids=repr)
def test_an_unknown_policy_is_an_error_that_shows_it(kind, policy_name):
    with pytest.raises(kind.error, match=r"^Unsupported cache type: ") as caught:
        kind.factory(eviction_policy=policy_name)
    assert type(caught.value) is kind.error
    assert repr(policy_name) in str(caught.value)


def test_every_error_is_a_cache_error(flavour):
    cache = flavour.filled("a")
    for operation in KEYED.values():
        with pytest.raises(CacheError):
            operation(cache, "no key")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda cache, key: cache.get(),
        lambda cache, key: cache.get(key, None, None),
        lambda cache, key: cache.get(key, fallback=None),
        lambda cache, key: cache.pop(),
        lambda cache, key: cache.pop(key, None, None),
        lambda cache, key: cache.popitem(key),
        lambda cache, key: cache.clear(key),
        lambda cache, key: cache.copy(key),
        lambda cache, key: cache.keys(key),
        lambda cache, key: type(cache)(3, 4),
        lambda cache, key: type(cache)(size=3),
    ],
)
def test_a_call_python_itself_would_refuse_is_a_type_error(flavour, misuse):
    cache = flavour.filled("abc", 3)
    with unchanged(cache), pytest.raises(TypeError):
        misuse(cache, flavour.kind.key("a"))


def test_an_error_of_a_value_that_is_asked_for_its_class_reaches_the_caller(flavour):
    class Shy:
        @property
        def __class__(self):
            raise ZeroDivisionError

    cache = flavour.filled("abc", 3)
    with unchanged(cache), pytest.raises(ZeroDivisionError):
        cache[flavour.kind.key("new")] = Shy()


def test_a_value_that_uses_the_cache_when_asked_for_its_class_does_no_harm(flavour):
    class Meddler:
        @property
        def __class__(self):
            cache.clear()
            cache[flavour.kind.key("new")] = flavour.kind.stub()
            return flavour.kind.base

    cache = flavour.filled("abc", 3)
    with pytest.raises(flavour.kind.exists_error):
        cache[flavour.kind.key("new")] = Meddler()
    assert len(cache) == 1
