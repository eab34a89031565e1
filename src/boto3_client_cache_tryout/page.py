"""The report as an HTML page with charts, which needs nothing from elsewhere. All text is escaped here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from boto3_client_cache_tryout.text import advice, facts, measurements, tables, title

if TYPE_CHECKING:
    from collections.abc import Sequence

# The widths of a chart, of its column of names and of its longest bar; the height of a line.
_WIDTH, _NAME, _BAR, _LINE = 640, 230, 280, 22
_MOST_BARS = 12
_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff }
body { max-width: 60em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em }
table { border-collapse: collapse } td, th { padding: .15em .8em .15em 0; text-align: right; vertical-align: top }
td:first-child, th:first-child { text-align: left; overflow-wrap: anywhere }
.facts td { text-align: left } tr { border-bottom: 1px solid #d0d7de }
svg { max-width: 100%; height: auto } text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.ours { fill: #2f7d5b } .other { fill: #9aa5b1 }
@media (prefers-color-scheme: dark) {
body { color: #e6edf3; background: #1c2128 } text { fill: #e6edf3 } tr { border-color: #444c56 }
.ours { fill: #4fae86 } .other { fill: #6b7683 }
}"""

_Bar = tuple[str, float, str, str]  # name, figure, what is written of it, class


def page(said: dict[str, Any]) -> str:
    """Return the page."""
    parts = [f"<h1>{escape(title(said))}</h1>", _table([], facts(said), "facts")]
    parts += [f"<p>{escape(line)}</p>" for line in advice(said)]
    for heading, bars in _charts(said):
        parts += [f"<h2>{escape(heading)}</h2>", _chart(heading, bars)]
    for heads, rows in tables(said):
        parts += [f"<h2>By {escape(heads[0])}</h2>", _table(heads, rows)]
    head = f'<meta charset="utf-8"><title>{escape(title(said))}</title><style>\n{_STYLE}\n</style>'
    return "\n".join(["<!doctype html>", f'<html lang="en"><head>{head}</head><body>', *parts, "</body></html>", ""])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], style: str = "") -> str:
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in heads) + "</tr>"] if heads else []
    lines += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    return "\n".join([f'<table class="{style}">', *lines, "</table>"])


def _charts(said: dict[str, Any]) -> list[tuple[str, list[_Bar]]]:
    """Return the charts that there are figures for."""
    found: list[tuple[str, list[_Bar]]] = []
    if "measured" in said:
        for one in measurements(said)[:2]:
            bars = [("plain boto3", one.plain, one.plain_text, "other"), ("install()", one.ours, one.ours_text, "ours")]
            found.append((f"Measured: {one.name}", bars))
    if said["mode"] == "observe" and said["max_size"]["needed"]:
        hits = said["max_size"]["hits"]
        sizes = [(f"max_size={size}", float(kept), f"{kept:,}", "ours") for size, kept in hits.items()]
        found.append(("Calls that a cache would have answered", sizes))
    services = [
        (" ".join(filter(None, row["name"])), row["seconds"], f"{row['seconds']:.3f} s", "other")
        for row in said["by_service"][:_MOST_BARS]
    ]
    return [*found, ("Time spent building", services)] if services else found


def _chart(title: str, bars: list[_Bar]) -> str:
    """Return an SVG of horizontal bars."""
    longest = max(figure for _, figure, _, _ in bars) or 1.0
    parts = []
    for number, (name, figure, written, style) in enumerate(bars):
        y = (number + 1) * _LINE
        length = max(2.0, figure / longest * _BAR)
        parts += [
            f'<text x="0" y="{y}">{escape(name)}</text>',
            f'<rect class="{style}" x="{_NAME}" y="{y - 13}" width="{length:.1f}" height="16" rx="2"/>',
            f'<text x="{_NAME + length + 8:.1f}" y="{y}">{escape(written)}</text>',
        ]
    height = (len(bars) + 1) * _LINE
    opening = f'<svg width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" role="img"'
    return "\n".join([f"{opening} aria-label={chr(34)}{escape(title)}{chr(34)}>", *parts, "</svg>"])
