"""Service models are loaded in a thread before a client is built, so that the event loop does not wait for files."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError

from boto3_client_cache.lean.models import RULE_SET

_COMMON = ("endpoints", "partitions", "sdk-default-configuration", "_retry")
_LOADED = "_client_cache_loaded"


async def load_ahead(loader: Any, service_name: Any, api_version: str | None) -> None:
    """Have ``loader`` load what a client of a service needs, in a thread; once is enough."""
    loaded: set[Any] = vars(loader).setdefault(_LOADED, set())
    if not isinstance(service_name, str) or (service_name, api_version) in loaded:
        return
    await asyncio.to_thread(_load, loader, service_name, api_version)
    loaded.add((service_name, api_version))


def _load(loader: Any, service_name: str, api_version: str | None) -> None:
    # What there is not, or cannot be read, the building of the client tells of.
    with contextlib.suppress(DataNotFoundError, UnknownServiceError, ValueError, OSError):
        for name in _COMMON:
            loader.load_data(name)
        for type_name in ("service-2", RULE_SET):
            loader.load_service_model(service_name, type_name, api_version=api_version)
