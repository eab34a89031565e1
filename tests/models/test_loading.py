"""A shared loader finds what botocore's finds, in whatever the search paths are, and raises what that raises."""

from __future__ import annotations

import gzip
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader, Loader

from boto3_client_cache.lean.models import SharedLoader

FILES = {
    "one/plain/2020-01-01/service-2.json": '{"in": "one"}',
    "one/plain/2021-01-01/service-2.json": '{"in": "one, later"}',
    "one/plain/2022-01-01/other-1.json": '{"in": "one, another"}',
    "one/both/2020-01-01/service-2.json": '{"in": "json"}',
    "one/both/2020-01-01/service-2.json.gz": '{"in": "gzip"}',
    "one/flat/service-2.json": '{"in": "no version"}',
    "one/file": "",
    "one/damaged/2020-01-01/service-2.json": '{"in": ',
    "one/null/2020-01-01/service-2.json": "null",
    "one/data.json": '{"in": "one"}',
    "one/Upper/2020-01-01/service-2.json": '{"in": "upper"}',
    "two/plain/2020-06-01/service-2.json": '{"in": "two"}',
    "two/plain/2023-01-01/other-1.json.gz": '{"in": "two, another"}',
    "two/null/2020-01-01/service-2.json": '{"in": "behind null"}',
    "two/data.json.gz": '{"in": "two"}',
    "two/more.json.gz": '{"in": "more"}',
    "two/file/2020-01-01/service-2.json": '{"in": "behind a file"}',
    "two/r\u00e9sum\u00e9/2020-01-01/service-2.json": '{"in": "beyond ASCII"}',
}
PATHS: dict[str, list[Any]] = {
    "none": [],
    "one": ["{}/one"],
    "two": ["{}/one", "{}/two"],
    "two, the other way": ["{}/two", "{}/one"],
    "with slashes": ["{}/one/", "{}//two//"],
    "missing": ["{}/missing", "{}/two"],
    "a file": ["{}/one/file", "{}/two"],
    "empty": ["", "{}/two"],
    "relative": ["one", "{}/two"],
    "by a link": ["{}/link/../two", "{}/link"],
    "with a null character": ["{}/o\0ne", "{}/two"],
    "no text": [Path("{}/one"), "{}/two"],
}
SERVICES = [
    "plain",
    "both",
    "flat",
    "file",
    "damaged",
    "null",
    "Upper",
    "upper",
    "missing",
    "r\u00e9sum\u00e9",
    "",
    ".",
    "..",
    "plain/2020-01-01",
    "/",
    "pl\0ain",
    "\udc00",
    "\ud800",
]
NAMES = [
    "data",
    "more",
    "plain/2020-01-01/service-2",
    "null/2020-01-01/service-2",
    "damaged/2020-01-01/service-2",
    "both/2020-01-01/service-2",
    "file",
    "missing",
    "",
    ".",
    "../two/more",
    "/",
    "da\0ta",
    "\ud800",
    None,
    7,
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    (tmp_path / "one/dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "far/below").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far/below")
    (tmp_path / "far/two").symlink_to(tmp_path / "two")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaders(folder: Path, paths: str) -> list[Any]:
    filled = [
        Path(str(path).format(folder)) if isinstance(path, Path) else path.format(folder) if type(path) is str else path
        for path in PATHS[paths]
    ]
    return [cls(list(filled), include_default_search_paths=False) for cls in (Loader, SharedLoader)]


def outcome(call: Any, *args: Any) -> Any:
    try:
        return call(*args)
    except Exception as error:  # the exception is what is compared
        return type(error), str(error)


@pytest.mark.parametrize("paths", PATHS)
@pytest.mark.parametrize("service", SERVICES)
def test_versions_and_models_of_services_are_found_where_botocore_finds_them(
    folder: Path, paths: str, service: str
) -> None:
    for type_name in ("service-2", "other-1", "missing-1", "/", "ty\0pe"):
        botocores, ours = loaders(folder, paths)
        for name in ("list_api_versions", "determine_latest_version", "load_service_model"):
            theirs = outcome(getattr(botocores, name), service, type_name)
            assert outcome(getattr(ours, name), service, type_name) == theirs, (name, type_name)


@pytest.mark.parametrize("paths", PATHS)
@pytest.mark.parametrize("name", NAMES)
def test_files_are_found_where_botocore_finds_them(
    folder: Path, paths: str, name: Any, caplog: pytest.LogCaptureFixture
) -> None:
    botocores, ours = loaders(folder, paths)
    told = []
    with caplog.at_level(logging.DEBUG, "botocore.loaders"):
        for loader in (botocores, ours):
            caplog.clear()
            told.append((outcome(loader.load_data_with_path, name), [os.path.abspath(m) for m in messages(caplog)]))
            assert outcome(loader.load_data_with_path, name) == told[-1][0]
    assert told[1] == told[0]


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.args[0]) for record in caplog.records if record.args]


def test_what_was_found_once_stays_the_same_object(folder: Path) -> None:
    _, loader = loaders(folder, "two")
    model, path = loader.load_data_with_path("data")
    assert path == f"{folder}/one/data"
    (folder / "one/data.json").write_text('{"in": "another"}')
    assert loader.load_data("data") is model
    assert loader.load_data_with_path("data")[0] is model


def test_versions_that_were_found_once_are_kept_as_botocore_keeps_them(folder: Path) -> None:
    outcomes = []
    for loader in loaders(folder, "two"):
        before = loader.list_api_versions("plain", "service-2")
        new = folder / "two/plain/2030-01-01"
        new.mkdir()
        (new / "service-2.json").write_text("{}")
        outcomes.append(
            (
                before,
                loader.list_api_versions("plain", "service-2"),
                loader.determine_latest_version("plain", "service-2"),
            )
        )
        (new / "service-2.json").unlink()
        new.rmdir()
    assert outcomes[0] == outcomes[1]


def test_a_new_version_is_found_by_the_next_session(folder: Path) -> None:
    _, before = loaders(folder, "two")
    assert before.load_service_model("plain", "service-2") == {"in": "one, later"}
    new = folder / "two/plain/2030-01-01"
    new.mkdir()
    (new / "service-2.json").write_text('{"in": "new"}')
    _, after = loaders(folder, "two")
    assert after.load_service_model("plain", "service-2") == {"in": "new"}
    assert before.load_service_model("plain", "service-2") == {"in": "one, later"}


def test_a_file_loader_of_the_callers_is_asked_as_botocore_asks_it(folder: Path) -> None:
    class Noting(JSONFileLoader):
        def __init__(self) -> None:
            self.asked: list[tuple[str, str]] = []

        def exists(self, file_path: str) -> Any:
            self.asked.append(("exists", file_path))
            return super().exists(file_path)

        def load_file(self, file_path: str) -> Any:
            self.asked.append(("load_file", file_path))
            return super().load_file(file_path)

    asked = []
    for cls in (Loader, SharedLoader):
        noting: Any = Noting()
        paths = [str(folder / "one"), str(folder / "two")]
        loader = cls(paths, file_loader=noting, include_default_search_paths=False)
        assert loader.list_api_versions("plain", "service-2")
        assert loader.load_data("more")
        asked.append(noting.asked)
    assert asked[0] == asked[1]
