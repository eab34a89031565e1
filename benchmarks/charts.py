"""Draw the figures of docs/benchmarks.md as the charts that the page shows.

    python benchmarks/charts.py        writes docs/charts/*.svg

The page is the source: measure, put the figures there, then draw. Each chart brings its own background and follows the
reader's light or dark scheme, and is narrow enough for a telephone.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "benchmarks.md"
CHARTS = DOCS / "charts"
OURS = "boto3-client-cache"
SHARED = "shared connections"

# The widths of a chart, of the column of names and of the longest bar; the height of a line.
WIDTH, NAME, BAR, LINE = 420, 138, 190, 20
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 14px }
.group { font-weight: 600 } .card { fill: #fff } .ours { fill: #2f7d5b } .other { fill: #9aa5b1 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .card { fill: #1c2128 } .ours { fill: #4fae86 } .other { fill: #6b7683 }
}"""


class Group(NamedTuple):
    """Bars that are compared with each other: by name the figure and how it is written."""

    title: str
    bars: dict[str, tuple[float, str]]


# ---- what the page says ----------------------------------------------------------------------------------------------


def working_groups(page: str) -> list[Group]:
    """Return what working clients cost, or nothing before that was measured."""
    if "| over HTTPS |" not in page:
        return []
    names = {
        "plain boto3": "boto3",
        "`share_trust=False`": "share_trust=False",
        "`Session()`": OURS,
        '`share_connections="process"`': SHARED,
    }
    head, *rows = _table(page, "over HTTPS")
    groups = []
    for title, *cells in rows:
        bars = {}
        for side, cell in zip(head[1:], cells, strict=True):
            if side in names:
                median, unit = re.match(r"([\d.]+) (?:\(.*?\) )?(\w+)", cell).groups()  # type: ignore[union-attr]
                bars[names[side]] = (float(median), f"{median} {unit}")
        groups.append(Group(title, bars))
    return groups


def session_groups(page: str, unit: str) -> list[Group]:
    """Return the figures of a unit in the table of what sessions cost."""
    head, *rows = _table(page, "plain boto3 → boto3-client-cache")
    groups = []
    for title, *cells in rows:
        for service, cell in zip(head[1:], cells, strict=True):
            plain, ours, found = re.match(r"([\d.]+) → ([\d.]+) (\w+)", cell).groups()  # type: ignore[union-attr]
            if found == unit:
                bars = {"boto3": (float(plain), f"{plain} {unit}"), OURS: (float(ours), f"{ours} {unit}")}
                groups.append(Group(f"{service}: {title.split(' of ', 1)[1]}", bars))
    return groups


def path_groups(page: str) -> list[Group]:
    """Return what hits and keys cost, ours beside all that the table has for the path."""
    wanted = {
        "`cache[key]` hit, LRU": "cache[key], LRU",
        "`cache[key]` hit, LFU": "cache[key], LFU",
        "`ClientCacheKey(service_name=…, region_name=…)`": "ClientCacheKey(…), two keywords",
        '`session.client("s3", region_name=…)` hit': 'session.client("s3", region_name=…)',
    }
    groups = {title: Group(title, {}) for title in wanted.values()}
    for path, ours, beside, *_ in _table(page, "path", after="<!-- figures of CPython 3.11 -->"):
        if path in wanted and not beside.startswith("our "):
            name, other = beside.split(": ")
            bars = groups[wanted[path]].bars
            bars[OURS] = _nanoseconds(ours)
            bars[_short(name)] = _nanoseconds(other)
    return list(groups.values())


def growth_groups(page: str) -> list[Group]:
    """Return what a hit costs among 10, 1,000 and 100,000 entries."""
    groups = {size: Group(f"{size} entries", {}) for size in ("10", "1,000", "100,000")}
    for path, ours, beside, *_ in _table(page, "path", after="<!-- figures of CPython 3.11 -->"):
        found = re.match(r"LRU hit, ([\d,]+) entries beside 10", path)
        if found:
            name, other = beside.split(": ")
            for bar, figures in ((OURS, ours), (_short(name), other)):
                few, many = figures.removesuffix(" ns").split(" → ")
                groups["10"].bars[bar] = _nanoseconds(few)
                groups[found[1]].bars[bar] = _nanoseconds(many)
    return list(groups.values())


def _table(page: str, head: str, after: str = "") -> list[list[str]]:
    """Return the cells of the first table with this first heading, its head included."""
    lines = page[page.index(after) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


def _nanoseconds(text: str) -> tuple[float, str]:
    figure = text.removesuffix(" ns")
    return float(figure.replace(",", "")), f"{figure} ns"


def _short(name: str) -> str:
    names = {"the peer": "pure Python 2.1", "functools.lru_cache": "lru_cache", "cachebox": "cachebox (Rust)"}
    name = name.replace("`", "").split(",")[0].removesuffix(".LRUCache")
    return names.get(name, name)


# ---- the drawing -----------------------------------------------------------------------------------------------------


def draw(title: str, note: str, groups: list[Group], *, logarithmic: bool = False, apart: bool = False) -> str:
    """Return an SVG of horizontal bars, one scale for all groups or, ``apart``, one for each."""

    def scaled(figure: float) -> float:
        return math.log10(figure) if logarithmic else figure

    def longest(of: list[Group]) -> float:
        return max(scaled(figure) for group in of for figure, _ in group.bars.values())

    y, parts = 24, [f'<text class="title" x="12" y="24">{escape(title)}</text>']
    y += LINE
    parts.append(f'<text x="12" y="{y}">{escape(note)}</text>')
    for group in groups:
        y += LINE + 8
        parts.append(f'<text class="group" x="12" y="{y}">{escape(group.title)}</text>')
        for name, (figure, written) in group.bars.items():
            y += LINE
            length = max(2.0, scaled(figure) / longest([group] if apart else groups) * BAR)
            kind = "ours" if name in {OURS, SHARED} else "other"
            parts += [
                f'<text x="12" y="{y}">{escape(name)}</text>',
                f'<rect class="{kind}" x="{NAME + 8}" y="{y - 12}" width="{length:.1f}" height="15" rx="2"/>',
                f'<text x="{NAME + length + 14:.1f}" y="{y}">{escape(written)}</text>',
            ]
    height = y + 16
    size = f'width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {height}">',
            f"<style>\n{STYLE}\n</style>",
            f'<rect class="card" {size} rx="6"/>',
            *parts,
            "</svg>\n",
        ]
    )


def charts() -> dict[str, str]:
    """Return every chart by its file's name, from what the page says now."""
    page = PAGE.read_text(encoding="utf-8")
    memory, time = session_groups(page, "MiB"), session_groups(page, "ms")
    paths, growth = path_groups(page), growth_groups(page)
    logarithmic = "ns a call, on a logarithmic scale from 1; less is better"
    apart = "less is better; each group has a scale of its own"
    working = working_groups(page)
    return ({"working.svg": draw("What a working client costs", apart, working, apart=True)} if working else {}) | {
        "sessions-memory.svg": draw("Memory of sessions and clients", apart, memory, apart=True),
        "sessions-time.svg": draw("Time of sessions and clients", apart, time, apart=True),
        "paths.svg": draw("Hot paths, CPython 3.11", logarithmic, paths, logarithmic=True),
        "growth.svg": draw("A hit in a growing cache", "LRU, CPython 3.11, ns; less is better", growth),
    }


def main() -> None:
    """Write the charts."""
    CHARTS.mkdir(exist_ok=True)
    for name, svg in charts().items():
        (CHARTS / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
