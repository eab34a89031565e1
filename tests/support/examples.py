"""The Python examples of a Markdown or reStructuredText page, run as they stand.

A block runs unless the words after ``python`` say why not: ``no-test`` never runs here, ``needs NAME NAME`` runs where
these packages are installed. A comment right above a statement may promise what the statement does: ``# raises
SomeError ...`` or ``# returns None ...``.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_FENCED = re.compile(r"^```python(?P<info>[^\n]*)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
_DIRECTIVE = re.compile(r"^\.\. code-block:: python(?P<info>)\n\n(?P<code>(?:(?: {4}.*)?\n)+)", re.MULTILINE)


class Block(NamedTuple):
    """One block of Python code: where it stands, the words after ``python``, and the code."""

    path: Path
    line: int
    info: tuple[str, ...]
    code: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages without which it cannot run."""
        return self.info[1:] if self.info[:1] == ("needs",) else ()


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = path.read_text(encoding="utf-8")
    found = (_FENCED if path.suffix == ".md" else _DIRECTIVE).finditer(text)
    return [
        Block(
            path,
            text.count("\n", 0, match.start("code")) + 1,
            tuple(match["info"].split()),
            textwrap.dedent(match["code"]),
        )
        for match in found
    ]


def is_installed(package: str) -> bool:
    """Whether an example may import ``package``."""
    return importlib.util.find_spec(package) is not None


def run_page(path: str | Path) -> None:
    """Run the blocks of a page one after the other, as one module."""
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(Path(path)):
        if "no-test" not in block.info and all(map(is_installed, block.needs)):
            run(block, namespace)


def run(block: Block, namespace: dict[str, Any]) -> list[str]:
    """Run a block statement by statement; return the promises that were kept."""
    kept = []
    for statement, comment in _statements(block):
        promise = _promised(comment)
        if promise is None:
            _run(statement, block, namespace)
        elif promise == "None":
            assert _run(statement, block, namespace) is None
        else:
            with pytest.raises(Exception) as caught:  # noqa: PT011
                _run(statement, block, namespace)
            assert type(caught.value).__name__ == promise
        if promise is not None:
            kept.append(promise)
    return kept


def _statements(block: Block) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each statement of a block with the comment that stands right above it."""
    lines = block.code.splitlines()
    for statement in ast.parse(block.code, str(block.path)).body:
        above = lines[statement.lineno - 2].strip() if statement.lineno > 1 else ""
        yield statement, above if above.startswith("#") else ""


def _promised(comment: str) -> str | None:
    if "returns None" in comment:
        return "None"
    found = re.search(r"\braises (?:an? )?(\w+Error)", comment)
    return found and found[1]


def _run(statement: ast.stmt, block: Block, namespace: dict[str, Any]) -> Any:
    """Run one statement, so that a traceback shows the page's own line; return an expression's value."""
    ast.increment_lineno(statement, block.line - 1)
    if isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), str(block.path), "eval"), namespace)
    return exec(compile(ast.Module([statement], []), str(block.path), "exec"), namespace)
