"""The hot paths of the page are written from benchmarks/figures: one table of all CPythons, the rest folded."""

import dataclasses
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hot_paths():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import hot_paths
    finally:
        sys.path.pop(0)
    return hot_paths


@pytest.fixture
def kept(hot_paths):
    return hot_paths.load_all()


def test_the_page_shows_the_figures_that_are_kept(hot_paths, kept):
    shown = re.search(r"<!-- figures of hot paths -->\n(.*)\n<!-- end of hot paths -->", PAGE, re.DOTALL)
    assert shown[1] == hot_paths.section(kept), "run ./dev bench --write"


def test_one_table_comes_first_and_every_other_is_folded(kept):
    outside = re.sub(r"<details>.*?</details>", "", PAGE, flags=re.DOTALL)
    [head] = re.findall(r"^(\|.+\|)\n\| ---", outside, re.MULTILINE)
    assert head.startswith("| hits, keys and memory | target |")
    assert PAGE.count("<details>") == PAGE.count("</details>") > len(kept)


def test_a_column_for_each_cpython_and_one_line_for_each_path(hot_paths, kept):
    lines = hot_paths.table_of_all(kept).splitlines()
    assert lines[0].endswith(f"| {' | '.join(each.tag for each in kept)} |")
    paths = [line.split(" | ")[0] for line in lines]
    assert len(set(paths)) == len(paths)
    assert len({line.count(" | ") for line in lines}) == 1


def test_a_cpython_that_was_not_measured_is_named(hot_paths, kept):
    assert "Not measured" not in hot_paths.provenance(kept)
    assert f"Not measured: {kept[0].tag}." in hot_paths.provenance(kept[1:])


def test_figures_of_two_states_of_the_code_are_named(hot_paths, kept):
    assert "All are of one state of the code." in hot_paths.provenance(kept)
    mixed = [*kept[:-1], dataclasses.replace(kept[-1], state="another")]
    assert "They are of 2 states of the code: " in hot_paths.provenance(mixed)


def test_few_rounds_are_named(hot_paths, kept):
    few, many = ([dataclasses.replace(each, calls=each.calls[:1] * times) for each in kept] for times in (1, 3))
    assert "All are of fewer than 3 rounds" in hot_paths.provenance(few)
    assert "rounds, on" not in hot_paths.provenance(many)


def test_the_target_of_cpython_310_is_its_own(hot_paths, kept):
    row = next(row for row in hot_paths.CALLS if row.at_least_on_310)
    figures = [{row.ours: 10.0, row.other: 130.0}]
    assert row.cell(figures, "3.10") == "13.0×"
    assert row.cell(figures, "3.11") == "**13.0×**"
    assert "reached" in row.line(figures, "3.10")
    assert "missed" in row.line(figures, "3.11")


def test_what_was_measured_is_kept_as_it_was(hot_paths, kept, tmp_path):
    for each in kept:
        each.save(tmp_path)
    assert hot_paths.load_all(tmp_path) == kept
