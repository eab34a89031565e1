"""boto3 is as it was after each of these tests."""

import pytest
from support.patching import PLAIN, state_of_boto3

from boto3_client_cache import CacheError, install, uninstall


@pytest.fixture(autouse=True)
def _restored_afterwards():
    yield
    assert state_of_boto3() == PLAIN
    with pytest.raises(CacheError, match="nothing to uninstall"):
        uninstall()


@pytest.fixture
def installed():
    install()
    yield
    uninstall()
