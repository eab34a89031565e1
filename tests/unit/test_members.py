"""What stands under names of modules and classes is compared by identity, also where nothing stands."""

from __future__ import annotations

from typing import Any

import pytest

from boto3_client_cache import _core


@pytest.fixture
def module() -> dict[str, Any]:
    class Found:
        def one(self) -> None: ...
        def other(self) -> None: ...

    return {"Found": Found, "function": lambda: None}


def put(found: Any) -> Any:
    return lambda module: module.update(Found=found)


CHANGES = {
    "member replaced": (True, lambda module: setattr(module["Found"], "one", lambda self: None)),
    "member added": (True, lambda module: setattr(module["Found"], "more", None)),
    "member removed": (True, lambda module: delattr(module["Found"], "other")),
    "members in another order": (True, lambda module: swap(module["Found"])),
    "class replaced": (True, put(type("Found", (), {}))),
    "class replaced by what is none": (True, put(lambda: None)),
    "class removed": (True, lambda module: module.pop("Found")),
    "method replaced": ("one", lambda module: setattr(module["Found"], "one", lambda self: None)),
    "method removed": ("one", lambda module: delattr(module["Found"], "one")),
    "method's class replaced by what is none": ("one", put(None)),
    "what has no members replaced": (None, put(None)),
}


def swap(found: type) -> None:
    one = vars(found)["one"]
    del found.one  # type: ignore[attr-defined]
    found.one = one  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_and_seen_to_be_undone_where_it_is(change: str, module: dict[str, Any]) -> None:
    inner, make = CHANGES[change]
    places = ((module, "function", None), (module, "Found", inner))
    then = _core.members_at(places)
    assert _core.are_members_at(places, then)
    found = module["Found"]
    make(module)
    assert not _core.are_members_at(places, then)
    assert not _core.are_members_at(places, _core.members_at(places)[:-1])
    assert _core.are_members_at(places, _core.members_at(places))
    if module.get("Found") is not found:
        module["Found"] = found
        assert _core.are_members_at(places, then)


def test_a_class_with_another_version_is_compared_by_its_members(module: dict[str, Any]) -> None:
    places = ((module, "Found", True),)
    then = _core.members_at(places)
    found = module["Found"]
    one = vars(found)["one"]
    found.one = None
    assert not _core.are_members_at(places, then)
    found.one = one
    assert _core.are_members_at(places, then)


def test_what_another_place_holds_is_not_looked_at(module: dict[str, Any]) -> None:
    places = ((module, "Found", "one"), (module, "missing", True), (module, "function", "missing"))
    then = _core.members_at(places)
    assert then == (vars(module["Found"])["one"], module["Found"], None, None, None, module["function"])
    module["Found"].other = None
    module["more"] = None
    assert _core.are_members_at(places, then)


@pytest.mark.parametrize("place", [(), ({}, "name"), ([], "name", None), [{}, "name", None]])
def test_what_is_no_place_is_refused(place: Any) -> None:
    with pytest.raises(TypeError, match="a place is"):
        _core.members_at((place,))
