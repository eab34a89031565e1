"""What importing the package imports: nothing that it does not depend on, whatever is installed."""

from support.child import run_child


def test_importing_the_package_imports_no_optional_dependency():
    run_child(
        """
        import sys
        import boto3
        before = set(sys.modules)
        import boto3_client_cache
        packages = {name.partition(".")[0] for name in set(sys.modules) - before}
        assert packages <= sys.stdlib_module_names | {"boto3", "boto3_client_cache", "botocore"}, packages
        """
    )
