"""Service models, loaded once for all sessions of a process.

A session of plain botocore parses every model it needs for itself, which is most of a session's memory and time. Here
the models lie in one store (``_core``), compact and immutable, and a session's loader hands out views of them: dicts
whose items become Python objects when they are read, and which are the session's own to change.

:func:`preload` loads ahead, :func:`models_info` says what is held, :func:`release_models` drops what no session uses.
Sharing is off for a session with ``share_models=False``, and by default in processes whose environment has
``BOTO3_CLIENT_CACHE_SHARE_MODELS=0``.
"""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader, create_loader, instance_cache
from botocore.model import ServiceModel

from . import _botocore_checks, _core
from ._events import builtin_events
from ._rules import share_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "ModelInfo",
    "ModelsInfo",
    "SharedFileLoader",
    "SharedLoader",
    "botocore_session",
    "models_info",
    "preload",
    "release_models",
    "share_client_parts",
]

_SWITCH = "BOTO3_CLIENT_CACHE_SHARE_MODELS"
_COMMON_DATA = ("endpoints", "partitions", "sdk-default-configuration", "_retry")
_RULE_SET = "endpoint-rule-set-1"
_SERVICE_DATA = ("service-2", _RULE_SET, "paginators-1", "waiters-2")

logger = logging.getLogger("botocore.loaders")  # what it says is botocore's, and it is said in the midst of a creation


class SharedFileLoader(_botocore_checks.base(JSONFileLoader)):  # type: ignore[misc]
    """Loads model files as views over the process's store.

    A file that the store cannot judge (damaged, unreadable, or of a JSON that only Python's ``json`` takes) is left to
    botocore's own reader, whose result or exception stands. So is every file while somebody has replaced that reader.
    """

    def load_file(self, file_path: str) -> Any:
        """Return a new view of the model at ``file_path``, which has no extension; None if there is no such file."""
        if not _botocore_checks.LOADER.is_own():
            return super().load_file(file_path)
        for extension in (".json", ".json.gz"):
            path = file_path + extension
            if not os.path.isabs(path):  # not abspath(), to which `link/..` is where the link is
                path = os.path.join(os.getcwd(), path)
            model = _core.load_model(os.fsencode(path))
            if model is False:
                return super().load_file(file_path)
            if model is not None:
                logger.debug("Loading JSON file: %s", path)
                return model
        return None


class SharedLoader(_botocore_checks.base(Loader)):  # type: ignore[misc]
    """A botocore loader over the store. Search paths, extras and errors are as botocore's, for each session apart."""

    FILE_LOADER_CLASS = SharedFileLoader

    def list_available_services(self, type_name: str) -> list[str]:
        """List the services that have a model of ``type_name``, sorted."""
        if type(self.file_loader) is not SharedFileLoader or not _botocore_checks.LOADER.is_own():
            listed: list[str] = super().list_available_services(type_name)  # the base class has no types
        else:
            listed = self._list_services(type_name)
        return listed

    @instance_cache
    def _list_services(self, type_name: str) -> list[str]:
        found: set[str] = set()
        for path in self.search_paths:
            found.update(_core.list_services(os.fsencode(path), type_name))
        return sorted(found)

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """Load a service's model; unlike botocore's, without listing every service first."""
        if not _botocore_checks.LOADER.is_own():  # asked each time: who wraps botocore's is to see every call
            return super().load_service_model(service_name, type_name, api_version)
        return self._load_service_model(service_name, type_name, api_version)

    @instance_cache
    def _load_service_model(self, service_name: str, type_name: str, api_version: str | None) -> Any:
        if not self._is_known(service_name, type_name):
            return super().load_service_model(service_name, type_name, api_version)
        if api_version is None:
            api_version = self.determine_latest_version(service_name, type_name)
        model = self.load_data(os.path.join(service_name, api_version, type_name))
        base: Any = self  # these two have no stubs
        base._extras_processor.process(model, base._find_extras(service_name, type_name, api_version))
        return model

    def held_rule_set(self, service_name: str, api_version: str) -> Any:
        """Return the endpoint rule set that was loaded before, or None. Nothing is loaded, so nothing can fail."""
        path = f"{service_name}/{api_version}/{_RULE_SET}"
        data, _ = getattr(self, "_cache", {}).get(("load_data_with_path", path), (None, None))
        return data

    def _is_known(self, service_name: object, type_name: str) -> bool:
        """Whether ``service_name`` is sure to be in the list of services; False leaves the question to the list."""
        if not isinstance(service_name, str):
            return False
        if os.path.basename(service_name) != service_name or service_name in {"", ".", ".."}:
            return False
        # Where upper and lower case name the same directory, only the list knows how the service is spelled.
        other_case = service_name.swapcase()
        if any(os.path.isdir(os.path.join(path, other_case)) for path in self.search_paths):
            return False
        try:
            return bool(self.list_api_versions(service_name, type_name))
        except (DataNotFoundError, OSError):
            return False


