"""What notebooks show: well-formed tables, labels masked and escaped."""

from xml.etree import ElementTree

import pytest
from support.kinds import CLIENT

from boto3_client_cache import ClientCache, ClientCacheKey, Session


def tables(html):
    """Parse what a notebook is given: the caption and the rows of each table."""
    document = ElementTree.fromstring(f"<body>{html}</body>")
    return [
        (table.findtext("caption"), [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")])
        for table in document.iter("table")
    ]


def test_a_cache_shows_its_entries_the_next_victim_first(flavour):
    cache = flavour.filled("abc", max_size=5)
    flavour.use(cache, "aa")
    cache.get(flavour.kind.key("d"))
    cache.pin(flavour.kind.key("c"))
    [(caption, rows)] = tables(cache._repr_html_())
    assert caption == f"{flavour}: 3 of 5, 2 hits, 1 misses"
    assert [call for call, *_ in rows] == [f"Session.{flavour.kind}('{name}')" for name in "bca"]
    assert [pin for *_, pin in rows] == ["", "pinned", ""]


def test_an_empty_cache_shows_its_size(flavour):
    assert tables(flavour.cache_class(7)._repr_html_()) == [(f"{flavour}: 0 of 7, 0 hits, 0 misses", [])]


def test_no_use_is_counted(flavour):
    cache = flavour.filled("abc")
    before = cache.keys(), cache.cache_info()
    cache._repr_html_()
    assert (cache.keys(), cache.cache_info()) == before


@pytest.mark.parametrize(
    ("seconds", "age"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (172800, "2 d"), (1e7, "116 d")],
)
def test_ages_are_in_the_unit_that_fits(flavour, seconds, age):
    now = [5.0]
    cache = flavour.cache_class(clock=lambda: now[0])
    flavour.store(cache, "a")
    now[0] += seconds
    [(_, [[_, shown, _]])] = tables(cache._repr_html_())
    assert shown == age


def test_a_session_shows_its_four_caches(builder):
    session = Session()
    session.client("sqs", eviction_policy="LFU")
    assert [(caption, len(rows)) for caption, rows in tables(session.cache._repr_html_())] == [
        ("LRUClientCache: 0 of 10, 0 hits, 0 misses", 0),
        ("LFUClientCache: 1 of 10, 0 hits, 1 misses", 1),
        ("LRUResourceCache: 0 of 10, 0 hits, 0 misses", 0),
        ("LFUResourceCache: 0 of 10, 0 hits, 0 misses", 0),
    ]


@pytest.mark.parametrize("where", ["label", "class name"])
def test_markup_is_escaped(where):
    name = "<script>alert('x')</script>&amp;"
    cache = type(name, (ClientCache,), {})() if where == "class name" else ClientCache()
    cache[ClientCacheKey(name)] = CLIENT.stub()
    assert "<script" not in cache._repr_html_()
    [(caption, [[call, *_]])] = tables(cache._repr_html_())
    assert name in (caption if where == "class name" else call.replace("\\'", "'"))


def test_secrets_are_masked():
    cache = ClientCache()
    cache[
        ClientCacheKey(
            "s3",
            aws_access_key_id="AKIASECRET",
            aws_secret_access_key="secret-key",
            aws_session_token="token-secret",
            endpoint_url="http://user:password@localhost",
        )
    ] = CLIENT.stub()
    html = cache._repr_html_()
    assert "aws_secret_access_key=***" in html
    for secret in ("AKIASECRET", "secret-key", "token-secret", "password"):
        assert secret not in html
