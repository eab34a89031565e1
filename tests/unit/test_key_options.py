"""Option values of every kind: held by identity where unknown, never changed by what happens to them later."""

import gc
import weakref
from contextlib import suppress

import pytest
from botocore.config import Config


class Thing:
    """A value of a kind no encoding knows."""


@pytest.mark.parametrize("name", ["zone", "verify", "config", "service_name", "aws_session_token"])
def test_an_unknown_object_counts_by_identity(kind, name):
    one, other = Thing(), Thing()
    assert kind.key(**{name: one}) == kind.key(**{name: one})
    assert kind.key(**{name: one}) != kind.key(**{name: other})


def test_an_unknown_object_is_never_asked_whether_it_is_equal(kind):
    class Prickly:
        def __eq__(self, other):
            raise AssertionError("compared")

        def __hash__(self):
            raise AssertionError("hashed")

    prickly = Prickly()
    assert kind.key("s3", zone=prickly) == kind.key("s3", zone=prickly)
    assert kind.key("s3", zone=prickly) != kind.key("s3", zone=Prickly())


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"a": (x,)}, lambda x: Config(s3={"x": x})])
def test_an_unknown_object_lives_as_long_as_the_key(kind, wrap):
    thing = Thing()
    alive = weakref.ref(thing)
    key = kind.key("s3", zone=wrap(thing))
    del thing
    gc.collect()
    assert alive() is not None
    assert key == kind.key("s3", zone=wrap(alive()))
    del key
    gc.collect()
    assert alive() is None


def test_a_cycle_through_a_key_is_collected(kind):
    thing = Thing()
    thing.key = kind.key("s3", zone=thing)
    alive = weakref.ref(thing)
    del thing
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1], lambda value: value.append(2)),
        ({"a": 1}, lambda value: value.update(b=2)),
        ({1}, lambda value: value.add(2)),
        ({"a": [1]}, lambda value: value["a"].append(2)),
        (Config(read_timeout=5), lambda value: setattr(value, "read_timeout", 6)),
        (Config(s3={"a": 1}), lambda value: value.s3.update(a=2)),
    ],
    ids=["list", "dict", "set", "nested list", "Config", "dict in a Config"],
)
def test_changing_what_was_passed_does_not_change_the_key(kind, value, change):
    key = kind.key("s3", config=value)
    twin = kind.key("s3", config=value)
    before = (hash(key), str(key), repr(key), repr(key.key))
    change(value)
    assert (hash(key), str(key), repr(key), repr(key.key)) == before
    assert key == twin


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}], ids=["list", "dict", "set"])
def test_changing_what_the_key_shows_does_not_change_the_key(kind, value):
    key = kind.key("s3", zone=value)
    shown = repr(key.key)
    part = dict(key.key[1])["zone"]
    if hasattr(part, "clear"):
        part.clear()
    assert repr(key.key) == shown
    assert key == kind.key("s3", zone=value)


@pytest.mark.parametrize("name", ["label", "key", "cache_type", "anything_else"])
def test_a_key_is_immutable(kind, name):
    key = kind.key("s3")
    with pytest.raises(AttributeError):
        setattr(key, name, "x")
    with pytest.raises(AttributeError):
        delattr(key, name)
    assert key.label == "'s3'"


def test_initialising_a_key_again_does_not_change_it(kind):
    key = kind.key("s3")
    before = (hash(key), str(key))
    with suppress(TypeError):
        key.__init__("sqs")
    assert (hash(key), str(key)) == before
    assert key == kind.key("s3")


def loop_of_lists():
    value = []
    value.append(value)
    return value


def loop_of_dicts():
    value = {}
    value["again"] = {"and": [value]}
    return value


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


# What repr() and the interpreter's own recursion guard can't follow.
ENDLESS = {
    "list in itself": loop_of_lists,
    "dict in itself": loop_of_dicts,
    "100,000 lists deep": lambda: deep(100_000),
    "Config of a loop": lambda: Config(s3=loop_of_dicts()),
}


