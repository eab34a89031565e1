"""What a program that forks checks in its children: run by `run_child`, so that a hang is theirs and not the tests'."""

import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable

# Since 3.12 Python warns of a fork while there are threads: the very case that is tried.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

PATIENCE = 60  # seconds until a child counts as hanging


def in_child(check: Callable[[], object]) -> None:
    """Run a check in a forked child; its failure, or a child still there after a minute, is ours."""
    sys.stdout.flush()
    settle(os.fork(), check)


def settle(child: int, check: Callable[[], object]) -> None:
    """Go on after a fork: run the check in the child (``child`` is 0), and wait for it in the parent."""
    if child == 0:
        status = 1
        try:
            check()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    for _ in range(PATIENCE * 100):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0, "the check failed in the child"
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGABRT)  # faulthandler shows where it is
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")
