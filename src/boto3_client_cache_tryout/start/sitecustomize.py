"""Runs first in each Python of a tried-out program, and makes way for the ``sitecustomize`` that would have run.

Any Python that the program starts may come here, of another version and without the packages: it is left alone.
"""

import os
import sys

_folder = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [folder for folder in sys.path if folder != _folder]
try:
    from boto3_client_cache_tryout import starting
except (ImportError, SyntaxError):
    pass
else:
    starting.start()

del sys.modules["sitecustomize"]
import sitecustomize  # type: ignore[import-not-found] # noqa: E402, F401 - where there is none, `site` expects this very ImportError
