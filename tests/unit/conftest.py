"""Fixtures of the unit tests."""

import pytest
from support.building import Builder


@pytest.fixture
def builder(kind, monkeypatch):
    """Put a stand-in where boto3 builds objects of this kind."""
    return Builder(kind).install(kind, monkeypatch)
