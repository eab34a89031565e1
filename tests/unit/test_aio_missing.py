"""Where the extra is not installed."""

from support.child import run_child


def test_without_aiobotocore_the_import_names_the_extra():
    program = """
        import sys
        import boto3_client_cache

        sys.modules["aiobotocore"] = None
        try:
            import boto3_client_cache.aio
        except ImportError as error:
            print(error)
    """
    assert "pip install 'boto3-client-cache[aio]'" in run_child(program)
