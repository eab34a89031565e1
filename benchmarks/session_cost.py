"""What sessions and clients cost on this machine: plain boto3's beside ours, as a table.

usage: python benchmarks/session_cost.py [--runs 9] [--sessions 21] [--services s3 ec2 ...]

Every figure is taken in a fresh process, the two sides in turn, and the median is shown. Memory is resident memory.
"First" is the first session and client of a process, "further" what each later session with one client adds.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

SIDES = ("boto3", "boto3_client_cache")
# A figure's name, its title, its unit, and how the comparison reads.
FIGURES = (
    ("later_mib", "memory of each further session with one client", "MiB"),
    ("later_ms", "time of each further session with one client", "ms"),
    ("first_mib", "memory of the first client in a process", "MiB"),
    ("first_ms", "time of the first client in a process", "ms"),
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}

Medians = dict[str, dict[str, dict[str, float]]]  # service, side, figure


def resident_kib() -> int:
    """Return the memory of this process that is resident now."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss"))


def measure_here(side: str, service: str, sessions: int) -> dict[str, float]:
    """Create sessions with a client each, in this process, which must be fresh."""
    module = __import__(side)  # the import is not what is measured
    gc.collect()
    base, first, kept, times = resident_kib(), 0, [], []
    for _ in range(sessions):
        start = time.perf_counter()
        session = module.Session()
        kept.append((session, session.client(service)))
        times.append(time.perf_counter() - start)
        if len(kept) == 1:
            gc.collect()
            first = resident_kib()
    gc.collect()
    return {
        "first_ms": times[0] * 1e3,
        "later_ms": statistics.median(times[1:]) * 1e3,
        "first_mib": (first - base) / 1024,
        "later_mib": (resident_kib() - first) / 1024 / (sessions - 1),
    }


def measure(services: list[str], sessions: int, runs: int) -> Medians:
    """Measure both sides in turn, each time in a fresh process, and return the medians."""
    medians: Medians = {}
    for service in services:
        taken: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(runs):
            for side in SIDES:
                command = [sys.executable, __file__, "--measure", side, service, str(sessions)]
                output = subprocess.run(
                    command, check=True, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}
                ).stdout
                taken[side].append(json.loads(output))
        medians[service] = {
            side: {name: statistics.median(run[name] for run in taken[side]) for name, *_ in FIGURES} for side in SIDES
        }
        print(f"{service}: measured", file=sys.stderr)
    return medians


def table(medians: Medians) -> str:
    """Return the figures as Markdown: plain boto3's, ours, and how many times smaller ours is."""
    rows = [
        "| plain boto3 → boto3-client-cache | " + " | ".join(medians) + " |",
        "| --- |" + " --- |" * len(medians),
    ]
    for name, title, unit in FIGURES:
        cells = [
            f"{figures[SIDES[0]][name]:.1f} → {figures[SIDES[1]][name]:.2f} {unit}, "
            f"**1/{figures[SIDES[0]][name] / figures[SIDES[1]][name]:.1f}**"
            for figures in medians.values()
        ]
        rows.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--sessions", type=int, default=21)
    parser.add_argument("--services", nargs="+", default=["s3", "ec2", "dynamodb", "sqs"])
    parser.add_argument("--measure", nargs=3, metavar=("SIDE", "SERVICE", "SESSIONS"), help=argparse.SUPPRESS)
    arguments: Any = parser.parse_args()
    if arguments.measure:
        side, service, sessions = arguments.measure
        print(json.dumps(measure_here(side, service, int(sessions))))
        return
    medians = measure(arguments.services, arguments.sessions, arguments.runs)
    print(table(medians))


if __name__ == "__main__":
    main()
