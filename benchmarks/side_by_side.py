"""Fresh processes in turn: what the benchmarks of sessions and of working clients have in common.

A benchmark measures one side in its own process; `rounds` starts that process for every side, round after round, in an
order that turns, and returns the median of each figure with the lowest and the highest. Nothing of the caller's AWS
settings reaches a process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Figures = dict[str, float]  # by name
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Spread(NamedTuple):
    """A figure over all rounds."""

    median: float
    lowest: float
    highest: float


def parse(parser: argparse.ArgumentParser, runs: int, measure_here: Callable[..., Figures]) -> Any:
    """Return the arguments; in a process that `rounds` started, measure instead, print the figures and leave."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--runs", type=int, default=runs, help=f"how often each side is measured (default: {runs})")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure_here(*arguments.measure)))
        sys.exit()
    return arguments


def rounds(
    what: Sequence[str], sides: Sequence[str], runs: int, settings: dict[str, str]
) -> dict[str, dict[str, Spread]]:
    """Have this program measure a thing for every side once a round; return each side's figures by name."""
    taken: dict[str, list[Figures]] = {side: [] for side in sides}
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "BOTO")) and not name.upper().endswith("_PROXY")
    }
    for number in range(runs):
        turn = number % len(sides)
        for side in [*sides[turn:], *sides[:turn]]:
            command = [sys.executable, sys.argv[0], "--measure", side, *what]
            result = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, env={**environment, **SETTINGS, **settings}
            )
            taken[side].append(json.loads(result.stdout))
    print(f"{' '.join(what)}: measured", file=sys.stderr)
    return {
        side: {name: _spread([run[name] for run in of_side]) for name in of_side[0]} for side, of_side in taken.items()
    }


def resident_mib() -> float:
    """Return the memory of this process that is resident now."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss")) / 1024


def written(figure: float) -> str:
    """Return three significant digits, and no exponent."""
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.3g}"


def share(plain: Spread, ours: Spread) -> str:
    """Return ours as a fraction of plain boto3's."""
    return f"1/{written(plain.median / ours.median)}"


def is_reached(plain: Spread, ours: Spread, target: float) -> bool:
    """Tell whether ours is at most that fraction of plain boto3's: 1/``target``."""
    return ours.median * target <= plain.median


def _spread(figures: list[float]) -> Spread:
    return Spread(statistics.median(figures), min(figures), max(figures))
