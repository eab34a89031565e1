"""The command line: what to run and how, and the Python that takes this one's place to run it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from boto3_client_cache_tryout.run import SETTINGS, Run

USAGE = """\
usage: python -m boto3_client_cache [options] SCRIPT [arguments]
       python -m boto3_client_cache [options] -m MODULE [arguments]
       python -m boto3_client_cache [options] -- CONSOLE-SCRIPT [arguments]
       python -m boto3_client_cache --records FOLDER [--report FILE] [--html FILE] [--trace FILE]

Runs a program and reports what it asks of boto3, and what boto3-client-cache would save it.

  --observe         change nothing (the default)
  --install         call boto3_client_cache.install() as soon as boto3 is imported
  --report FILE     write the report there instead of to stderr, as JSON if the name ends in .json
  --html FILE       write it as a page with charts, too
  --trace FILE      write there which keys were asked for, in order: one call a line, as JSON
  --no-measure      do not do the program's calls again, beside the package, to measure what it saves
  --records FOLDER  keep what was noted there; without a program: report what is there
  -h, --help        show this
"""

_FILES = ("--report", "--html", "--trace", "--records")
_NO_HITS = "--trace needs --observe: with --install, calls that hit are not noted one by one"
_FLAGS = ("--observe", "--install", "--no-measure")


class _UsageError(Exception):
    pass


def main(arguments: list[str]) -> int:
    """Do what the arguments say. A program that is run does not come back: its Python takes this one's place."""
    if {"--help", "-h"} & set(_options(arguments)):
        sys.stdout.write(USAGE)
        return 0
    try:
        given, program = _parsed(arguments)
        _check(given, program)
        if program:
            _run(given, program)
        _report(given)
    except _UsageError as error:
        sys.stderr.write(f"boto3_client_cache: {error}\n{USAGE.partition(chr(10) * 2)[0]}\n")
        return 2
    return 0


def _options(arguments: list[str]) -> list[str]:
    """Return what stands before the program, values of options among it."""
    options: list[str] = []
    for argument in arguments:
        is_value = bool(options) and options[-1] in _FILES
        if not is_value and (argument in {"-m", "--"} or not argument.startswith("-")):
            break
        options.append(argument)
    return options


def _parsed(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options with their values, and the program with its arguments."""
    given: dict[str, str] = {}
    options = _options(arguments)
    rest = iter(options)
    for option in rest:
        name, is_joined, value = option.partition("=")
        if name in _FILES:
            given[name] = value if is_joined else next(rest, "")
            if not given[name]:
                raise _UsageError(f"{name} needs the name of a {'folder' if name == '--records' else 'file'}")
        elif name in _FLAGS:
            if is_joined:
                raise _UsageError(f"{name} takes no value")
            given[name] = "yes"
        elif option in {"-c", "-"}:
            raise _UsageError(f"a program cannot be given by {option}: write it into a file")
        else:
            raise _UsageError(f"there is no option {name}")
    return given, arguments[len(options) :]


def _check(given: dict[str, str], program: list[str]) -> None:
    """Refuse before the program runs what could only fail after it."""
    if {"--observe", "--install"} <= given.keys():
        raise _UsageError("--observe and --install are two ways to run a program: choose one")
    if not program and "--records" not in given:
        raise _UsageError("no program is named")
    if program[:1] in (["-m"], ["--"]) and not program[1:]:
        raise _UsageError(f"nothing is named after {program[0]}")
    if {"--trace", "--install"} <= given.keys():
        raise _UsageError(_NO_HITS)
    for option in ("--report", "--html", "--trace"):
        if option in given:
            try:
                with open(given[option], "a", encoding="utf-8"):
                    pass
            except OSError as error:
                raise _UsageError(f"cannot write {option} {given[option]}: {error.strerror}") from error


def _run(given: dict[str, str], program: list[str]) -> NoReturn:
    if sys.flags.ignore_environment or sys.flags.no_site:
        raise _UsageError("Python's options -E, -I and -S keep a program from being observed: leave them out")
    command = _command(program)
    folder = _folder(given.get("--records"))
    mode = "install" if "--install" in given else "observe"
    settings = {
        "mode": mode,
        "program": " ".join(program[: 1 + (program[0] in {"-m", "--"})]).removeprefix("-- "),
        "report": _absolute(given.get("--report")),
        "html": _absolute(given.get("--html")),
        "trace": _absolute(given.get("--trace")),
        "began": time.monotonic(),
        "measure": "--no-measure" not in given and mode == "observe",
        "keep": "--records" in given,
    }
    Path(folder, SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    environment = Run(mode, os.getpid(), folder).environment()
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606


def _absolute(path: str | None) -> str | None:
    return None if path is None else os.path.abspath(path)


def _folder(records: str | None) -> str:
    if records is None:
        return tempfile.mkdtemp(prefix="boto3-client-cache-")
    try:
        os.makedirs(records, mode=0o700, exist_ok=True)
        if os.listdir(records):
            raise _UsageError(f"--records {records} is not empty: one folder holds one run")
    except OSError as error:
        raise _UsageError(f"cannot use --records {records}: {error.strerror}") from error
    return os.path.abspath(records)


def _command(program: list[str]) -> list[str]:
    """Return the command that runs the program as Python itself would run it."""
    python = _this_python()
    if program[0] != "--":
        return [*python, *program]
    name = program[1]
    scripts = sysconfig.get_path("scripts")
    path = name if os.path.dirname(name) else shutil.which(name, path=scripts) or shutil.which(name)
    if path is None or not os.path.isfile(path):
        raise _UsageError(f"there is no console-script {name}, neither in {scripts} nor on PATH")
    _check_script(path)
    return [*python, path, *program[2:]]


def _this_python() -> list[str]:
    """Return the command of this Python with the options that it was started with, up to ``-m`` and this module."""
    *options, module = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    if module.startswith("-"):  # -mboto3_client_cache, or more options before the m
        options.append(module[: module.index("mboto3_client_cache")])
    elif options:
        options[-1] = options[-1].removesuffix("m")
    return [sys.executable, *(option for option in options if option not in {"", "-"})]


def _check_script(path: str) -> None:
    """Refuse what does not begin as pip's scripts do, and one of another virtual environment."""
    with open(path, "rb") as script:
        start = script.readline(1000) + script.readline(1000)  # the second is pip's where the first would be too long
    if not (start.startswith(b"#!") and b"python" in start):
        raise _UsageError(f"{path} is no Python script")
    interpreter = os.fsdecode(start[2:].split()[0])
    environment = os.path.dirname(os.path.dirname(interpreter))
    is_environment = os.path.isfile(os.path.join(environment, "pyvenv.cfg"))
    if is_environment and os.path.realpath(environment) != os.path.realpath(sys.prefix):
        raise _UsageError(
            f"{path} runs with {interpreter}: install boto3-client-cache there, and use that Python for it"
        )


def _report(given: dict[str, str]) -> None:
    from boto3_client_cache_tryout.report import report  # noqa: PLC0415 - a program that is run needs none of it

    folder = given["--records"]
    if not os.path.isfile(os.path.join(folder, SETTINGS)):
        raise _UsageError(f"--records {folder} is no folder of records")
    settings = json.loads(Path(folder, SETTINGS).read_text(encoding="utf-8"))
    if "--trace" in given and settings["mode"] == "install":
        raise _UsageError(_NO_HITS)
    for name in ("report", "html", "trace"):
        settings[name] = _absolute(given.get(f"--{name}")) or settings.get(name)
    report(folder, settings, "--no-measure" not in given)
