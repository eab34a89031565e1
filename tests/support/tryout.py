"""Programs that are run as ``python -m boto3_client_cache`` runs them, beside Python itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any


def write_program(folder: Path, source: str, name: str = "program.py") -> str:
    """Write a program's source text and return its path."""
    path = folder / name
    path.write_text(dedent(source))
    return str(path)


def plain(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONFAULTHANDLER": "1", **environment},
        check=False,
    )


def tried(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m boto3_client_cache`` with these arguments."""
    return plain("-m", "boto3_client_cache", *arguments, **environment)


def reported(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run a program that has to end well, measure nothing, and return the report."""
    file = folder / "report.json"
    done = tried("--no-measure", "--report", str(file), *arguments, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(file.read_text())
    return report
