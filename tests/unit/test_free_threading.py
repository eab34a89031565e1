"""On a free-threaded CPython the package works without the GIL."""

import sysconfig

import pytest
from support.child import run_child


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has a GIL")
def test_importing_the_package_leaves_the_gil_off_and_warns_of_nothing(monkeypatch):
    monkeypatch.delenv("PYTHON_GIL", raising=False)  # it decides over the GIL whatever is imported
    run_child(  # a warning is an error there
        """
        import sys
        import boto3_client_cache
        from boto3_client_cache import _core, models
        assert not sys._is_gil_enabled()
        """
    )
