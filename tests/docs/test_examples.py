"""The Python examples of the README and of every page run as they stand, against a real HTTP endpoint."""

import importlib.util
import re
from pathlib import Path

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from support.examples import blocks_of, run

import boto3_client_cache
from boto3_client_cache import ClientCacheKey

ROOT = Path(__file__).parent.parent.parent
PAGES = {str(page.relative_to(ROOT)): page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
BLOCKS = [block for page in PAGES.values() for block in blocks_of(page)]


@pytest.mark.parametrize("page", [name for name, path in PAGES.items() if blocks_of(path)])
def test_the_examples_of_a_page_run(page, endpoint, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    namespace = {"__name__": "page"}
    for block in blocks_of(PAGES[page]):
        if "no-test" not in block.info and all(map(importlib.util.find_spec, block.needs)):
            run(block, namespace)


def test_a_block_that_does_not_run_says_so_in_a_way_that_is_known():
    unknown = [block for block in BLOCKS if block.info not in {(), ("no-test",)} and not block.needs]
    assert unknown == []


ROW = re.compile(r"^\| (?P<verdict>same|different)\b[^|]*\| `(?P<one>[^`]+)` \| `(?P<other>[^`]+)` \|$", re.MULTILINE)
ROWS = [match.groups() for match in ROW.finditer((ROOT / "docs" / "identity.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("verdict", "one", "other"), ROWS)
def test_the_tables_of_identities_are_right(verdict, one, other):
    first, second = (
        eval(f"ClientCacheKey({call})", {**vars(boto3_client_cache), "Config": Config, "UNSIGNED": UNSIGNED, "Path": Path})
        for call in (one, other)
    )
    assert (first == second) == (verdict == "same")
    assert hash(first) == hash(second) or verdict == "different"


def test_there_are_tables_of_identities():
    assert len(ROWS) > 20
