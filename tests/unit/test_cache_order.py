"""Who is evicted: exact order, for each policy."""

import pytest
from support.kinds import Flavour, names

# How a letter is used; every one of these counts as one use.
USES = {
    "subscription": lambda cache, key: cache[key],
    "get": lambda cache, key: cache.get(key),
    "get with a default": lambda cache, key: cache.get(key, None),
}

# What looks at a cache without using an entry.
LOOKS = {
    "in": lambda cache, key: key in cache,
    "len": lambda cache, _: len(cache),
    "iter": lambda cache, _: list(cache),
    "reversed": lambda cache, _: list(reversed(cache)),
    "keys": lambda cache, _: cache.keys(),
    "values": lambda cache, _: cache.values(),
    "items": lambda cache, _: cache.items(),
    "copy": lambda cache, _: cache.copy(),
    "equality": lambda cache, _: cache == cache.copy(),
    "text": lambda cache, _: f"{cache!s} {cache!r}",
    "a miss": lambda cache, _: cache.get(type(cache.keys()[0])("missing")),
    "the same size again": lambda cache, _: setattr(cache, "max_size", cache.max_size),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_use_moves_an_entry_away_from_eviction(flavour, use):
    cache = flavour.filled("abc", 3)
    use(cache, flavour.kind.key("a"))
    assert names(cache) == "bca"
    flavour.store(cache, "d")
    assert names(cache) == {"LRU": "cad", "LFU": "cda"}[flavour.policy]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_is_no_use(flavour, look):
    cache = flavour.filled("abc", 3)
    flavour.use(cache, "cb")
    for _ in range(5):
        look(cache, flavour.kind.key("a"))
    assert names(cache) == "acb"
    flavour.use(cache, "aa")  # three uses; b and c have two each
    assert names(cache) == "cba"


def test_a_refused_store_is_no_use(flavour):
    cache = flavour.filled("abc", 3)
    with pytest.raises(flavour.kind.exists_error):
        cache[flavour.kind.key("a")] = flavour.kind.stub()
    assert names(cache) == "abc"


def test_an_object_is_evicted_only_when_the_cache_is_full(flavour):
    cache = flavour.filled("abc", 3)
    assert names(cache) == "abc"
    flavour.store(cache, "d")
    assert names(cache) == "bcd"


LRU = [
    # stored, used, stored next -> order afterwards, in a cache of three
    ("abc", "", "", "abc"),
    ("abc", "", "d", "bcd"),
    ("abc", "a", "d", "cad"),
    ("abc", "ab", "d", "abd"),
    ("abc", "cba", "d", "bad"),
    ("abc", "aaaa", "de", "ade"),
    ("abc", "aaaa", "def", "def"),
    ("abc", "ccc", "", "abc"),
]

LFU = [
    ("abc", "", "", "abc"),
    ("abc", "", "d", "bcd"),  # ties: least recently used first
    ("abc", "a", "d", "cda"),
    ("abc", "ab", "d", "dab"),
    ("abc", "cba", "d", "dba"),  # all used twice: c least recently
    ("abc", "aaaa", "de", "dea"),
    ("abc", "aaaa", "def", "efa"),  # never a, though it is the oldest
    ("abc", "aabbcc", "d", "dbc"),  # never the entry being stored, though it was used least
    ("abc", "aabbcc", "de", "ebc"),  # but d goes next
    ("abc", "abab", "", "cab"),
    ("abc", "abba", "", "cba"),  # ties among three uses: by recency
    ("abc", "aab", "", "cba"),
]


@pytest.mark.parametrize(("stored", "used", "then", "order"), LRU)
def test_lru_order(kind, stored, used, then, order):
    check_order(Flavour(kind, "LRU"), stored, used, then, order)


@pytest.mark.parametrize(("stored", "used", "then", "order"), LFU)
def test_lfu_order(kind, stored, used, then, order):
    check_order(Flavour(kind, "LFU"), stored, used, then, order)


def check_order(flavour, stored, used, then, order):
    cache = flavour.filled(stored, 3)
    flavour.use(cache, used)
    flavour.store(cache, then)
    assert names(cache) == order
    assert names(cache.copy()) == order
    assert "".join(names([cache.popitem()[0]]) for _ in order) == order


def test_an_entry_stored_again_starts_at_one_use(kind):
    flavour = Flavour(kind, "LFU")
    cache = flavour.filled("ab", 2)
    flavour.use(cache, "aaabb")
    del cache[kind.key("a")]
    flavour.store(cache, "a")
    assert names(cache) == "ab"


def test_use_counts_do_not_overflow_or_age(kind):
    flavour = Flavour(kind, "LFU")
    cache = flavour.filled("ab", 2)
    flavour.use(cache, "a" * 70_000)  # past sixteen bits
    flavour.use(cache, "b" * 69_999)
    assert names(cache) == "ba"
    flavour.use(cache, "b")
    assert names(cache) == "ab"


@pytest.mark.parametrize(("size", "order"), [(3, "bac"), (2, "ac"), (1, "c"), (0, "")])
def test_lowering_the_size_evicts_in_order(flavour, size, order):
    cache = flavour.filled("abc", 5)
    flavour.use(cache, "bacc")
    assert names(cache) == "bac"
    cache.max_size = size
    assert names(cache) == order


def test_raising_the_size_evicts_nothing_and_makes_room(flavour):
    cache = flavour.filled("abc", 3)
    cache.max_size = 5
    flavour.store(cache, "de")
    assert names(cache) == "abcde"
    flavour.store(cache, "f")
    assert names(cache) == "bcdef"
