"""The charts show what docs/benchmarks.md says."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CHARTS = runpy.run_path(str(ROOT / "benchmarks" / "charts.py"))["charts"]()


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_from_the_page_as_it_is(name):
    assert (ROOT / "docs" / "charts" / name).read_text(encoding="utf-8") == CHARTS[name], "run benchmarks/charts.py"


def test_every_chart_is_shown():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert all(f"](charts/{name})" in page for name in CHARTS)
    assert {path.name for path in (ROOT / "docs" / "charts").iterdir()} == set(CHARTS)
