"""No secret leaves a key: not in what it shows, not in what it holds, not in its errors or its pickle."""

import base64
import gc
import pickle
import types

import pytest
from botocore.config import Config
from support.kinds import SECRET_PARAMETERS

SECRET = "Zq7-hunter2/+tail"  # as odd as real ones are: a slash and a plus inside

# Where a URL may carry a user and a password. "{}" is the password.
URLS = {
    "endpoint_url": lambda url: {"endpoint_url": url},
    "verify": lambda url: {"verify": url},
    "unknown keyword": lambda url: {"zone": url},
    "list": lambda url: {"zone": [url]},
    "proxies": lambda url: {"config": Config(proxies={"https": url})},
    "nested option of a Config": lambda url: {"config": Config(client_context_params={"a": [{"b": url}]})},
}

PASSWORD = "Zq7-hunter2"


def everything_shown(key):
    return f"{key!s} {key!r} {key.label} {key.key!r}"


def everything_held(root):
    """Every object reachable from a key, short of types and modules."""
    seen, queue = {}, [root]
    while queue:
        thing = queue.pop()
        if id(thing) in seen or isinstance(thing, type | types.ModuleType):
            continue
        seen[id(thing)] = thing
        queue += gc.get_referents(thing)
        queue += vars(thing).values() if hasattr(thing, "__dict__") else ()
        queue += [getattr(thing, name) for name in getattr(type(thing), "__slots__", ()) if hasattr(thing, name)]
    return seen.values()


