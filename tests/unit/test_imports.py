"""What ``import boto3_client_cache`` brings with it."""

import pytest
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


def test_a_second_import_mixed_types_after_sys_modules_was_purged():
    run_child("""
        import sys
        import boto3_client_cache
        key = boto3_client_cache.ClientCacheKey("s3")
        kept = {name: module for name, module in sys.modules.items() if name.startswith("boto3_client_cache")}
        for _ in range(2):
            for name in kept:
                sys.modules.pop(name, None)
            try:
                import boto3_client_cache as again
            except ImportError as error:
                assert "keep boto3_client_cache and its modules in sys.modules" in str(error), error
            else:
                raise AssertionError(again)
        assert key == boto3_client_cache.ClientCacheKey("s3")
        sys.modules.update(kept)
        import boto3_client_cache as again
        assert again is kept["boto3_client_cache"]
    """)


def test_an_import_that_failed_may_be_tried_again():
    run_child("""
        import sys
        for missing in ("boto3", "boto3.session", "botocore.config", "boto3_client_cache.session"):
            for name in [name for name in sys.modules if name.partition(".")[0] == "boto3"]:
                del sys.modules[name]
            sys.modules[missing] = None
            try:
                import boto3_client_cache
            except ImportError as error:
                assert "imported before" not in str(error), error
            else:
                raise AssertionError(missing)
            del sys.modules[missing]
        import boto3_client_cache
        assert boto3_client_cache.client("s3", region_name="us-east-1").meta.region_name == "us-east-1"
    """)


def test_an_interruption_right_after_the_core_had_every_later_import_refused():
    """As a Ctrl-C has it that comes while the compiled core is filled: its handler runs when that has ended."""
    run_child("""
        import importlib.machinery, sys
        plain = importlib.machinery.ExtensionFileLoader.exec_module
        interrupted = []

        def interrupt_once(self, module):
            plain(self, module)
            if module.__name__ == "boto3_client_cache._core" and not interrupted:
                interrupted.append(module.__name__)
                raise KeyboardInterrupt

        importlib.machinery.ExtensionFileLoader.exec_module = interrupt_once
        try:
            import boto3_client_cache
        except KeyboardInterrupt:
            pass
        assert interrupted and not [name for name in sys.modules if name.startswith("boto3_client_cache")]
        import boto3_client_cache
        session = boto3_client_cache.Session(region_name="us-east-1")
        assert session.client("s3") is session.client("s3")
        assert boto3_client_cache.ClientCacheKey("s3") == boto3_client_cache.ClientCacheKey("s3")
    """)


def test_the_package_can_be_reloaded():
    run_child("""
        import importlib
        import boto3_client_cache
        before = boto3_client_cache.ClientCache
        assert importlib.reload(boto3_client_cache).ClientCache is before
    """)


@pytest.mark.parametrize("sort", ["legacy", "isolated"])  # mod_wsgi's share the GIL; isolated ones have their own
@pytest.mark.parametrize("first", ["main", "other"])
def test_an_import_in_a_second_interpreter_crashed_at_exit(first, sort):
    run_child(
        """
        import sys
        try:
            import _interpreters as interpreters  # CPython 3.13 and later
        except ImportError:
            import _xxsubinterpreters as interpreters
        if sys.argv[1] == "main":
            import boto3_client_cache
        if sys.version_info >= (3, 13):
            other = interpreters.create(sys.argv[2])
        else:
            other = interpreters.create(isolated=sys.argv[2] == "isolated")
        program = '''if True:
            try:
                import boto3_client_cache
            except ImportError as error:
                assert "WSGIApplicationGroup %{GLOBAL}" in str(error), error
            else:
                raise AssertionError("imported")
        '''
        failure = interpreters.run_string(other, program)
        assert failure is None, failure
        interpreters.destroy(other)
        import boto3_client_cache
        boto3_client_cache.preload("s3")
        assert boto3_client_cache.client("s3", region_name="us-east-1").meta.region_name == "us-east-1"
        """,
        first,
        sort,
    )