@pytest.mark.parametrize("endless", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("name", ["zone", "config", "verify", "aws_session_token"])
def test_an_endless_option_is_an_error_that_names_the_parameter(kind, endless, name):
    with pytest.raises(kind.error, match=name) as caught:
        kind.key("s3", **{name: endless()})
    assert type(caught.value) is kind.error
    assert str(caught.value)
    assert repr(caught.value)


def test_an_option_nested_within_reason_is_no_error(kind):
    key = kind.key("s3", zone=deep(20))
    assert key == kind.key("s3", zone=deep(20))
    assert key != kind.key("s3", zone=deep(21))


def test_a_value_used_twice_is_no_loop(kind):
    part = [1]
    assert kind.key("s3", zone=[part, part, {"a": part}]) == kind.key("s3", zone=[[1], [1], {"a": [1]}])


@pytest.mark.parametrize("surplus", [1, 2, 50])
def test_more_positionals_than_the_signature_has_are_an_error(kind, surplus):
    count = len(kind.parameters) + surplus
    with pytest.raises(kind.error) as caught:
        kind.key(*["value"] * count)
    assert type(caught.value) is kind.error
    assert str(len(kind.parameters)) in str(caught.value)
    assert str(count) in str(caught.value)


def test_as_many_positionals_as_the_signature_has_are_no_error(kind):
    values = dict.fromkeys(kind.parameters, "value")
    assert kind.key(*values.values()) == kind.key(**values)


@pytest.mark.parametrize("name", ["service_name", "region_name", "use_ssl", "aws_session_token", "config"])
@pytest.mark.parametrize("again", ["hunter2", "other", None])
def test_a_parameter_given_twice_is_an_error_that_names_it(kind, name, again):
    values = {"service_name": "s3", "use_ssl": True, name: "hunter2"}
    with pytest.raises(kind.error, match=name) as caught:
        kind.key(*kind.positionally(**values), **{name: again})
    assert type(caught.value) is kind.error
    if name == "aws_session_token":
        assert "hunter2" not in f"{caught.value!s} {caught.value!r} {vars(caught.value)}"


def test_the_error_for_a_service_given_twice_shows_both(kind):
    with pytest.raises(kind.error) as caught:
        kind.key("s3", service_name="sqs")
    assert "service_name" in str(caught.value)
    assert "sqs" in str(caught.value)


def test_a_positional_none_does_not_count_as_given(kind):
    assert kind.key(None, service_name="s3") == kind.key("s3")
    assert kind.key("s3", None, region_name=None) == kind.key("s3")


def test_an_object_that_cannot_be_shown_does_not_bring_the_key_down(kind):
    class Unshowable:
        def __repr__(self):
            raise ZeroDivisionError

    thing = Unshowable()
    try:
        key = kind.key("s3", zone=thing)
        assert key == kind.key("s3", zone=thing)
        text = key.label
    except ZeroDivisionError:
        return
    assert text.startswith("'s3', zone=")


def test_an_error_of_fspath_reaches_the_caller(kind):
    class Lost:
        def __fspath__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        kind.key("s3", verify=Lost())


def test_an_option_that_changes_while_it_is_read_does_no_harm(kind):
    values = {"a": 1}

    class Meddler:
        def __fspath__(self):
            values.clear()
            values.update({str(number): number for number in range(100)})
            return "/ca"

    values["b"] = Meddler()
    values["c"] = 3
    with suppress(kind.error, RuntimeError):
        kind.key("s3", zone=values)
    assert len(values) == 100


def test_keyword_arguments_of_the_caller_are_left_alone(kind):
    options = {"region_name": "us-east-1", "max_size": 3, "eviction_policy": "LRU", "zone": [1]}
    before = dict(options)
    kind.key("s3", **options)
    assert options == before


def test_many_keywords_are_no_error(kind):
    options = {f"option_{number}": number for number in range(500)}
    key = kind.key("s3", **options)
    assert key == kind.key("s3", **dict(reversed(options.items())))
    assert key.label == ", ".join(["'s3'", *(f"{name}={value}" for name, value in sorted(options.items()))])


def test_a_long_option_is_no_error(kind):
    text = "x" * 1_000_000
    assert kind.key("s3", zone=text) == kind.key("s3", zone=text)
    assert kind.key("s3", zone=text) != kind.key("s3", zone=text + "y")
