"""What it costs a program to be observed: run by Python itself, and by ``python -m boto3_client_cache``.

usage: python benchmarks/tryout_cost.py [--runs 9] [--write]

Each program makes clients and does nothing else, so that nothing hides what is added to that. Time is processor time:
of the program's own work, and of all else together, which is Python's start, imports and the report. What a report
measures after the program's end is left out (``--no-measure``).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pages
import side_by_side
from side_by_side import Figures, written

SIDES = ("plain", "observed")
AT_MOST = 1.05
PROGRAMS = {
    "1,000 SQS clients of one session": "for _ in range(1000): session.client('sqs')",
    "200 EC2 clients of one session, kept": "kept = [session.client('ec2') for _ in range(200)]",
    "30 sessions with an S3 client": "for _ in range(30): boto3.Session().client('s3')",
    "10 sessions with four clients, kept": """
kept = []
for _ in range(10):
    session = boto3.Session()
    kept.append([session.client(service) for service in ("s3", "sqs", "sts", "dynamodb")])
""",
}


def program(work: str) -> str:
    """Return a program's source text: it prints the processor time of its work."""
    return f"""
import time
import boto3
session = boto3.Session()
began = time.process_time()
{work}
print(time.process_time() - began)
"""


def measure_here(side: str, name: str) -> Figures:
    """Run a program in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(program(PROGRAMS[name]))
        tried = ["-m", "boto3_client_cache", "--no-measure", "--report", f"{folder}/report.txt"]
        command = [sys.executable, *(tried if side == "observed" else []), str(path)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = float(done.stdout)
    return {"work": work, "else": used.ru_utime + used.ru_stime - work}


def report(runs: int) -> tuple[str, list[str]]:
    """Return the figures as Markdown, and what takes longer than it may."""
    lines = ["| program | its work: plain → observed | all else: plain → observed |", "| --- | --- | --- |"]
    missed = []
    for name in PROGRAMS:
        plain, observed = side_by_side.rounds((name,), SIDES, runs, {}).values()
        ratio = observed["work"].median / plain["work"].median
        work, rest = (
            f"{written(plain[figure].median)} → {written(observed[figure].median)} s" for figure in ("work", "else")
        )
        lines.append(f"| {name} | {work}, **×{ratio:.3f}** | {rest} |")
        if ratio > AT_MOST:
            missed.append(f"Missed: {name}: ×{ratio:.3f}, wanted ×{AT_MOST}.")
    return "\n".join(lines), missed


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 9, measure_here)
    table, missed = report(arguments.runs)
    print(table, "", *(missed or ["Every target is reached."]), sep="\n")
    if arguments.write:
        head = pages.made_by(f"./dev tryout-cost --runs {arguments.runs}")
        pages.put(pages.BENCHMARKS, "try-outs", f"{head}\n\n{table}")


if __name__ == "__main__":
    main()
