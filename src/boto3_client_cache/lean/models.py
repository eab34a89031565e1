"""Service models, loaded once for all sessions of a process.

What is shared: the text of every model file. A session of plain botocore parses every model it needs for itself, which
is most of a session's memory and time. Here the models lie in one store (``_core``), compact and immutable, and a
session's loader hands out views of them: dicts whose items become Python objects when they are read, and which are the
session's own to change.

When it is not: a file that the store cannot judge (damaged, unreadable, or of a JSON that only Python's ``json``
takes), a loader with a way of reading files of its own, a loader that is not botocore's own (``checks.LOADER``).

What happens then: botocore's loader and reader are called, whose result or exception stands.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader, create_loader, instance_cache

from boto3_client_cache import _core

from . import checks

RULE_SET = "endpoint-rule-set-1"

logger = logging.getLogger("botocore.loaders")  # what it says is botocore's, and it is said in the midst of a creation


class SharedFileLoader(checks.base(JSONFileLoader)):  # type: ignore[misc]
    """Loads model files as views over the process's store."""

    def load_file(self, file_path: str) -> Any:
        """Return a new view of the model at ``file_path``, which has no extension; None if there is no such file."""
        if not checks.LOADER.is_own():
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


class SharedLoader(checks.base(Loader)):  # type: ignore[misc]
    """A botocore loader over the store. Search paths, extras and errors are as botocore's, for each session apart."""

    FILE_LOADER_CLASS = SharedFileLoader

    def list_available_services(self, type_name: str) -> list[str]:
        """List the services that have a model of ``type_name``, sorted."""
        if type(self.file_loader) is not SharedFileLoader or not checks.LOADER.is_own():
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
        if not checks.LOADER.is_own():  # asked each time: who wraps botocore's is to see every call
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
        path = f"{service_name}/{api_version}/{RULE_SET}"
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


def shared_loader(data_path: str | None) -> SharedLoader:
    """Return a loader over the store that finds what botocore's would with this ``data_path``."""
    search_paths = list(create_loader(data_path).search_paths)
    return SharedLoader(extra_search_paths=search_paths, include_default_search_paths=False)


def shared_like(given: Loader) -> SharedLoader:
    """Return a shared loader that finds what ``given`` finds; a way of reading files that is not botocore's stays."""
    loader = SharedLoader(
        extra_search_paths=list(given.search_paths),
        file_loader=None if type(given.file_loader) is JSONFileLoader else given.file_loader,
        include_default_search_paths=False,
        include_default_extras=False,
    )
    loader.extras_types.extend(given.extras_types)
    return loader
