"""Where figures go: the pages, and the marks between which a benchmark writes its table."""

from __future__ import annotations

import platform
import re
import ssl
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BENCHMARKS = ROOT / "docs" / "benchmarks.md"


def put(page: Path, name: str, text: str) -> None:
    """Put a text between the marks of this name, which the page has."""
    begin, end = f"<!-- figures of {name} -->", f"<!-- end of {name} -->"
    marked = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    changed, found = marked.subn(lambda _: f"{begin}\n{text}\n{end}", page.read_text(encoding="utf-8"))
    if not found:
        raise LookupError(f"{page.name} has no marks {begin} and {end}")
    page.write_text(changed, encoding="utf-8")


def made_by(command: str) -> str:
    """Return the line that says what figures are of."""
    versions = f"CPython {platform.python_version()}, boto3=={boto3.__version__}, {ssl.OPENSSL_VERSION}"
    return f"`{command}`: {versions}; {processor()}."


def processor() -> str:
    """Return the name of this machine's processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