def _is_on_by_default() -> bool:
    return os.environ.get(_SWITCH, "").strip().lower() not in {"0", "false", "no", "off"}


def _shared_loader(data_path: str | None) -> SharedLoader:
    search_paths = list(create_loader(data_path).search_paths)
    return SharedLoader(extra_search_paths=search_paths, include_default_search_paths=False)


def _shared_like(given: Loader) -> SharedLoader:
    """Return a shared loader that finds what ``given`` finds; a way of reading files that is not botocore's stays."""
    loader = SharedLoader(
        extra_search_paths=list(given.search_paths),
        file_loader=None if type(given.file_loader) is JSONFileLoader else given.file_loader,
        include_default_search_paths=False,
        include_default_extras=False,
    )
    loader.extras_types.extend(given.extras_types)
    return loader


def botocore_session(
    share_models: bool | None = None,
    profile_name: str | None = None,
    session: botocore.session.Session | None = None,
) -> botocore.session.Session | None:
    """Return the botocore session to create a boto3 session with; None lets boto3 create one.

    ``share_models`` None means: share, unless the environment turns it off or the caller brings a ``session`` of his
    own, which keeps its loader. With True such a session gets a shared loader with the same search paths, extras
    and, unless it is botocore's, file loader. What somebody has replaced in botocore does its work itself.
    """
    if share_models is None:
        share_models = session is None and _is_on_by_default()
    if not share_models:
        return session
    if session is not None:
        if _botocore_checks.LOADER.is_own():
            session.register_component("data_loader", _shared_like(session.get_component("data_loader")))
        return session
    if not _botocore_checks.SESSION.is_own():
        return None
    if _botocore_checks.EVENTS.is_own():
        session = botocore.session.Session(event_hooks=builtin_events(), include_builtin_handlers=False)
    else:
        session = botocore.session.Session()
    if _botocore_checks.LOADER.is_own():
        if profile_name is not None:  # it decides which data_path the config file gives
            session.set_config_variable("profile", profile_name)
        session.register_component("data_loader", _shared_loader(session.get_config_variable("data_path")))
    return session


def share_client_parts(session: botocore.session.Session, client: Any) -> None:
    """Let a client that was just created use what its session's loader can share beyond models: the endpoint rules.

    Does nothing for a session without a shared loader, for what is no botocore client, for a client whose rules are of
    another version than its model, and while somebody has replaced what makes clients.
    """
    if not _botocore_checks.CLIENT.is_own():
        return
    loader = session.get_component("data_loader")
    service_model = getattr(vars(client).get("meta"), "service_model", None)  # not by getattr: a stand-in may have none
    if isinstance(loader, SharedLoader) and isinstance(service_model, ServiceModel):
        view = loader.held_rule_set(service_model.service_name, service_model.metadata.get("apiVersion", ""))
        if view is not None:
            share_rules(client, view)


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
    own models.

    Args:
        *service_names: As for ``boto3.client``.
        progress: What shows the progress, such as ``tqdm`` or ``rich.progress.track``: it is called with the services
            and returns what iterates over them. None shows nothing.

    Raises:
        UnknownServiceError: botocore's, for a service that does not exist.
    """
    session = botocore_session(share_models=True) or botocore.session.get_session()
    loader = session.get_component("data_loader")
    for name in _COMMON_DATA:
        loader.load_data(name)
    for service_name in service_names if progress is None else progress(service_names):
        loader.load_service_model(service_name, _SERVICE_DATA[0])
        for type_name in _SERVICE_DATA[1:]:
            with contextlib.suppress(UnknownServiceError, DataNotFoundError):  # not every service has one
                loader.load_service_model(service_name, type_name)


def release_models() -> int:
    """Drop the models that no session uses, and return their number."""
    return _core.release_models()
