"""Child processes with a time-out: for what may hang, crash, fork or grow."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

TESTS = Path(__file__).parent.parent


def run_child(program: str | Path, *arguments: str, timeout: float = 60, **environment: str) -> str:
    """Run a program (a path, or source text) in a new interpreter and return what it printed.

    A hang, a crash and an uncaught exception each fail the calling test with the child's own traceback.
    """
    command = [str(program)] if isinstance(program, Path) else ["-c", dedent(program)]
    child = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "error", *command, *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS), **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert child.returncode == 0, f"exit status {child.returncode}\n{child.stdout}\n{child.stderr}"
    return child.stdout