def every_pickle(key):
    return [pickle.dumps(key, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]


def assert_no_trace(key, secret):
    assert secret not in everything_shown(key)
    held = [str(thing) for thing in everything_held(key) if isinstance(thing, str | bytes | bytearray)]
    assert not [text for text in held if secret in text]
    for encoded in every_pickle(key):
        for form in (secret.encode(), secret.encode("utf-16-le"), secret.encode().hex().encode()):
            assert form not in encoded
        assert base64.b64encode(secret.encode())[:-4] not in encoded


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_a_secret_by_keyword_or_position_leaves_no_trace(kind, name):
    assert_no_trace(kind.key("s3", **{name: SECRET}), SECRET)
    assert_no_trace(kind.key(*kind.positionally(service_name="s3", **{name: SECRET})), SECRET)


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
@pytest.mark.parametrize(
    "wrap",
    [
        str.encode,
        lambda text: [text],
        lambda text: {"part": text},
        type("Text", (str,), {}),
        lambda text: Config(user_agent=text),
    ],
    ids=["bytes", "list", "dict", "str subclass", "Config"],
)
def test_a_secret_of_any_kind_is_masked(kind, name, wrap):
    for key in (
        kind.key("s3", **{name: wrap(SECRET)}),
        kind.key(*kind.positionally(service_name="s3", **{name: wrap(SECRET)})),
    ):
        assert_no_trace(key, SECRET)
        assert "***" in key.label


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_keys_with_different_secrets_differ_and_with_the_same_are_equal(kind, name):
    key = kind.key("s3", **{name: SECRET})
    assert key == kind.key(*kind.positionally(service_name="s3", **{name: SECRET}))
    assert hash(key) == hash(kind.key("s3", **{name: SECRET}))
    assert key != kind.key("s3", **{name: SECRET + "x"})
    assert key != kind.key("s3", **{name: "***"})
    assert key != kind.key("s3")


def test_the_same_text_as_another_secret_is_another_key(kind):
    assert len({kind.key("s3", **{name: SECRET}) for name in SECRET_PARAMETERS}) == len(SECRET_PARAMETERS)


def test_a_secret_of_none_is_no_secret_given(kind):
    for name in SECRET_PARAMETERS:
        assert kind.key("s3", **{name: None}) == kind.key("s3")
        assert kind.key("s3", **{name: ""}) != kind.key("s3")


@pytest.mark.parametrize("place", URLS.values(), ids=URLS)
@pytest.mark.parametrize(
    "url",
    ["https://me:{}@host:8080/a?b=c", "http://{}@host/", "http://me:p@{}@host", "HTTP://me:{}@[::1]:80", "ftp://:{}@h"],
)
def test_the_user_info_of_a_url_leaves_no_trace(kind, place, url):
    key = kind.key("s3", **place(url.format(PASSWORD)))
    assert_no_trace(key, PASSWORD)
    assert "***" in key.label
    assert "@" in key.label
    assert key == kind.key("s3", **place(url.format(PASSWORD)))
    assert key != kind.key("s3", **place(url.format("other")))
    assert key != kind.key("s3", **place(url.format("***")))


@pytest.mark.parametrize("url", ["me:{}@proxy:8080", "//me:{}@proxy:8080"])
def test_a_proxy_without_a_scheme_may_carry_a_password_too(kind, url):
    # botocore takes both and puts "http:" before them.
    key = kind.key("s3", config=Config(proxies={"http": url.format(PASSWORD)}))
    assert_no_trace(key, PASSWORD)
    assert key != kind.key("s3", config=Config(proxies={"http": url.format("other")}))


def test_the_host_that_a_proxy_is_for_was_shown_with_its_password(kind):
    key = kind.key("s3", config=Config(proxies={f"me:{PASSWORD}@host": "http://proxy"}))
    assert_no_trace(key, PASSWORD)
    assert key != kind.key("s3", config=Config(proxies={"me:other@host": "http://proxy"}))


@pytest.mark.parametrize("text", ["https://host:8080/path?a=b#c", "me@host", "me:word@host", "@", "://", "@://"])
def test_what_is_no_user_info_of_a_url_is_shown(kind, text):
    assert kind.key("s3", zone=text).label == f"'s3', zone={text!r}"


def test_the_host_of_a_masked_url_is_shown(kind):
    label = kind.key("s3", endpoint_url=f"https://me:{PASSWORD}@host:8080/path").label
    assert "https://" in label
    assert "@host:8080/path'" in label


def test_an_url_by_position_is_masked(kind):
    key = kind.key(*kind.positionally(service_name="s3", endpoint_url=f"https://me:{PASSWORD}@host"))
    assert_no_trace(key, PASSWORD)


def ways_to_fail(kind):
    """Calls that raise, each with a secret somewhere in it."""
    url = f"https://me:{PASSWORD}@host"
    endless, secret_and_endless = [], [SECRET]
    for loop in (endless, secret_and_endless):
        loop.append(endless)
    missing = kind.key("s3", aws_session_token=SECRET, endpoint_url=url)
    for name in SECRET_PARAMETERS:
        given = kind.positionally(service_name="s3", **{name: SECRET})
        yield lambda given=given, name=name: kind.key(*given, **{name: "again"})
        yield lambda given=given, name=name: kind.key(*given, **{name: SECRET})
        yield lambda name=name: kind.key("s3", **{name: secret_and_endless})
        yield lambda name=name: kind.key(service_name="s3", **{name: SECRET}, zone=endless)
        yield lambda name=name: kind.key(
            *kind.positionally(**dict.fromkeys(kind.parameters, "x") | {name: SECRET}), "x"
        )
    yield lambda: kind.key(*kind.positionally(endpoint_url=url), endpoint_url=url)
    yield lambda: kind.key("s3", endpoint_url=[url, endless])
    yield lambda: kind.factory()[missing]
    yield lambda: kind.factory().pop(missing)
    yield lambda: kind.factory().__delitem__(missing)
    yield lambda: kind.factory().__setitem__(missing, url)
    yield lambda: kind.factory()[url]


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_no_error_shows_a_secret(kind):
    for fail in ways_to_fail(kind):
        with pytest.raises(kind.error) as caught:
            fail()
        for error in chain(caught.value):
            text = f"{error!s} {error!r} {error.args} {vars(error)}"
            assert SECRET not in text
            assert PASSWORD not in text


def test_no_cache_shows_a_secret(kind):
    cache = kind.factory()
    cache[kind.key("s3", aws_session_token=SECRET, endpoint_url=f"https://me:{PASSWORD}@host")] = kind.stub()
    assert SECRET not in f"{cache!s} {cache!r}"
    assert PASSWORD not in f"{cache!s} {cache!r}"
