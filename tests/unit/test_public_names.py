"""The importable surface."""

import importlib.resources
import typing
from importlib.metadata import distribution

import boto3
import pytest

import boto3_client_cache

PUBLIC = {
    "cache": {
        "CacheType",
        "EvictionPolicy",
        "ClientCache",
        "ResourceCache",
        "LRUClientCache",
        "LFUClientCache",
        "LRUResourceCache",
        "LFUResourceCache",
        "ClientCacheKey",
        "ResourceCacheKey",
        "SessionCacheKey",
        "clear_all",
    },
    "connections": {"connections_info"},
    "pool": {"SessionPool"},
    "patching": {"cached_boto3", "install", "uninstall"},
    "session": {
        "Session",
        "SessionCache",
        "SessionClientCache",
        "SessionResourceCache",
        "client",
        "resource",
        "setup_default_session",
    },
    "handles": {"ClientHandle", "ResourceHandle", "client_handle", "resource_handle"},
    "exceptions": {
        "CacheError",
        "ClientCacheError",
        "ClientCacheExistsError",
        "ClientCacheNotFoundError",
        "ResourceCacheError",
        "ResourceCacheExistsError",
        "ResourceCacheNotFoundError",
        "SessionCacheError",
        "SessionCacheExistsError",
        "SessionCacheNotFoundError",
    },
}


@pytest.mark.parametrize("module", PUBLIC)
def test_every_name_is_importable_from_its_module_and_from_the_package(module):
    home = importlib.import_module(f"boto3_client_cache.{module}")
    for name in PUBLIC[module]:
        assert getattr(home, name) is getattr(boto3_client_cache, name)


def test_a_star_import_brings_every_public_name():
    assert set().union(*PUBLIC.values()) <= set(boto3_client_cache.__all__)


def test_cache_type_names_the_two_kinds():
    assert set(typing.get_args(boto3_client_cache.CacheType)) == {"client", "resource"}


def test_eviction_policy_names_at_least_lru_and_lfu():
    assert {"LRU", "LFU"} <= set(typing.get_args(boto3_client_cache.EvictionPolicy))


def test_session_is_a_boto3_session():
    assert issubclass(boto3_client_cache.Session, boto3.Session)


def test_the_distribution_has_the_name_users_install():
    metadata = distribution("boto3-client-cache").metadata
    assert metadata["Name"] == "boto3-client-cache"
    assert any(need.startswith("boto3") for need in metadata.get_all("Requires-Dist"))


def test_the_package_is_typed():
    package = importlib.resources.files(boto3_client_cache)
    assert package.joinpath("py.typed").is_file()
