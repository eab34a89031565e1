"""The examples of the page about asyncio, which need what is installed here."""

from pathlib import Path

import pytest
from support.examples import run_page

PAGE = Path(__file__).parent.parent.parent / "docs" / "asyncio.md"


@pytest.mark.skipif(not PAGE.exists(), reason="a source distribution has no pages")
def test_the_examples_run(endpoint, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    run_page(PAGE)
