"""Compare the hot paths with the peer package and with other caches, and print the table of this CPython.

    ./dev bench [--rounds N] [--write]          on the interpreter in use
    ./dev bench --all [--rounds N] [--write]    on every CPython, one after the other

The figures are kept in build/bench/figures, and with --write in benchmarks/figures, from which hot_paths.py writes
docs/benchmarks.md.

Each side is installed in an environment of its own: this project where this script runs, the peer (the registry's
boto3-client-cache) and the yardsticks (cachebox, cachetools) under build/bench. A round starts a fresh process for each
side, in an order that turns from round to round; a ratio is taken within a round, and the table shows the median over
the rounds with the lowest and the highest. Absolute figures drift with the machine; the ratios of one run hold.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import version
from pathlib import Path

import hot_paths
import pages
from measured import KEPT, Measured, load_all, state_of_code
from rows import Figures

MEASURE = Path(__file__).with_name("measure.py")
PEER = "boto3-client-cache==2.1.19"
TAG = f"{sys.version_info[0]}.{sys.version_info[1]}{'t' if sysconfig.get_config_var('Py_GIL_DISABLED') else ''}"
PACKAGE, YARDSTICKS = "package", "yardsticks"


# ---- environments ----------------------------------------------------------------------------------------------------


def environment(name: str, *requirements: str) -> Path:
    """Return the interpreter of an environment with these requirements, made anew when they changed."""
    folder = pages.ROOT / "build" / "bench" / f"{name}-{TAG}"
    python, stamp = folder / "bin" / "python", folder / "requirements"
    wanted = "\n".join((sys.version, *requirements))
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the environment of {name}: {', '.join(requirements)}", file=sys.stderr)
        venv.create(folder, clear=True, symlinks=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--prefer-binary", *requirements], check=True)
        stamp.write_text(wanted)
    return python


def measure(python: Path, what: str, whose: str) -> Figures:
    result = subprocess.run([python, MEASURE, what, whose], stdout=subprocess.PIPE, text=True, check=True)
    figures: Figures = json.loads(result.stdout)
    return figures


def run_rounds(what: str, sides: list[tuple[str, Path, str]], rounds: int) -> list[Figures]:
    """Measure every side once a round; a side is a prefix for its figures' names, an interpreter and a subject."""
    results = []
    for number in range(rounds):
        print(f"{what}: round {number + 1} of {rounds}", file=sys.stderr)
        turn = number % len(sides)
        results.append(
            {
                f"{prefix}{name}": round(figure, 3)
                for prefix, python, whose in sides[turn:] + sides[:turn]
                for name, figure in measure(python, what, whose).items()
            }
        )
    return results


# ---- the report ------------------------------------------------------------------------------------------------------


def measure_all(rounds: int) -> Measured:
    state = state_of_code()
    boto3 = version("boto3")
    peer = environment("peer", PEER, f"boto3=={boto3}")
    yardsticks = environment("yardsticks", "cachebox", "cachetools")
    ours = Path(sys.executable)
    sides = [("ours ", ours, PACKAGE), ("peer ", peer, PACKAGE), ("", yardsticks, YARDSTICKS)]
    calls = run_rounds("calls", [*sides, ("", ours, "handles"), ("", ours, "pools")], rounds)
    growth = run_rounds("growth", [("", ours, PACKAGE), ("", yardsticks, YARDSTICKS)], rounds)
    memory = run_rounds("memory", sides, rounds)

    freeze = [yardsticks, "-m", "pip", "freeze"]
    installed = subprocess.run(freeze, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    python = f"CPython {platform.python_version()}{' free-threaded' if TAG.endswith('t') else ''}"
    packages = [f"boto3=={boto3}", PEER, *installed]
    return Measured(TAG, python, packages, pages.processor(), state, calls, growth, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the hot paths with the peer package and with other caches.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each side is measured (default: 7)")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/benchmarks.md")
    arguments = parser.parse_args()
    measured = measure_all(arguments.rounds)
    print(hot_paths.table_of_one(measured))
    measured.save(pages.ROOT / "build" / "bench" / "figures")
    if arguments.write:
        measured.save(KEPT)
        pages.put(pages.BENCHMARKS, "hot paths", hot_paths.section(load_all()))


if __name__ == "__main__":
    main()
