"""Child processes with a time-out: for what may hang, crash, fork or grow."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

TESTS = Path(__file__).parent.parent


def run_child(program: str | Path, *arguments: str, timeout: float = 60, **environment: str) -> str:
    """Run a program (a path, or source text) in a new interpreter and return what it printed.

    A hang, a crash and an uncaught exception each fail the calling test with the child's own traceback. One that hangs
    is aborted together with its own children, and each of them shows where all its threads are.
    """
    command = [str(program)] if isinstance(program, Path) else ["-c", dedent(program)]
    child = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "error", *command, *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = f"no end after {timeout} seconds"
    try:
        output, errors = child.communicate(timeout=timeout)
        end = f"exit status {child.returncode}"
    except subprocess.TimeoutExpired:
        os.kill(child.pid, signal.SIGABRT)  # before its own children: together they would write into each other's lines
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=30)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGABRT)
        output, errors = child.communicate(timeout=60)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
    assert end == "exit status 0", f"{end}\n{output}\n{errors}"
    return output
