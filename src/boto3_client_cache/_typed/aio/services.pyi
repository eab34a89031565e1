# mypy: ignore-errors
"""The type of each service's client: that of its types-aiobotocore package, or the fallback where there is none.

How: see the module of this name one folder up.
"""

from boto3_client_cache._typed.aio.installed import *
from boto3_client_cache._typed.aio.fallback import *
from boto3_client_cache._typed.aio.installed import *
