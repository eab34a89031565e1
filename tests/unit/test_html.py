"""What notebooks show: well-formed tables, labels masked and escaped."""

from xml.etree import ElementTree

import pytest
from support.kinds import CLIENT

from boto3_client_cache import ClientCache, ClientCacheKey, Session


def tables(html):
    """Parse what a notebook is given: (caption, calls) of each table."""
    document = ElementTree.fromstring(f"<body>{html}</body>")
    return [
        (table.findtext("caption"), ["".join(code.itertext()) for code in table.iter("code")])
        for table in document.iter("table")
    ]


def test_a_cache_shows_its_entries_the_next_victim_first(flavour):
    cache = flavour.filled("abc", max_size=5)
    flavour.use(cache, "a")
    calls = [f"Session.{flavour.kind}('{name}')" for name in "bca"]
    assert tables(cache._repr_html_()) == [(f"{flavour}: 3 of 5", calls)]


def test_an_empty_cache_shows_its_size(flavour):
    assert tables(flavour.cache_class(7)._repr_html_()) == [(f"{flavour}: 0 of 7", [])]


def test_no_use_is_counted(flavour):
    cache = flavour.filled("abc")
    before = cache.keys()
    cache._repr_html_()
    assert cache.keys() == before


def test_a_session_shows_its_four_caches(builder):
    session = Session()
    session.client("sqs", eviction_policy="LFU")
    assert tables(session.cache._repr_html_()) == [
        ("LRUClientCache: 0 of 10", []),
        ("LFUClientCache: 1 of 10", ["Session.client('sqs')"]),
        ("LRUResourceCache: 0 of 10", []),
        ("LFUResourceCache: 0 of 10", []),
    ]


@pytest.mark.parametrize("where", ["label", "class name"])
def test_markup_is_escaped(where):
    name = "<script>alert('x')</script>&amp;"
    cache = type(name, (ClientCache,), {})() if where == "class name" else ClientCache()
    cache[ClientCacheKey(name)] = CLIENT.stub()
    assert "<script" not in cache._repr_html_()
    [(caption, [call])] = tables(cache._repr_html_())
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
