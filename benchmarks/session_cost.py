"""What sessions and clients cost on this machine: plain boto3's beside ours, as a table.

usage: python benchmarks/session_cost.py [--runs 5] [--services s3 ec2 ...] [--write]

Every figure is taken in fresh processes, the two sides in turn; the median is shown. Memory is resident memory, time
processor time. "First" is the first session and client of a process. A further client or session is one of so many that
the figure is steady: later ones use what the first one freed. Clients do no request: for that see working_cost.py.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from typing import Any, NamedTuple

import pages
import side_by_side
from side_by_side import Figures, Spread, is_reached, share, written

SIDES = ("boto3", "boto3_client_cache")
# Clients of one session, or sessions with a client each: how many, of plain boto3 and of ours.
SIZES = {"same": (201, 201), "many": (21, 101)}
SERVICES = ("s3", "ec2", "dynamodb", "sqs")


class Row(NamedTuple):
    """A figure, what it is measured with, and its targets for SERVICES."""

    name: str
    kind: str
    title: str
    unit: str
    targets: tuple[float, ...]


ROWS = (
    Row("later_mib", "same", "memory of each further client of a session", "MiB", (10, 18, 9, 6)),
    Row("later_ms", "same", "time of each further client of a session", "ms", (6, 12, 4.5, 3.5)),
    Row("later_mib", "many", "memory of each further session with one client", "MiB", (150, 190, 130, 110)),
    Row("later_ms", "many", "time of each further session with one client", "ms", (60, 95, 50, 45)),
    Row("first_mib", "many", "memory of the first client in a process", "MiB", (4, 4, 5.5, 5)),
    Row("first_ms", "many", "time of the first client in a process", "ms", (1 / 0.42, 1 / 0.42, 1 / 0.4, 1 / 0.4)),
)


def measure_here(side: str, kind: str, service: str) -> Figures:
    """Create clients of one session, or sessions with a client each, in this process, which must be fresh."""
    module = __import__(side)  # the import is not what is measured
    options = {} if side == SIDES[0] else {"client_cache": {"max_size": 0}}  # each call makes a client
    size = SIZES[kind][SIDES.index(side)]
    kept: list[Any] = []
    times = []
    session: Any = None
    gc.collect()
    base = first = side_by_side.resident_mib()
    for number in range(size):
        start = time.process_time()
        if session is None or kind == "many":
            session = module.Session(**options)
        kept.append((session, session.client(service)))
        times.append(time.process_time() - start)
        if number == 0:
            gc.collect()
            first = side_by_side.resident_mib()
    gc.collect()
    return {
        "first_ms": times[0] * 1e3,
        "later_ms": statistics.median(times[1:]) * 1e3,
        "first_mib": first - base,
        "later_mib": (side_by_side.resident_mib() - first) / (size - 1),
    }


def report(services: list[str], runs: int) -> tuple[str, list[str]]:
    """Return plain boto3's figures beside ours as Markdown, and what misses its target."""
    figures = {
        (kind, service): side_by_side.rounds((kind, service), SIDES, runs, {}) for service in services for kind in SIZES
    }
    lines = [
        "| plain boto3 → boto3-client-cache | " + " | ".join(services) + " |",
        "| --- |" + " --- |" * len(services),
    ]
    missed = []
    for row in ROWS:
        cells = []
        for service in services:
            plain, ours = (of_side[row.name] for of_side in figures[row.kind, service].values())
            cells.append(f"{written(plain.median)} → {written(ours.median)} {row.unit}, **{share(plain, ours)}**")
            missed += _missed(row, service, plain, ours)
        lines.append(f"| {row.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines), missed


def _missed(row: Row, service: str, plain: Spread, ours: Spread) -> list[str]:
    wanted = dict(zip(SERVICES, row.targets, strict=True)).get(service)
    if wanted is None or is_reached(plain, ours, wanted):
        return []
    return [f"Missed: {row.title}, {service}: {share(plain, ours)}, wanted 1/{written(wanted)}."]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", nargs="+", default=list(SERVICES))
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 5, measure_here)
    table, missed = report(arguments.services, arguments.runs)
    print(table, "", *(missed or ["Every target is reached."]), sep="\n")
    if arguments.write:
        head = pages.made_by(f"./dev session-cost --runs {arguments.runs}")
        pages.put(pages.BENCHMARKS, "sessions", f"{head}\n\n{table}")


if __name__ == "__main__":
    main()
