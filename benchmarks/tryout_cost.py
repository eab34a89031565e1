"""What it costs a program to be observed by ``python -m boto3_client_cache``.

usage: python benchmarks/tryout_cost.py [--runs 5] [--write]

Each program makes clients and does nothing else, so that nothing hides what is added to that. Its work is done in an
observed process with and without the functions around boto3's and botocore's, in turn: the ratio of each pair is taken,
and of all the median, since other programs on the machine disturb both of a pair alike. Garbage is collected before
each: else it is chance in which of the two the collector goes through all of botocore's models. What comes around the
work is that of a program with one client, run by Python and observed: before its first line, until its last, after it.
Times are processor times. What a report measures after the program's end is left out (``--no-measure``).
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
WORKS = {
    "SQS clients of one session": "for _ in range(20): session.client('sqs')",
    "S3 clients of one session": "for _ in range(10): session.client('s3')",
    "EC2 clients of one session": "for _ in range(5): session.client('ec2')",
    "sessions with an S3 client": "boto3.Session().client('s3')",
    "sessions with four clients": """
another = boto3.Session()
for service in ("s3", "sqs", "sts", "dynamodb"):
    another.client(service)
""",
}
ONE = "one client of a process"
PARTS = {
    "before": "before its first line: Python twice, and an import of boto3 more",
    "until": "until its last line: the import of boto3, and the client",
    "after": "after its last line: the end of Python, and the report",
}
ONE_CLIENT = """
import time
began = time.process_time()
import boto3
boto3.client("sqs")
print(began, time.process_time())
"""
IN_TURN = """
import gc, statistics, sys, time
import boto3, botocore.session

session = boto3.Session()
around = [
    (owner, name, value)
    for owner in (boto3.Session, botocore.session.Session)
    for name, value in vars(owner).items()
    if hasattr(value, "__wrapped__") and value.__globals__["__name__"] == "boto3_client_cache_tryout.watching"
]
assert len(around) == 3, around
work = compile(sys.argv[1], "work", "exec")
took = {False: [], True: []}
for number in range(62):
    for observed in (number % 2 == 0, number % 2 == 1):
        for owner, name, value in around:
            setattr(owner, name, value if observed else value.__wrapped__)
        gc.collect()
        began = time.process_time()
        exec(work)
        took[observed].append(time.process_time() - began)
plain, observed = took[False][2:], took[True][2:]  # the first ones load models
ratio = statistics.median(after / before for before, after in zip(plain, observed))
print(statistics.median(plain), statistics.median(observed), ratio)
"""


def measure_here(side: str, name: str) -> Figures:
    """Run a program in a process of its own: with one client, or with its work in turn."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(ONE_CLIENT if name == ONE else IN_TURN)
        tried = ["-m", "boto3_client_cache", "--no-measure", "--report", f"{folder}/report.txt"]
        options = tried if side == "observed" else []
        command = [sys.executable, *options, str(path), WORKS.get(name, "")]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    if name == ONE:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        began, ended = map(float, done.stdout.split())
        return {"before": began, "until": ended - began, "after": used.ru_utime + used.ru_stime - ended}
    return dict(zip(("plain", "observed", "ratio"), map(float, done.stdout.split()), strict=True))


def report(runs: int) -> tuple[str, list[str]]:
    """Return the figures as Markdown, and what takes longer than it may."""
    lines = ["| processor time of | plain boto3 | observed |  |", "| --- | ---: | ---: | ---: |"]
    missed = []
    for name in WORKS:
        (figures,) = side_by_side.rounds((name,), SIDES[1:], runs, {}).values()
        plain, observed, ratio = (figures[figure].median for figure in ("plain", "observed", "ratio"))
        lines.append(f"| {name} | {written(plain * 1e3)} ms | {written(observed * 1e3)} ms | **×{ratio:.3f}** |")
        if ratio > AT_MOST:
            missed.append(f"Missed: {name}: ×{ratio:.3f}, wanted ×{AT_MOST}.")
    sides = side_by_side.rounds((ONE,), SIDES, runs, {}).values()
    for part, what in PARTS.items():
        plain, observed = (figures[part].median for figures in sides)
        ratio = f"×{observed / plain:.3f}" if part == "until" else ""
        lines.append(f"| {what} | {written(plain * 1e3)} ms | {written(observed * 1e3)} ms | {ratio} |")
    return "\n".join(lines), missed


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 5, measure_here)
    table, missed = report(arguments.runs)
    print(table, "", *(missed or ["Every target is reached."]), sep="\n")
    if arguments.write:
        head = pages.made_by(f"./dev tryout-cost --runs {arguments.runs}")
        pages.put(pages.BENCHMARKS, "try-outs", f"{head}\n\n{table}")


if __name__ == "__main__":
    main()
