"""The report of a run: what it says, in which form, and where it goes."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from boto3_client_cache_tryout.figures import figures
from boto3_client_cache_tryout.measuring import MeasuringError, measured
from boto3_client_cache_tryout.page import page
from boto3_client_cache_tryout.records import Process, read
from boto3_client_cache_tryout.text import text
from boto3_client_cache_tryout.trace import trace


def report(folder: str, settings: dict[str, Any], measure: bool) -> None:
    """Report the run whose processes have written into ``folder``; the folder goes, unless it is to be kept."""
    processes = read(folder)
    if settings["trace"] is not None:
        _write(settings["trace"], trace(processes, settings["began"]))  # first: what is measured may be interrupted
    said = _said(settings, processes, measure and settings["measure"])
    if not settings["keep"]:
        shutil.rmtree(folder, ignore_errors=True)
    report_file, html_file = settings["report"], settings["html"]
    if report_file is None:
        _tell(text(said))
    else:
        _write(report_file, json.dumps(said, indent=2) + "\n" if report_file.endswith(".json") else text(said))
    if html_file is not None:
        _write(html_file, page(said))


def _tell(what: str) -> None:
    """Write to stderr, which the program may have closed, or nobody reads any more."""
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(what)


def _write(file: str, what: str) -> None:
    """Write a file; names of files that are no text, as the system's own tools show them."""
    Path(file).write_text(what, encoding="utf-8", errors="backslashreplace")


def _said(settings: dict[str, Any], processes: list[Process], measure: bool) -> dict[str, Any]:
    said = {"mode": settings["mode"], "program": settings["program"], **figures(processes)}
    said["totals"] = _totals(processes)
    if measure and any(process.calls for process in processes):
        with suppress(KeyboardInterrupt):
            _tell("boto3-client-cache: measuring what it would save; Ctrl-C leaves that out\n")
            try:
                said["measured"] = measured(processes, said["max_size"]["needed"])
            except MeasuringError as error:
                _tell(f"boto3-client-cache: that could not be measured: {error}\n")
    return said


def _totals(processes: list[Process]) -> dict[str, float]:
    """Sum up what the caches of all processes have counted."""
    names = {name for process in processes for name in process.totals}
    return {name: sum(process.totals.get(name, 0) for process in processes) for name in sorted(names)}
