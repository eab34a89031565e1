"""A ``Config`` is read at every call, also where its encoding is remembered by the versions of its dicts."""

from __future__ import annotations

import pytest
from botocore.config import Config

from boto3_client_cache import ClientCacheKey


def key(config: Config) -> ClientCacheKey:
    return ClientCacheKey("s3", config=config)


@pytest.fixture
def config() -> Config:
    made = Config(retries={"max_attempts": 3}, max_pool_connections=50)
    assert key(made) == key(made)  # from here on it is remembered
    return made


def test_an_assigned_attribute_is_seen(config):
    before = key(config)
    for connections in range(1000):
        config.max_pool_connections = connections
        assert f"max_pool_connections={connections}," in key(config).label
    config.max_pool_connections = 50
    assert key(config) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda config: setattr(config, "read_timeout", 5),
        lambda config: vars(config).update(read_timeout=5),
        lambda config: vars(config).__setitem__("read_timeout", 5),
    ],
    ids=["setattr", "update", "setitem"],
)
def test_every_way_of_assigning_is_seen(config, change):
    change(config)
    assert "read_timeout=5" in key(config).label


def test_a_change_inside_an_option_is_seen(config):
    before = key(config)
    config.retries["max_attempts"] = 4
    assert key(config) != before
    config.retries = {"max_attempts": 3}
    assert key(config) == before


def test_a_change_inside_a_list_of_an_option_is_seen(config):
    config.client_context_params = {"Regions": ["eu-west-1"]}
    before = key(config)
    assert key(config) == before
    config.client_context_params["Regions"].append("eu-west-2")
    assert key(config) != before


def test_a_deleted_attribute_is_seen(config):
    before = key(config)
    del config.max_pool_connections
    assert key(config) != before
