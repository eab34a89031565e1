"""Write what was measured of the hot paths as tables: one of all CPythons, and behind a fold each one of its own.

    python benchmarks/hot_paths.py [FOLDER]     prints the table of all CPythons from a folder of figures

The figures are in benchmarks/figures, where `./dev bench --write` puts them; the page is written from them alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from folds import fold
from measured import KEPT, SUPPORTED, Measured, Rounds, load_all
from rows import CALLS, GROWTH, HEAD, MEMORY, MemoryRow, Row, cells

FEW = 3  # rounds, of which fewer are for the form alone


def rows_of(measured: Measured) -> Iterator[tuple[Row | MemoryRow, Rounds]]:
    """Yield each row with what it is made of."""
    yield from ((row, measured.calls) for row in CALLS)
    yield from ((row, measured.growth) for row in GROWTH)
    yield from ((row, measured.memory) for row in MEMORY)


def table_of_one(measured: Measured) -> str:
    """Return every row of one CPython."""
    head = f"{', '.join([measured.python, *measured.packages])}; {measured.processor}; {rounds(measured)}."
    lines = [row.line(figures, measured.tag) for row, figures in rows_of(measured)]
    return "\n".join([head, "", HEAD, *lines])


def table_of_all(every: list[Measured]) -> str:
    """Return the ratios of the rows with a lead, a column a CPython."""
    columns = [
        [(row, row.cell(figures, measured.tag)) for row, figures in rows_of(measured) if row.lead] for measured in every
    ]
    lines = [
        cells("hits, keys and memory", "target", *(measured.tag for measured in every)),
        cells("---", "---", *("---:" for _ in every)),
    ]
    for line in zip(*columns, strict=True):
        row = line[0][0]
        lines.append(cells(row.lead, row.target(), *(cell for _, cell in line)))
    return "\n".join(lines)


def rounds(measured: Measured) -> str:
    return "1 round" if measured.rounds == 1 else f"{measured.rounds} rounds"


def provenance(every: list[Measured]) -> str:
    """Say what the figures are of, and what they are not of."""
    said = ["`./dev bench --all`: the median of the rounds. **Bold**: misses its target."]
    states = {measured.state for measured in every}
    if len(states) == 1:
        said.append("All are of one state of the code.")
    else:
        groups = (", ".join(each.tag for each in every if each.state == state) for state in sorted(states))
        said.append(f"They are of {len(states)} states of the code: {'; '.join(groups)}.")
    if left_out := [tag for tag in SUPPORTED if tag not in {measured.tag for measured in every}]:
        said.append(f"Not measured: {', '.join(left_out)}.")
    if hasty := [measured.tag for measured in every if measured.rounds < FEW]:
        which = "All" if len(hasty) == len(every) else f"Those of {', '.join(hasty)}"
        said.append(f"{which} are of fewer than {FEW} rounds, on a busy machine: for the form, to be measured again.")
    return " ".join(said)


def section(every: list[Measured]) -> str:
    """Return what the page shows of the hot paths: the table of all, and folded those of each."""
    folds = []
    for measured in every:
        begin, end = (f"<!-- {what} of CPython {measured.tag} -->" for what in ("figures", "end"))
        title = f"{measured.python}: all paths, with times and spread"
        folds.append(fold(title, f"{begin}\n{table_of_one(measured)}\n{end}"))
    return "\n\n".join([provenance(every), table_of_all(every), *folds])


if __name__ == "__main__":
    found = load_all(Path(sys.argv[1]) if sys.argv[1:] else KEPT)
    print(f"{provenance(found)}\n\n{table_of_all(found)}")
