"""Sixteen threads at once, for the programs of this folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

THREADS = 16
PATIENCE = 500  # seconds


def rage(work: Callable[[int, int], object], steps: int, seed: int, failures: list[Any]) -> None:
    """Call ``work(seed, steps)`` in all threads, each with its own seed; whatever is raised in them is a failure."""
    gate = threading.Barrier(THREADS)

    def run(number: int) -> None:
        try:
            gate.wait(PATIENCE)
            work(seed * THREADS + number, steps)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure
