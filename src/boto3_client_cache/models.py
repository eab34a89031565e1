"""The process's service models: loaded ahead, listed, dropped.

:func:`preload` loads ahead, :func:`models_info` says what is held, :func:`release_models` drops what no session uses.
How sessions share them: :mod:`boto3_client_cache.lean.models`.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

import botocore.session
from botocore.exceptions import DataNotFoundError, UnknownServiceError

from boto3_client_cache import _core
from boto3_client_cache.lean import trust
from boto3_client_cache.lean.creator import Sharing
from boto3_client_cache.lean.models import RULE_SET
from boto3_client_cache.lean.session import SHARING, Choices, botocore_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ModelInfo", "ModelsInfo", "models_info", "preload", "release_models"]

_COMMON_DATA = ("endpoints", "partitions", "sdk-default-configuration", "_retry")
_SERVICE_DATA = ("service-2", RULE_SET, "paginators-1", "waiters-2")


class ModelInfo(NamedTuple):
    """One file in the store."""

    path: str
    """Where it is."""
    bytes: int
    """The memory it takes."""
    in_use: bool
    """Whether some session has a view of it."""


class ModelsInfo(NamedTuple):
    """What the store holds."""

    bytes: int
    """The memory of all its models."""
    models: tuple[ModelInfo, ...]
    """Each of them, by path."""


def models_info() -> ModelsInfo:
    """Return what the process's store holds. Python objects that sessions made from it are not counted."""
    models = tuple(ModelInfo(os.fsdecode(path), size, in_use) for path, size, in_use in _core.held_models())
    return ModelsInfo(sum(model.bytes for model in models), models)


def preload(*service_names: str, progress: Callable[[tuple[str, ...]], Iterable[str]] | None = None) -> None:
    """Load the models of services ahead, with what every client needs.

    Call it before ``fork`` or before the first request; sessions created later find the models in the store. The search
    path is the default session's: ``AWS_DATA_PATH``, the config file's ``data_path``, ``~/.aws/models`` and botocore's
    own models. Where trust is shared, the default session's CA bundle is loaded too.

    Args:
        *service_names: As for ``boto3.client``.
        progress: What shows the progress, such as ``tqdm`` or ``rich.progress.track``: it is called with the services
            and returns what iterates over them. None shows nothing.

    Raises:
        UnknownServiceError: botocore's, for a service that does not exist.
    """
    session = botocore_session(Choices(models=True)) or botocore.session.get_session()
    loader = session.get_component("data_loader")
    for name in _COMMON_DATA:
        loader.load_data(name)
    for service_name in service_names if progress is None else progress(service_names):
        loader.load_service_model(service_name, _SERVICE_DATA[0])
        for type_name in _SERVICE_DATA[1:]:
            with contextlib.suppress(UnknownServiceError, DataNotFoundError):  # not every service has one
                loader.load_service_model(service_name, type_name)
    sharing: Sharing = getattr(session, SHARING, Sharing())
    if sharing.trust:
        verify = session.get_config_variable("ca_bundle")
        if verify is None:
            verify = os.environ.get("REQUESTS_CA_BUNDLE")
        trust.prepare(True if verify is None else verify)


def release_models() -> int:
    """Drop the models that no session uses, and return their number."""
    return _core.release_models()
