"""What a key shows: its type, its label, its ``key`` tuple, its repr."""

import pytest
from botocore.config import Config
from support.kinds import SECRET_PARAMETERS

LABELS = [
    ((), {}, ""),
    (("s3",), {}, "'s3'"),
    (("s3", None), {}, "'s3', None"),
    (("s3", None), {"region_name": None}, "'s3', None, region_name=None"),
    (("s3", None), {"endpoint_url": None, "use_ssl": False}, "'s3', None, endpoint_url=None, use_ssl=False"),
    (("s3",), {"use_ssl": True, "region_name": "us-east-1"}, "'s3', region_name='us-east-1', use_ssl=True"),
    ((), {"service_name": "s3"}, "'s3'"),
    ((), {"region_name": "us-east-1", "service_name": "s3"}, "'s3', region_name='us-east-1'"),
    ((), {"region_name": "us-east-1"}, "region_name='us-east-1'"),
    (("s3", "us-east-1", None, False), {}, "'s3', 'us-east-1', None, False"),
    (("s3",), {"verify": "it's"}, "'s3', verify=\"it's\""),
    (("s3",), {"endpoint_url": "https://host/a"}, "'s3', endpoint_url='https://host/a'"),
    (("s3",), {"zone": [1, {"a": (2,)}], "area": 1.5}, "'s3', area=1.5, zone=[1, {'a': (2,)}]"),
    (("s3",), {"config": Config()}, "'s3', config=Config()"),
    (
        ("s3",),
        {"config": Config(user_agent="me", retries={"mode": "standard", "max_attempts": 3}, region_name="us-east-1")},
        "'s3', config=Config(region_name='us-east-1', "
        "retries={'mode': 'standard', 'max_attempts': 3}, user_agent='me')",
    ),
]


@pytest.mark.parametrize(("args", "kwargs", "label"), LABELS, ids=[label or "nothing" for *_, label in LABELS])
def test_the_label_is_the_call_as_written(kind, args, kwargs, label):
    key = kind.key(*args, **kwargs)
    assert key.label == label
    assert str(key) == label
    assert repr(key) == f"{kind.word}CacheKey({kind.name}({label}))"


def test_the_example_label_of_the_reference(kind):
    key = kind.key("s3", None, endpoint_url=None, region_name="us-east-1")
    assert key.label == "'s3', None, endpoint_url=None, region_name='us-east-1'"


KEYS = [
    ((), {}, ((), ())),
    (("s3",), {"region_name": "us-east-1"}, (("s3",), (("region_name", "us-east-1"),))),
    (("s3", None, None), {}, (("s3",), ())),
    (("s3", None, "v1"), {}, (("s3", None, "v1"), ())),
    (("s3",), {"verify": None, "use_ssl": None}, (("s3",), ())),
    (("s3",), {"use_ssl": True}, (("s3",), (("use_ssl", True),))),
    (("s3",), {"verify": False, "endpoint_url": "u"}, (("s3",), (("endpoint_url", "u"), ("verify", False)))),
    (
        ("s3",),
        {"config": Config(s3={"addressing_style": "path", "b": 1}, region_name="eu-west-1")},
        (("s3",), (("config", (("region_name", "eu-west-1"), ("s3", (("addressing_style", "path"), ("b", 1))))),)),
    ),
]


@pytest.mark.parametrize(("args", "kwargs", "spelling"), KEYS, ids=[str(spelling) for *_, spelling in KEYS])
def test_the_key_tuple_keeps_the_spelling_of_the_call(kind, args, kwargs, spelling):
    assert kind.key(*args, **kwargs).key == spelling


def test_the_key_tuple_has_the_service_name_first_however_it_was_given(kind):
    assert kind.key(service_name="s3", region_name="us-east-1").key == (("s3",), (("region_name", "us-east-1"),))


def test_cache_type_names_the_kind(kind):
    assert kind.key("s3").cache_type == kind.name


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_a_secret_keyword_shows_as_stars(kind, name):
    key = kind.key("s3", **{name: "hunter2"})
    assert key.label == f"'s3', {name}=***"
    assert key.key == (("s3",), ((name, "***"),))


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_a_secret_positional_shows_as_quoted_stars(kind, name):
    key = kind.key(*kind.positionally(service_name="s3", **{name: "hunter2"}))
    assert key.key[0][0] == "s3"
    assert key.key[0][-1] == "***"
    assert key.label.startswith("'s3', None, None, True, None, None, ")
    assert key.label.endswith(", '***'")


@pytest.mark.parametrize(
    "ignored", [{"eviction_policy": "LFU"}, {"max_size": 3}, {"eviction_policy": 1, "max_size": "x"}]
)
def test_cache_settings_are_no_part_of_a_key(kind, ignored):
    key = kind.key("s3", **ignored)
    assert key.label == "'s3'"
    assert key.key == (("s3",), ())
    assert key == kind.key("s3")


def test_text_of_other_scripts_and_of_every_width_is_kept(kind):
    for text in ("é", "中文", "🪣", "nul\0inside", "\udc80"):
        key = kind.key(text, zone=text)
        assert key.label == f"{text!r}, zone={text!r}"
        assert key.key == ((text,), (("zone", text),))
