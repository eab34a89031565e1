"""Cached clients for asyncio, of aiobotocore: the extra ``aio``.

``await session.client("s3")`` gives the client that the running event loop has, and builds it where there is none.
"""

from __future__ import annotations

try:
    import aiobotocore.session as _  # noqa: F401
except ImportError as error:
    message = (
        "boto3_client_cache.aio needs aiobotocore, which could not be imported: pip install 'boto3-client-cache[aio]'"
    )
    raise ImportError(message, name=error.name) from error

from boto3_client_cache.aio import _creation  # noqa: F401 - what the first miss would import
from boto3_client_cache.aio.session import Session

__all__ = ["Session"]
