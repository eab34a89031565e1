"""Which calls are the same call: binding to boto3's signature, defaults, kinds of value."""

import enum
import os
from pathlib import Path, PurePosixPath

import botocore
import pytest
from botocore.config import Config
from support.ids import name_of


def same(kind, one, other):
    """Compare two spellings of a call, both ways round; equal keys must hash alike."""
    first, second = (kind.key(*args, **kwargs) for args, kwargs in (one, other))
    equal = first == second
    assert (second == first) is equal
    assert (first != second) is not equal
    assert {first: None}.keys().isdisjoint({second}) is not equal
    if equal:
        assert hash(first) == hash(second)
    return equal


def call(*args, **kwargs):
    return args, kwargs


SAME = {
    "service by position or keyword": (call("s3"), call(service_name="s3")),
    "region by position or keyword": (call("s3", "us-east-1"), call("s3", region_name="us-east-1")),
    "keywords in any order": (call("s3", verify=False, region_name="r"), call("s3", region_name="r", verify=False)),
    "trailing None positionals": (call("s3"), call("s3", None, None)),
    "None keywords of boto3": (call("s3"), call("s3", verify=None, endpoint_url=None, config=None)),
    "use_ssl=True is the default": (call("s3"), call("s3", use_ssl=True)),
    "use_ssl=True by position": (call("s3"), call("s3", None, None, True)),
    "positional None, then the keyword": (call("s3", None, region_name="r"), call("s3", region_name="r")),
    "positional None, then its default": (call("s3", None, None, None, use_ssl=True), call("s3")),
    "empty Config": (call("s3"), call("s3", config=Config())),
    "a list twice": (call("s3", zone=[1, "a", None]), call("s3", zone=[1, "a", None])),
    "a dict in any order": (call("s3", zone={"a": 1, "b": 2}), call("s3", zone={"b": 2, "a": 1})),
    "a set in any order": (call("s3", zone={"a", "b", 1, None}), call("s3", zone={None, 1, "b", "a"})),
    "a nested dict in any order": (call("s3", z=[{"a": {1: 2, "x": 3}}]), call("s3", z=[{"a": {"x": 3, 1: 2}}])),
    "big integers": (call("s3", zone=2**100), call("s3", zone=2**100)),
    "floats": (call("s3", zone=0.1), call("s3", zone=0.1)),
    "bytes": (call("s3", zone=b"\0a"), call("s3", zone=b"\0a")),
    "UNSIGNED": (call("s3", zone=botocore.UNSIGNED), call("s3", zone=botocore.UNSIGNED)),
    "equal paths": (call("s3", verify=Path("/ca.pem")), call("s3", verify=Path("/ca.pem"))),
}

