"""``max_size``: what it takes, and what a change of it does."""

import pytest
from support.kinds import names, unchanged


class Index:
    """An integer by protocol only."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __repr__(self):
        return f"Index({self.value})"


SIZES = [
    (None, 10),
    (1, 1),
    (0, 0),
    (30, 30),
    (-3, 3),
    (-1, 1),
    (True, 1),
    (Index(4), 4),
    (Index(-4), 4),
    (10**6, 10**6),
]
NO_SIZES = [2.5, 3.0, "7", b"7", "", [], [3], {}, (1,), 1j, float("nan"), 2**64, -(2**64), 2**200, -(2**200)]


@pytest.fixture(params=["constructor", "factory", "attribute"])
def resize(request, flavour):
    """Bring a size into a cache, each way there is; return the cache."""

    def attribute(size):
        cache = flavour.cache_class(5)
        cache.max_size = size
        return cache

    return {
        "constructor": flavour.cache_class,
        "factory": lambda size: flavour.kind.factory(flavour.policy, size),
        "attribute": attribute,
    }[request.param]


@pytest.mark.parametrize(("size", "expected"), SIZES, ids=str)
def test_what_max_size_means(resize, size, expected):
    cache = resize(size)
    assert cache.max_size == expected
    assert type(cache.max_size) is int


@pytest.mark.parametrize("size", NO_SIZES, ids=repr)
def test_what_is_no_size_is_an_error_that_names_it(flavour, resize, size):
    with pytest.raises(flavour.kind.error, match="max_size") as caught:
        resize(size)
    assert type(caught.value) is flavour.kind.error
    assert repr(size) in str(caught.value)


@pytest.mark.parametrize("size", NO_SIZES, ids=repr)
def test_a_refused_size_changes_nothing(flavour, size):
    cache = flavour.filled("abc", 3)
    with unchanged(cache), pytest.raises(flavour.kind.error):
        cache.max_size = size


def test_a_size_cannot_be_deleted(flavour):
    cache = flavour.filled("abc", 3)
    with unchanged(cache), pytest.raises((AttributeError, TypeError)):
        del cache.max_size


def test_an_error_of_index_reaches_the_caller(flavour, resize):
    class Broken:
        def __index__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        resize(Broken())


def test_a_negative_size_evicts_by_its_absolute_value(flavour):
    cache = flavour.filled("abcd")
    cache.max_size = -2
    assert names(cache) == "cd"
    flavour.store(cache, "e")
    assert len(cache) == 2


def test_none_means_ten(flavour):
    cache = flavour.filled("abcdefghijklm", 13)
    cache.max_size = None
    assert names(cache) == "defghijklm"


def test_a_cache_of_size_zero_stores_nothing(flavour):
    cache = flavour.cache_class(0)
    flavour.store(cache, "ab")
    flavour.store(cache, "a")
    assert len(cache) == 0
    assert flavour.kind.key("a") not in cache
    assert cache.get(flavour.kind.key("a")) is None
    with pytest.raises(flavour.kind.not_found_error):
        cache[flavour.kind.key("a")]
    cache.max_size = 1
    flavour.store(cache, "a")
    assert names(cache) == "a"


def test_a_cache_of_size_zero_refuses_what_any_cache_refuses(flavour):
    cache = flavour.cache_class(0)
    with pytest.raises(flavour.kind.error, match=r"^Cache value must"):
        cache[flavour.kind.key("a")] = "no client"
    with pytest.raises(flavour.kind.error, match=r"^Cache key must"):
        cache["a"] = flavour.kind.stub()


def test_an_index_may_use_the_cache_it_resizes(flavour):
    class Meddler:
        def __index__(self):
            cache.clear()
            flavour.store(cache, "xyz")
            return 2

    cache = flavour.filled("abcd")
    cache.max_size = Meddler()
    assert names(cache) == "yz"
