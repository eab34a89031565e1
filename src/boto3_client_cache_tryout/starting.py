"""What happens in each Python process of a run: how it begins, and how it ends.

Runs before everything else of the process, so it imports nothing that a program could want to import first.
"""

from __future__ import annotations

import atexit
import os
import sys
from functools import wraps
from typing import Any

from boto3_client_cache_tryout import watching
from boto3_client_cache_tryout.imports import when_imported
from boto3_client_cache_tryout.journal import Journal
from boto3_client_cache_tryout.run import Run, environment_outside


def start() -> None:
    """Have what this process asks of boto3 noted, if it belongs to a run."""
    run = Run.of_this_process()
    if run is None:
        return
    journal = Journal(run.folder)
    atexit.register(_end, run, journal)  # the first to be registered is the last to be called
    if run.mode == "observe":
        watching.observe(journal)
        return
    when_imported("boto3", _import_package)
    when_imported("boto3_client_cache", lambda package: _install(package, journal))
    when_imported("multiprocessing.util", lambda util: _note_totals_of_workers(util, journal))


def _import_package(_: Any) -> None:
    if "boto3_client_cache" not in sys.modules:  # or it is the one that imports boto3
        __import__("boto3_client_cache")


def _install(package: Any, journal: Journal) -> None:
    """Install the package, until the program does so itself, with options of its own."""
    install = package.install

    @wraps(install)
    def install_instead(**options: Any) -> None:
        package.install = install
        package.uninstall()
        install(**options)

    install()
    package.install = install_instead
    watching.watch_creations(journal)


def _note_totals_of_workers(util: Any, journal: Journal) -> None:
    """Note the totals of forked workers too: they end without ``atexit``, and forget what was registered before."""
    util.register_after_fork(journal, lambda journal: util.Finalize(None, _close, args=(journal,), exitpriority=-1000))


def _close(journal: Journal) -> None:
    watching.note_totals(journal)
    journal.close()


def _end(run: Run, journal: Journal) -> None:
    _close(journal)
    if os.getpid() != run.pid:
        return
    import subprocess  # noqa: PLC0415 - the program has ended

    report = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "boto3_client_cache_tryout", "--records", run.folder],
        cwd=run.folder,  # the program's may be gone; and here lies no module
        env=environment_outside(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while report.returncode is None:
        try:
            report.wait()
        except KeyboardInterrupt:  # the report is interrupted too; the status stays the program's own
            continue