DIFFERENT = {
    "service": (call("s3"), call("sqs")),
    "region": (call("s3", "us-east-1"), call("s3", "us-west-2")),
    "use_ssl=None means no TLS": (call("s3", use_ssl=None), call("s3")),
    "use_ssl=None by position": (call("s3", None, None, None), call("s3")),
    "use_ssl=False": (call("s3", use_ssl=False), call("s3")),
    "use_ssl=None and False": (call("s3", use_ssl=None), call("s3", use_ssl=False)),
    "same value, other parameter": (call("s3", region_name="x"), call("s3", api_version="x")),
    "unknown keyword": (call("s3", zone=1), call("s3")),
    "unknown keyword of None": (call("s3", zone=None), call("s3")),
    "None service and no keyword": (call(region_name="r"), call("r")),
    "order of a list": (call("s3", zone=[1, 2]), call("s3", zone=[2, 1])),
    "str and bytes": (call("s3", zone="a"), call("s3", zone=b"a")),
    "str and int": (call("s3", zone="7"), call("s3", zone=7)),
    "None and its name": (call("s3", zone="None"), call("s3", verify="None")),
    "empty kinds": (call("s3", zone=[]), call("s3", zone={})),
    "text cut elsewhere": (call("s3", zone=["ab", "c"]), call("s3", zone=["a", "bc"])),
    "nested elsewhere": (call("s3", zone=[[1], 2]), call("s3", zone=[[1, 2]])),
    "shown alike": (call("s3", zone="a', b='c"), call("s3", zone="a", b="c")),
    "nul inside": (call("s3", zone="a\0b"), call("s3", zone="a")),
    "lone surrogates": (call("s3", zone="\udc80"), call("s3", zone="\udc81")),
    "normal forms": (call("s3", zone="\u00e9"), call("s3", zone="e\u0301")),
    "big integers": (call("s3", zone=2**100), call("s3", zone=2**100 + 1)),
    "integers one machine word apart": (call("s3", zone=1), call("s3", zone=1 + 2**64)),
    "signs": (call("s3", zone=2**63), call("s3", zone=-(2**63))),
    "paths and their text": (call("s3", verify=Path("/ca.pem")), call("s3", verify="/ca.pem")),
    "kinds of path": (call("s3", verify=Path("/ca.pem")), call("s3", verify=PurePosixPath("/ca.pem"))),
    "UNSIGNED and its name": (call("s3", zone=botocore.UNSIGNED), call("s3", zone="UNSIGNED")),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_call_is_the_same_key(kind, one, other):
    assert same(kind, one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_another_call_is_another_key(kind, one, other):
    assert not same(kind, one, other)


KINDS_OF_CONTAINER = [
    {"a": 1},
    [("a", 1)],
    [["a", 1]],
    (("a", 1),),
    (["a", 1],),
    {("a", 1)},
    "{'a': 1}",
]


def test_containers_of_different_kinds_never_compare_equal(kind):
    keys = [kind.key("s3", zone=value) for value in KINDS_OF_CONTAINER]
    assert len(set(keys)) == len(KINDS_OF_CONTAINER)


def test_every_parameter_counts_and_counts_alike_in_both_spellings(kind):
    keys = set()
    for name in kind.parameters:
        values = {"service_name": "s3", name: "value"}
        key = kind.key(**values)
        assert key == kind.key(*kind.positionally(**values))
        keys.add(key)
    assert len(keys) == len(kind.parameters)


def test_a_keyword_built_at_run_time_binds_like_a_literal_one(kind):
    class Name(str):
        __slots__ = ()

    literal = kind.key("s3", region_name="us-east-1")
    assert kind.key("s3", **{"_".join(["region", "name"]): "us-east-1"}) == literal
    assert kind.key("s3", **{Name("region_name"): "us-east-1"}) == literal


def test_a_client_key_never_equals_a_resource_key(kind):
    assert kind.key("s3") != kind.other.key("s3")
    assert len({kind.key("s3"), kind.other.key("s3")}) == 2


@pytest.mark.parametrize("stranger", ["'s3'", ("s3",), (("s3",), ()), None, 3, object()], ids=name_of)
def test_a_key_equals_nothing_but_a_key(kind, stranger):
    key = kind.key("s3")
    assert key != stranger
    assert stranger != key
    assert key.__eq__(stranger) is NotImplemented


def test_a_comparison_is_left_to_the_other_side_when_it_knows_better(kind):
    class Anything:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert kind.key("s3") == Anything()


def test_keys_have_no_order(kind):
    with pytest.raises(TypeError):
        kind.key("s3") < kind.key("sqs")  # noqa: B015


class Colour(enum.Enum):
    RED = "red"


class Shade(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 3


class Word(str):
    __slots__ = ()


class Count(int):
    pass


class Certificate(os.PathLike):
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


class Bundle(Certificate):
    pass


TYPED = {
    "enum": (Colour.RED, Colour("red"), [Shade.RED, "red"]),
    "int enum": (Level.LOW, Level(3), [3, Count(3)]),
    "str subclass": (Word("a"), Word("a"), ["a", Word("b")]),
    "int subclass": (Count(3), Count(3), [3, Count(4), Level.LOW]),
    "path": (Certificate("/ca"), Certificate("/ca"), ["/ca", Certificate("/cb"), Bundle("/ca"), Path("/ca")]),
}


@pytest.mark.parametrize(("value", "twin", "others"), TYPED.values(), ids=TYPED)
def test_typed_values_count_by_qualified_type_and_value(kind, value, twin, others):
    assert same(kind, call("s3", zone=value), call("s3", zone=twin))
    assert same(kind, call("s3", zone=[value]), call("s3", zone=[twin]))
    for other in others:
        assert not same(kind, call("s3", zone=value), call("s3", zone=other))
