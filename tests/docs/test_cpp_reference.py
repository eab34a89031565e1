"""Each declaration of docs/cpp-reference.md stands so in the header that the page names above it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LINE = re.compile(r"^In (?P<headers>`.+):$|^ *\.\. cpp:(?P<kind>[\w-]+):: (?P<declaration>.+)$", re.MULTILINE)
PREFIX = {"class": "class ", "struct": "struct ", "enum-class": "enum class ", "type": "using ", "concept": "concept "}


def normal(text):
    """Without attributes and what a declaration is not told apart by, every gap one space."""
    text = re.sub(r"\[\[\w+\]\] |\bexplicit |CLIENT_CACHE_\w+(\(\w+\))? ?|//[^\n]*", "", text)
    return re.sub(r"\s+", " ", text)


def declarations():
    """Yield the headers that a declaration may stand in, and the declaration as C++ has it."""
    headers = ()
    for match in LINE.finditer((ROOT / "docs" / "cpp-reference.md").read_text(encoding="utf-8")):
        if match["headers"]:
            headers = tuple(re.findall(r"client_cache/\w+\.hpp", match["headers"]))
        elif match["kind"] != "namespace":
            template, declaration = re.match(r"(template <.*?>(?= \w+(?: :|$)) )?(.*)", match["declaration"]).groups()
            yield headers, f"{template or ''}{PREFIX.get(match['kind'], '')}{declaration}"


DECLARATIONS = list(declarations())


@pytest.mark.parametrize(("headers", "declaration"), DECLARATIONS)
def test_a_declaration_of_the_reference_stands_in_its_header(headers, declaration):
    code = " ".join(normal((ROOT / "cpp" / "include" / header).read_text(encoding="utf-8")) for header in headers)
    assert normal(declaration) in code


def test_the_reference_is_looked_at():
    assert len(DECLARATIONS) > 50
