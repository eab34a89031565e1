"""The phrases that begin our messages: programs match on them. The specification of the public behaviour lists them."""

import pytest

from boto3_client_cache import CacheError


def message(call):
    with pytest.raises(CacheError) as caught:
        call()
    return caught.value.message


def test_storing_an_existing_key(kind):
    cache = kind.factory()
    cache[kind.key("s3")] = kind.stub()
    assert message(lambda: cache.__setitem__(kind.key("s3"), kind.stub())).startswith(f"{kind.word} already exists")


@pytest.mark.parametrize("look_up", ["__getitem__", "__delitem__", "pop", "pin", "unpin"])
def test_a_missing_key(kind, look_up):
    cache = kind.factory()
    assert message(lambda: getattr(cache, look_up)(kind.key("s3"))).startswith(f"{kind.word} not found")
    assert message(lambda: cache.replace(kind.key("s3"), kind.stub())).startswith(f"{kind.word} not found")


def test_popitem_on_an_empty_cache(kind):
    assert message(kind.factory().popitem).startswith(f"No {kind.name}s found")


@pytest.mark.parametrize("wrong", ["FIFO", "lru", 7], ids=repr)
def test_a_wrong_policy(kind, session, wrong):
    assert message(lambda: kind.factory(wrong)).startswith("Unsupported cache type")
    assert message(lambda: kind.get(session, "sqs", eviction_policy=wrong)).startswith("Invalid eviction policy")
    assert message(lambda: kind.function("sqs", eviction_policy=wrong)).startswith("Invalid eviction policy")


@pytest.mark.parametrize("look_up", ["__getitem__", "__delitem__", "get", "pop", "pin"])
def test_what_is_no_key(kind, look_up):
    cache = kind.factory()
    for no_key in ("text", None, kind.other.key("s3")):
        assert message(lambda no_key=no_key: getattr(cache, look_up)(no_key)).startswith("Cache key must")
    assert message(lambda: cache.__setitem__("text", kind.stub())).startswith("Cache key must")


def test_what_is_no_value(kind):
    cache = kind.factory()
    for no_value in ("text", None, kind.other.stub()):
        store = lambda no_value=no_value: cache.__setitem__(kind.key("s3"), no_value)  # noqa: E731
        assert message(store).startswith("Cache value must")


def test_an_asynchronous_client_whose_close_was_never_awaited(kind):
    """Those of aiobotocore are such, but it wants a botocore of its own: this is a stand-in."""

    class Asynchronous(kind.stub):
        async def close(self):
            """Close."""

        @property
        def meta(self):
            return type("Meta", (), {"client": self})

    closing = kind.factory(close_evicted=True)
    assert message(lambda: closing.__setitem__(kind.key("s3"), Asynchronous())).startswith("Cache value must")
    assert message(lambda: closing.get_or_create(kind.key("s3"), Asynchronous)).startswith("Cache value must")
    assert len(closing) == 0
    kind.factory()[kind.key("s3")] = Asynchronous()
    closing[kind.key("s3")] = kind.stub()
    assert message(lambda: closing.replace(kind.key("s3"), Asynchronous())).startswith("Cache value must")
