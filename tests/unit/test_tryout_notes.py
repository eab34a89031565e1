"""What runs in a tried-out program's processes: the hook of imports, the notes, the environment."""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import threading
from itertools import product
from pathlib import Path

import pytest
from botocore.config import Config
from support.child import run_child

from boto3_client_cache import ClientCacheKey, ResourceCacheKey
from boto3_client_cache_tryout import watching
from boto3_client_cache_tryout.imports import when_imported
from boto3_client_cache_tryout.journal import Journal
from boto3_client_cache_tryout.records import Call, Gone, read
from boto3_client_cache_tryout.run import START, VARIABLE, Run, environment_outside


def test_what_runs_before_a_program_imports_neither_boto3_nor_what_gevent_patches():
    run_child("""
        import sys
        from boto3_client_cache_tryout import starting
        assert not {"boto3", "botocore", "ssl", "socket", "threading", "subprocess"} & sys.modules.keys()
    """)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Yield the name of a module that is there to be imported."""
    (tmp_path / "module_to_watch.py").write_text("import os\nvalue = 1\nif 'FAIL' in os.environ: 1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    yield "module_to_watch"
    sys.modules.pop("module_to_watch", None)


def test_a_callback_comes_right_after_the_import_and_leaves_no_trace(module):
    finders = sys.meta_path[:]
    seen = []
    when_imported(module, lambda found: seen.append((found, found.value)))
    imported = __import__(module)
    assert seen == [(imported, 1)]
    assert sys.meta_path == finders
    assert type(imported.__loader__).__name__ == "SourceFileLoader"
    assert imported.__loader__ is imported.__spec__.loader


def test_a_callback_comes_at_once_for_what_is_there():
    seen = []
    when_imported("sys", seen.append)
    assert seen == [sys]


def test_a_callback_comes_at_the_import_that_succeeds(module, monkeypatch):
    seen = []
    when_imported(module, seen.append)
    monkeypatch.setenv("FAIL", "yes")
    with pytest.raises(ZeroDivisionError):
        __import__(module)
    monkeypatch.delenv("FAIL")
    assert seen == []
    imported = __import__(module)
    assert seen == [imported]


def test_a_callback_comes_at_the_import_after_others_have_only_looked_whether_it_is_there(module):
    finders = sys.meta_path[:]
    seen = []
    when_imported(module, seen.append)
    for _ in range(2):
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.loader.get_data(spec.origin).startswith(b"import os")
    assert seen == []
    imported = __import__(module)
    assert seen == [imported]
    assert sys.meta_path == finders


class _AsksAllAgain:
    """A hook as wrapt's and ddtrace's: it asks all finders, those before it too."""

    def __init__(self):
        self.is_asking = False

    def find_spec(self, name, path=None, target=None):
        if self.is_asking or name != "module_to_watch":
            return None
        self.is_asking = True
        try:
            return importlib.util.find_spec(name)
        finally:
            self.is_asking = False


@pytest.mark.parametrize("place", [0, 1])
def test_a_callback_comes_once_beside_another_hook_of_imports(place, module):
    seen = []
    when_imported(module, seen.append)
    sys.meta_path.insert(place, _AsksAllAgain())
    imported = __import__(module)
    assert seen == [imported]
    assert type(imported.__spec__.loader).__name__ == type(imported.__loader__).__name__ == "SourceFileLoader"


def test_a_module_that_is_nowhere_stays_an_import_error():
    when_imported("no_module_of_this_name", lambda _: None)
    try:
        for _ in range(2):
            with pytest.raises(ModuleNotFoundError):
                __import__("no_module_of_this_name")
    finally:
        sys.meta_path.pop(0)


class Thing:
    """What has an end."""


def note_call(journal, thing, key="k", line="a.py:1 in f"):
    number, _ = journal.number_of_object(thing)
    numbers = journal.number_of("key", key, str), journal.number_of("line", line, str)
    journal.note("made", 1, "client", *numbers, 0.5, number, "sqs", None, 2)
    return number


def test_notes_are_read_as_they_were_written(tmp_path):
    journal = Journal(str(tmp_path))
    thing = Thing()
    number = note_call(journal, thing)
    note_call(journal, thing)
    del thing
    gc.collect()
    journal.close()
    journal.note("line", 99, "too late")
    (process,) = read(str(tmp_path))
    assert process.pid == os.getpid()
    assert [type(event) for event in process.events] == [Call, Call, Gone]
    assert [event.client for event in process.calls] == [number, number]
    assert list(process.keys.values()) == ["k"]
    assert list(process.lines.values()) == ["a.py:1 in f"]
    assert process.seconds > 0


def test_a_line_that_was_cut_off_is_passed_over(tmp_path):
    journal = Journal(str(tmp_path))
    note_call(journal, Thing())
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes() + b'[["made", 1, "cl')
    assert len(read(str(tmp_path))[0].calls) == 1


def test_threads_note_each_thing_once(tmp_path):
    journal = Journal(str(tmp_path))
    begin = threading.Barrier(8)

    def note():
        begin.wait()
        for number in range(50):
            note_call(journal, Thing(), key=f"k{number % 5}")

    threads = [threading.Thread(target=note) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    (process,) = read(str(tmp_path))
    assert len(process.calls) == 400
    assert len(process.keys) == 5
    assert {call.key for call in process.calls} == set(process.keys)
    assert len({call.client for call in process.calls}) == 400
    assert sum(isinstance(event, Gone) for event in process.events) == 400


def test_a_folder_that_is_gone_is_no_error_and_takes_no_memory(tmp_path):
    journal = Journal(str(tmp_path / "gone"))
    for _ in range(3000):
        note_call(journal, Thing())
    journal.close()
    assert len(journal._pending) < 200


def test_what_could_not_be_written_is_written_later(tmp_path):
    folder = tmp_path / "later"
    journal = Journal(str(folder))
    note_call(journal, Thing())
    folder.mkdir()
    note_call(journal, Thing())
    (process,) = read(str(folder))
    assert len(process.calls) == 2


PLAIN = {"region_name": "us-east-1", "verify": False}
CALLS = [
    {},
    {"region_name": "us-east-1"},
    {"region_name": "us-east-1", "use_ssl": True, "config": None},
    {"region_name": "us-east-1", "config": Config()},
    {"region_name": "us-east-1", "config": Config(region_name="us-east-1")},
    {"region_name": ""},
    {"use_ssl": None},
    {"use_ssl": False},
    {"use_ssl": 0},
    PLAIN,
    {**PLAIN, "verify": True},
    {**PLAIN, "verify": "True"},
    {**PLAIN, "verify": Path("True")},
    {**PLAIN, "api_version": "2012-11-05"},
    {**PLAIN, "aws_access_key_id": "one", "aws_secret_access_key": "two"},
    {**PLAIN, "aws_access_key_id": "one", "aws_secret_access_key": "three"},
    {**PLAIN, "endpoint_url": "http://me:password@localhost"},
    {**PLAIN, "endpoint_url": "http://me:another@localhost"},
]


@pytest.mark.parametrize(("asked", "key_type"), [("client", ClientCacheKey), ("resource", ResourceCacheKey)])
def test_calls_have_equal_numbers_where_they_have_equal_keys(asked, key_type, tmp_path):
    journal = Journal(str(tmp_path))
    numbers = [watching._number_of_key(journal, asked, ("sqs",), call) for call in CALLS]
    keys = [key_type("sqs", **call) for call in CALLS]
    for (number, key), (other_number, other_key) in product(zip(numbers, keys, strict=True), repeat=2):
        assert (number == other_number) == (key == other_key), (key, other_key)
    journal.note("done")
    (process,) = read(str(tmp_path))
    labels = [process.keys[number] for number in numbers]
    assert labels[1] == labels[2] == labels[3] == key_type("sqs", region_name="us-east-1").label
    for call, label in zip(CALLS[4:], labels[4:], strict=True):
        assert label == key_type("sqs", **call).label


@pytest.mark.parametrize("path", [None, "", "/one", f"/one{os.pathsep}/two", os.pathsep])
def test_an_environment_is_that_of_before_but_for_two_variables(path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if path is not None:
        monkeypatch.setenv("PYTHONPATH", path)
    before = {**os.environ}
    inside = Run("observe", 12, "/a folder").environment()
    assert {name for name in inside if inside[name] != before.get(name)} == {VARIABLE, "PYTHONPATH"}
    assert inside["PYTHONPATH"].split(os.pathsep)[0] == START
    monkeypatch.setattr(os, "environ", inside)
    assert Run.of_this_process() == Run("observe", 12, "/a folder")
    assert environment_outside() == {name: before[name] for name in before if name != "PYTHONPATH" or before[name]}


@pytest.mark.parametrize("value", ["", "observe", "observe x /folder", "observe 12 "])
def test_a_variable_of_somebody_elses_is_no_run(value, monkeypatch):
    monkeypatch.setenv(VARIABLE, value)
    assert Run.of_this_process() is None
