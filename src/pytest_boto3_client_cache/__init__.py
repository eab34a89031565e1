"""A pytest plugin: no test sees a client or resource that another one left in a cache.

With ``clear_client_caches = true`` in pytest's configuration all caches are cleared around every test; the fixture
``fresh_client_caches`` does it around the tests that ask for it. Before the test's own fixtures, so that what modules
cached when they were imported is gone, and after them, so that what was built with a mock or a stub goes with it.

pytest imports its plugins wherever they are installed. So this one is a package of its own, which leaves it to the
tests to import ``boto3_client_cache``, and with it boto3: where nobody has, there is nothing to clear.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

_INI = "clear_client_caches"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option."""
    parser.addini(_INI, "clear all caches of boto3_client_cache before and after each test", type="bool", default=False)


@pytest.fixture
def fresh_client_caches() -> Generator[None, None, None]:
    """Clear all caches of boto3_client_cache before and after the test."""
    _clear_all()
    yield
    _clear_all()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Clear before the first fixture."""
    if item.config.getini(_INI):
        _clear_all()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Clear after the last fixture."""
    try:
        yield
    finally:
        if item.config.getini(_INI):
            _clear_all()


def _clear_all() -> None:
    package = sys.modules.get("boto3_client_cache")
    if package is not None:
        package.clear_all()
