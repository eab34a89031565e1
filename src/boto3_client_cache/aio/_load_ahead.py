"""Service models are loaded in a thread before a client is built, so that the event loop does not wait for files.

And what clients of a service share is made there, where the loader is a shared one: for a large service that takes
longer than the rest of the client.

Complexity: a set's look-up where that was done before: for a shared loader by any of the process with the same search
paths, for another one by itself. Thread safety: any thread; two that find nothing both load.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.model import ServiceModel

from boto3_client_cache.lean.models import RULE_SET, SharedLoader

_COMMON = ("endpoints", "partitions", "sdk-default-configuration", "_retry")
_LOADED = "_client_cache_loaded"
_loaded_by_all: set[tuple[Any, ...]] = set()


async def load_ahead(
    loader: Any,
    service_name: Any,
    api_version: str | None,
    make: Callable[[Any, Any], None] | None = None,
) -> None:
    """Have ``loader`` load what a client of a service needs, in a thread; once is enough.

    ``make`` is called there with the service's model and the data of its rules.
    """
    if not isinstance(service_name, str):  # which the building of the client tells of
        return
    is_shared = isinstance(loader, SharedLoader)
    loaded = _loaded_by_all if is_shared else vars(loader).setdefault(_LOADED, set())
    what = (service_name, api_version, *(loader.search_paths if is_shared else ()))
    if what not in loaded:
        await asyncio.to_thread(_load, loader, service_name, api_version, make)
        loaded.add(what)


def _load(loader: Any, service_name: str, api_version: str | None, make: Callable[[Any, Any], None] | None) -> None:
    # What there is not, or cannot be read, the building of the client tells of.
    with contextlib.suppress(DataNotFoundError, UnknownServiceError, ValueError, OSError):
        rule_set = None
        with contextlib.suppress(DataNotFoundError, UnknownServiceError):  # not every service has one
            rule_set = loader.load_service_model(service_name, RULE_SET, api_version=api_version)
        for name in _COMMON:
            loader.load_data(name)
        # The largest last: after that the store returns what its parser has used, which a thread's allocator keeps.
        model = loader.load_service_model(service_name, "service-2", api_version=api_version)
        if make is not None:
            make(ServiceModel(model, service_name=service_name), rule_set)
