"""The charts show what docs/benchmarks.md says."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULE = runpy.run_path(str(ROOT / "benchmarks" / "charts.py"))
CHARTS = MODULE["charts"]()


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_from_the_page_as_it_is(name):
    assert (ROOT / "docs" / "charts" / name).read_text(encoding="utf-8") == CHARTS[name], "run benchmarks/charts.py"


def test_every_chart_is_shown():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"](charts/{name})" in page for name in CHARTS)
    assert {path.name for path in (ROOT / "docs" / "charts").iterdir()} == set(CHARTS)


def test_the_readme_has_the_figures_of_the_page():
    groups = {
        page: MODULE["working_groups"]((ROOT / page).read_text(encoding="utf-8"))
        for page in ("README.md", "docs/benchmarks.md")
    }
    for short, whole in zip(groups["README.md"], groups["docs/benchmarks.md"], strict=True):
        assert short.title == whole.title
        assert short.bars.items() <= whole.bars.items()
