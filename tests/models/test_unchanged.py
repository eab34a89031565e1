"""Is a view as its file has it? What was read of it tells."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from boto3_client_cache import _core
from boto3_client_cache.lean.models import SharedLoader

from .conftest import write_model

DATA = {"a": [{"b": {"c": 1, "text": "x" * 200}}], "n": 1.5, "text": "x" * 200, "deep": {"é": {"k": 1, "l": 2}}}


@pytest.fixture
def view(tmp_path: Path) -> Any:
    write_model(tmp_path, DATA, "x")
    return SharedLoader([str(tmp_path)]).load_data("x")


@pytest.mark.parametrize("is_read", [False, True])
def test_a_view_that_was_only_read_is_unchanged(view: Any, is_read: bool) -> None:
    if is_read:
        assert view == DATA
        view["deep"].items()
    assert _core.is_unchanged(view)
    assert _core.is_unchanged(view, [("deep", None, "k")])


CHANGES: dict[str, Any] = {
    "a value": lambda view: view.update(n=2.5),
    "an item of a list": lambda view: view["a"].append(1),
    "a value of another type": lambda view: view["a"][0]["b"].update(c=True),
    "a string": lambda view: view["a"][0]["b"].update(text="y"),
    "the order": lambda view: view.update(n=view.pop("n")),
    "a whole dict": lambda view: view["a"].__setitem__(0, {"b": {}}),
    "a new key": lambda view: view["deep"].update(new=1),
    "a key less": lambda view: view["deep"].popitem(),
    "past the methods": lambda view: dict.update(view["deep"], {"new": 1}),
    "a key that is no string": lambda view: view["deep"].update({1: 1}),
    "a key that no file has": lambda view: view["deep"].update({"\ud800": 1}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("is_read", [False, True])
def test_every_change_is_seen(view: Any, change: Any, is_read: bool) -> None:
    if is_read:
        assert view == DATA
    change(view)
    assert not _core.is_unchanged(view)
    assert not _core.is_unchanged(view, [("deep", "no-such", "k"), ("no-such",)])


@pytest.mark.parametrize("is_read", [False, True])
def test_what_lies_at_an_exempt_path_may_be_anything(view: Any, is_read: bool) -> None:
    if is_read:
        assert view == DATA
    for change in (
        lambda: view["deep"]["é"].update(k=2),
        lambda: view["deep"]["é"].pop("k"),
        lambda: view["deep"]["é"].update(k={"more": []}),
    ):
        change()
        assert not _core.is_unchanged(view)
        assert _core.is_unchanged(view, [("deep", "é", "k")])
        assert _core.is_unchanged(view, [("x",), ("deep", None, "k")])
        assert _core.is_unchanged(view, [("deep",)])
        assert not _core.is_unchanged(view, [("deep", "é", "l")])
        assert not _core.is_unchanged(view, [("deep", "é", "k", "more")])
    view["deep"]["é"]["l"] = 3
    assert not _core.is_unchanged(view, [("deep", None, "k")])
    assert _core.is_unchanged(view, [("deep", None, "k"), ("deep", "é", "l")])
    view["new"] = 1
    assert _core.is_unchanged(view, [("deep",), ("new",)])


def test_a_part_of_a_view_and_what_is_none_have_no_document(view: Any) -> None:
    assert _core.document(view) is not None
    for other in (view["a"][0], view["deep"], dict(view), {}, None, 1):
        assert _core.document(other) is None


def test_a_document_gives_views_and_plain_data_of_the_file(view: Any) -> None:
    document = _core.document(view)
    view["n"] = 2
    other = _core.view_of(document)
    assert other == DATA == _core.plain(document)
    assert type(other) is type(view)
    assert {type(each) for each in (_core.plain(document), _core.plain(document)["deep"])} == {dict}
    with pytest.raises(ValueError, match="PyCapsule"):
        _core.view_of(view)


def test_while_others_write_the_answer_is_no_crash_and_the_last_word_is_theirs(view: Any) -> None:
    stop = threading.Event()

    def write(key: str) -> None:
        while not stop.is_set():
            view["deep"][key] = [{}]
            view["a"].append({key: view["deep"].pop(key)})
            view["a"].pop()

    threads = [threading.Thread(target=write, args=(key,)) for key in "xyz"]
    for thread in threads:
        thread.start()
    for _ in range(3_000):
        _core.is_unchanged(view, [("deep", None, "k")])
    stop.set()
    for thread in threads:
        thread.join()
    assert view == DATA
    assert _core.is_unchanged(view)
    view["deep"]["last"] = 1
    assert not _core.is_unchanged(view)
