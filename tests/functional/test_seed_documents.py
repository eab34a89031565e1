"""The examples of the two specifications, run verbatim, each error line raising what its comment says."""

import ast
import re
import textwrap
from pathlib import Path

import pytest

SEEDS = Path(__file__).parent / "seeds"


def python_blocks(document):
    """The Python code of a document: fenced in Markdown, indented under a directive in reStructuredText."""
    text = (SEEDS / document).read_text(encoding="utf-8")
    if document.endswith(".md"):
        return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    directives = re.findall(r"^\.\. code-block:: python\n\n((?:(?: {4}.*)?\n)+)", text, re.MULTILINE)
    return [textwrap.dedent(block) for block in directives]


def statements(block):
    """Each statement of a block with the comment that stands right above it."""
    lines = block.splitlines()
    for statement in ast.parse(block).body:
        above = lines[statement.lineno - 2].strip() if statement.lineno > 1 else ""
        yield statement, above if above.startswith("#") else ""


def run(statement, namespace):
    """Run one statement; an expression's value is returned."""
    if isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), "seed", "eval"), namespace)
    return exec(compile(ast.Module([statement], []), "seed", "exec"), namespace)


def promised(comment):
    """What a comment promises of the line below it: the name of an error, "None", or nothing."""
    if "returns None" in comment:
        return "None"
    found = re.search(r"raises an? (\w+Error)|raises (\w+Error)", comment)
    return found and (found[1] or found[2])


@pytest.mark.parametrize(
    ("document", "promises"),
    [
        (
            "readme.md",
            ["ClientCacheExistsError", "ClientCacheNotFoundError", "None", "ClientCacheError", "ClientCacheError"],
        ),
        (
            "api.rst",
            ["ClientCacheExistsError", "ClientCacheNotFoundError", "None", "ClientCacheError", "ClientCacheError"],
        ),
    ],
)
def test_the_examples_run_verbatim(document, promises):
    namespace, kept = {}, []
    blocks = python_blocks(document)
    assert len(blocks) == {"readme.md": 4, "api.rst": 1}[document]
    for block in blocks:
        for statement, comment in statements(block):
            promise = promised(comment)
            if promise is None:
                run(statement, namespace)
                continue
            kept.append(promise)
            if promise == "None":
                assert run(statement, namespace) is None
                continue
            with pytest.raises(Exception) as caught:  # noqa: PT011
                run(statement, namespace)
            assert type(caught.value).__name__ == promise
    assert kept == promises
    assert namespace["s3_client"] is namespace["cache"][namespace["key"]]
    assert namespace["cache"].max_size == 30


def test_the_readmes_examples_reach_the_service(endpoint):
    namespace = {}
    for block in python_blocks("readme.md")[:3]:
        exec(block, namespace)
    namespace["s3"].create_bucket(Bucket="from-the-session")
    names = {bucket["Name"] for bucket in namespace["s3_client"].list_buckets()["Buckets"]}
    assert names == {"from-the-session"}
