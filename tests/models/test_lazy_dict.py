"""A view is a dict to whatever is done with it."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import subprocess
import sys
from collections import ChainMap, OrderedDict
from pathlib import Path
from typing import Any

import pytest

from boto3_client_cache import _core
from boto3_client_cache.lean.models import SharedFileLoader

from .conftest import write_model

# More and longer items than a small dict has, at every level, so that each is a view.
DATA: dict[str, Any] = {
    "list": [1, {"deep": [{"a": 1, "b": [], "text": "x" * 200}]}, "é", None],
    "name": "thing",
    "empty": {},
    "nothing": None,
    "truth": True,
    "lie": False,
    "integer": 3,
    "large": 2**40,
    "larger": 2**63 + 5,
    "negative": -7,
    "float": 1.5,
    "zero": -0.0,
    "": "the empty key",
    "ключ": '\u0000\n"\\ 😀',
    "nested": {"one": {"two": {"three": {"four": 4, "long": "y" * 300}}}, "x": [[], [[]], {}]},
}
TEXT = json.dumps(DATA, ensure_ascii=False)  # with escaped surrogates it would be left to json


@pytest.fixture
def view(tmp_path: Path) -> Any:
    write_model(tmp_path, TEXT)
    return SharedFileLoader().load_file(str(tmp_path / "thing/2020-01-01/service-2"))


def test_is_a_dict_and_not_parsed_by_json(view: Any) -> None:
    assert isinstance(view, dict)
    assert type(view) is _core.LazyDict
    assert type(view["nested"]) is _core.LazyDict


def keywords(**items: Any) -> dict[str, Any]:
    return items


def assert_same(ours: Any, theirs: Any) -> None:
    """Equal in value, class and order, all the way down, by key and by iteration."""
    if isinstance(theirs, dict):
        assert isinstance(ours, dict)
        for key in theirs:
            assert_same(ours[key], theirs[key])
        assert len(ours) == len(theirs)
        assert list(ours.items()) == list(theirs.items())
    elif isinstance(theirs, list):
        assert type(ours) is list
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    else:
        assert type(ours) is type(theirs)
        assert repr(ours) == repr(theirs)


def test_every_value_is_what_json_makes_of_it(view: Any) -> None:
    assert_same(view, DATA)


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(dict, id="dict()"),
        pytest.param(lambda view: {**view}, id="unpacking"),
        pytest.param(lambda view: dict(view.items()), id="items"),
        pytest.param(lambda view: keywords(**view), id="keyword arguments"),
        pytest.param(lambda view: view | {}, id="or"),
        pytest.param(lambda view: {} | view, id="ror"),
        pytest.param(lambda view: view.copy(), id="copy method"),
        pytest.param(copy.copy, id="copy.copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(lambda view: pickle.loads(pickle.dumps(view)), id="pickle"),
        pytest.param(lambda view: pickle.loads(pickle.dumps(view, 0)), id="pickle protocol 0"),
        pytest.param(lambda view: json.loads(json.dumps(view)), id="json"),
        pytest.param(lambda view: json.loads(json.dumps(view, indent=1)), id="indented json"),
        pytest.param(lambda view: json.loads(json.dumps({"x": view}))["x"], id="json inside a dict"),
        pytest.param(lambda view: json.loads(json.dumps([view]))[0], id="json inside a list"),
        pytest.param(lambda view: dict(zip(view, view.values(), strict=True)), id="iteration"),
        pytest.param(lambda view: dict(reversed(list(reversed(view.items())))), id="reversed"),
        pytest.param(lambda view: {key: view[key] for key in view}, id="keys one by one"),
        pytest.param(lambda view: {key: view.get(key) for key in DATA}, id="get"),
        pytest.param(lambda view: eval(repr(view)), id="repr"),
        pytest.param(lambda view: dict(ChainMap(view)), id="ChainMap"),
        pytest.param(OrderedDict, id="OrderedDict()"),
    ],
)
@pytest.mark.parametrize("read_before", [(), ("nested", "list"), tuple(DATA)], ids=["unread", "partly", "read"])
def test_whole_container_operations_see_everything_in_file_order(
    view: Any, whole: Any, read_before: tuple[str, ...]
) -> None:
    for key in reversed(read_before):
        view[key]
    result = whole(view)
    assert result == DATA
    assert list(result) == list(DATA)


def test_update_and_keyword_merge_take_everything(view: Any) -> None:
    target: dict[str, Any] = {"first": 0}
    target.update(view)
    assert target == {"first": 0, **DATA}
    target = {}
    target |= view
    assert target == DATA
    assert list(dict.fromkeys(view)) == list(DATA)


def test_equality_holds_on_either_side_and_tells_differences(view: Any, tmp_path: Path) -> None:
    again = SharedFileLoader().load_file(str(tmp_path / "thing/2020-01-01/service-2"))
    assert view == again
    assert view == DATA
    plain_first: Any = DATA
    assert plain_first == SharedFileLoader().load_file(str(tmp_path / "thing/2020-01-01/service-2"))
    assert view == OrderedDict(DATA)
    view["nested"]["one"]["two"]["three"]["four"] = 5
    assert view != again
    assert again != view
    assert plain_first != view
    assert (view == 3) is False
    with pytest.raises(TypeError, match="not supported between"):
        assert view < again


def test_lookup_misses_as_a_dict_does(view: Any) -> None:
    with pytest.raises(KeyError) as error:
        view["missing"]
    assert error.value.args == ("missing",)
    with pytest.raises(KeyError) as error:
        view["a", "b"]
    assert error.value.args == (("a", "b"),)
    assert view.get("missing") is None
    assert view.get("missing", 7) == 7
    assert "missing" not in view
    assert "\ud800" not in view
    assert 3 not in view
    assert view.get(3) is None
    for attempt in (lambda: view[[]], lambda: [] in view, lambda: view.get([]), lambda: hash(view)):
        with pytest.raises(TypeError, match="unhashable"):
            attempt()
    with pytest.raises(TypeError):
        view.get()
    with pytest.raises(TypeError):
        view.get(1, 2, 3)


def test_a_str_subclass_finds_what_its_hash_and_equality_find(view: Any) -> None:
    class Name(str):
        __slots__ = ()

    assert view[Name("name")] == "thing"
    assert Name("name") in view


def test_length_and_truth_need_no_reading(view: Any) -> None:
    assert len(view) == len(DATA)
    assert view
    assert not view["empty"]


def test_containers_are_the_same_object_every_time(view: Any) -> None:
    nested, inside = view["nested"], view["list"][1]
    assert view["nested"] is nested
    assert view.get("nested") is nested
    list(view)
    assert view["nested"] is nested
    assert view["list"][1] is inside
    assert dict(view)["nested"] is nested


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda d: d.__setitem__("new", 1), id="new item"),
        pytest.param(lambda d: d.__setitem__("name", {"x": 1}), id="replaced item"),
        pytest.param(lambda d: d.__delitem__("name"), id="deleted item"),
        pytest.param(lambda d: d.pop("nested"), id="pop"),
        pytest.param(lambda d: d.pop("missing", None), id="pop with default"),
        pytest.param(lambda d: d.popitem(), id="popitem"),
        pytest.param(lambda d: d.clear(), id="clear"),
        pytest.param(lambda d: d.update(a=1, name=2), id="update"),
        pytest.param(lambda d: d.update({"a": 1}), id="update from a dict"),
        pytest.param(lambda d: d.setdefault("name", 9), id="setdefault of a present key"),
        pytest.param(lambda d: d.setdefault("new", []).append(1), id="setdefault of a missing key"),
        pytest.param(lambda d: d.__ior__({"a": 1}), id="in-place or"),
        pytest.param(lambda d: d["nested"]["one"].__setitem__("x", 1), id="nested item"),
        pytest.param(lambda d: d["list"].append(1), id="list append"),
        pytest.param(lambda d: d["list"][1]["deep"].clear(), id="list inside"),
        pytest.param(lambda d: d.__setitem__(3, "three"), id="key that is no string"),
    ],
)
def test_a_write_does_what_it_does_to_a_dict(view: Any, write: Any, tmp_path: Path) -> None:
    expected = copy.deepcopy(DATA)
    write(expected)
    write(view)
    assert view == expected
    assert list(view) == list(expected)
    assert len(view) == len(expected)
    untouched = SharedFileLoader().load_file(str(tmp_path / "thing/2020-01-01/service-2"))
    assert untouched == DATA, "a write showed in another view"


def test_match_binds_keys_and_the_rest(view: Any) -> None:
    match view:
        case {"name": str(name), "nested": {"x": [[], *_]}, **rest}:
            assert name == "thing"
            assert list(rest) == [key for key in DATA if key not in {"name", "nested"}]
        case _:
            pytest.fail("no match")


def test_a_view_that_contains_itself_can_be_copied_and_pickled(view: Any) -> None:
    view["self"] = view
    copied = copy.deepcopy(view)
    assert copied["self"] is copied
    restored = pickle.loads(pickle.dumps(view))
    assert restored["self"] is restored


def test_copies_are_plain_dicts(view: Any) -> None:
    assert type(copy.copy(view)) is dict
    assert type(copy.deepcopy(view)["nested"]) is dict
    assert type(view.copy()) is dict


def test_iteration_notices_a_change_of_size(view: Any) -> None:
    iterator = iter(view)
    next(iterator)
    view["new"] = 1
    with pytest.raises(RuntimeError, match="changed size"):
        next(iterator)


def test_iteration_ends_for_good(view: Any) -> None:
    iterator = iter(view)
    assert list(iterator) == list(DATA)
    view["new"] = 1
    assert list(iterator) == []


def test_iterating_and_copying_made_every_item(view: Any) -> None:
    assert list(view) == list(DATA)
    copied = view.copy()
    assert dict.__len__(view) < len(view)
    assert list(copied.items()) == list(view.items())
    assert all(copied[key] is view[key] for key in DATA if isinstance(DATA[key], dict | list))


def test_reading_while_iterating_is_no_change(view: Any) -> None:
    assert [key for key in view if view[key] is view.get(key) or True] == list(DATA)


def test_dict_views_follow_later_writes(view: Any) -> None:
    keys, items = view.keys(), view.items()
    view["new"] = 1
    assert "new" in keys
    assert ("new", 1) in items


def test_a_raw_read_from_c_finds_fewer_items_but_never_a_wrong_one(view: Any) -> None:
    # What no subclass can prevent: dict's own methods, called past the subclass.
    for key, value in dict.items(view):
        assert value == DATA[key]
    assert dict.get(view, "missing") is None


def test_called_as_a_type_it_makes_an_ordinary_dict() -> None:
    made = _core.LazyDict(a=1)
    made["b"] = 2
    assert made == {"a": 1, "b": 2}
    assert _core.LazyDict() == {}
    assert _core.LazyDict.fromkeys("ab", 0) == {"a": 0, "b": 0}


@pytest.mark.parametrize("through_iterator", [False, True])
def test_cycles_through_views_are_collected(tmp_path: Path, *, through_iterator: bool) -> None:
    write_model(tmp_path, TEXT)
    view = SharedFileLoader().load_file(str(tmp_path / "thing/2020-01-01/service-2"))

    class Marker:
        alive = True

        def __del__(self) -> None:
            Marker.alive = False

    assert type(view) is _core.LazyDict
    if through_iterator:
        view["list"].extend((iter(view), Marker()))
    else:
        view["cycle"] = [view, Marker()]
    del view
    gc.collect()
    assert not Marker.alive


def test_a_list_of_a_file_is_a_list(tmp_path: Path) -> None:
    write_model(tmp_path, [DATA, [DATA]], "list")
    loaded = SharedFileLoader().load_file(str(tmp_path / "list"))
    assert type(loaded) is list
    assert_same(loaded, [DATA, [DATA]])


def lazy_dicts() -> int:
    gc.collect()
    return sum(type(thing) is _core.LazyDict for thing in gc.get_objects())


def test_a_view_that_contains_itself_is_collected(tmp_path: Path) -> None:
    write_model(tmp_path, TEXT)
    before = lazy_dicts()
    for _ in range(20):
        view = SharedFileLoader().load_file(str(tmp_path / "thing/2020-01-01/service-2"))
        view["me"] = view
    del view
    assert lazy_dicts() == before


def test_a_long_chain_is_dropped_without_overflowing_the_stack() -> None:
    code = """
from boto3_client_cache import _core
chain = None
for _ in range(300_000):
    chain = _core.LazyDict(inner=chain)
del chain
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_items_given_to_init_are_added_as_to_a_dict(view: Any) -> None:
    view.__init__({"new": 1}, name=2)
    assert view == {**DATA, "new": 1, "name": 2}
    assert list(view) == [*DATA, "new"]
    with pytest.raises(TypeError, match="expected at most 1 argument"):
        view.__init__({}, {})


def test_items_written_past_the_type_stay(view: Any) -> None:
    dict.__setitem__(view, "new", 1)
    dict.update(view, {3: "three", "name": 2})
    assert "new" in view
    assert 3 in view
    assert dict(view) == {**DATA, "new": 1, 3: "three", "name": 2}
    assert len(view) == len(DATA) + 2
