"""What ``import boto3_client_cache`` brings with it."""

from support.child import run_child


def test_it_imports_boto3_and_the_standard_library_and_nothing_else():
    run_child("""
        import sys
        import boto3, boto3.session
        before = set(sys.modules)
        import boto3_client_cache
        boto3_client_cache.cached_boto3, boto3_client_cache.clear_all, boto3_client_cache.preload
        new = {name.partition(".")[0] for name in set(sys.modules) - before}
        strangers = new - set(sys.stdlib_module_names) - {"boto3", "botocore", "boto3_client_cache"}
        assert not strangers, strangers
    """)


def test_the_pytest_plugin_imports_no_more_than_pytest():
    run_child("""
        import sys
        import pytest
        before = set(sys.modules)
        import pytest_boto3_client_cache
        assert set(sys.modules) - before == {"pytest_boto3_client_cache"}
    """)
