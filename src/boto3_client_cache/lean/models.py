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

import functools
import json
import logging
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader, create_loader, instance_cache

from boto3_client_cache import _core

from . import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
            try:
                model = _core.load_model(os.fsencode(path))
            except UnicodeEncodeError:  # no file can have that name
                return super().load_file(file_path)
            if model is False:
                return super().load_file(file_path)
            if model is not None:
                logger.debug("Loading JSON file: %s", path)
                return model
        return None


class Extras(NamedTuple):
    """What botocore has merged into a session's model: where, and what, as JSON."""

    paths: tuple[tuple[str, ...], ...] = ()
    texts: tuple[str, ...] = ()

    def are_in(self, model: Any) -> bool:
        """Whether it is still there, as it was merged."""
        try:
            return all(map(str.__eq__, map(json.dumps, (_at(model, path) for path in self.paths)), self.texts))
        except (LookupError, TypeError, ValueError):  # somebody has put there what no file has
            return False

    def merge_into(self, model: Any) -> None:
        """Put it into another model of the same file."""
        for path, text in zip(self.paths, self.texts, strict=True):
            _at(model, path[:-1])[path[-1]] = json.loads(text)


def _at(model: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        model = model[key]
    return model


def _merged_paths(model: Any, extra: Any, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield where botocore's ``deep_merge`` will replace or add something."""
    for key, value in extra.items():
        if key in model and isinstance(model[key], dict) and isinstance(value, dict):
            yield from _merged_paths(model[key], value, *above, key)
        else:
            yield (*above, key)


_NO_EXTRAS = Extras()


def _unless_for_botocore(method: Callable[..., Any]) -> Callable[..., Any]:
    """Remember what a loader's method returns as botocore remembers it; for None, botocore's own is called."""
    name = method.__name__

    @functools.wraps(method)
    def answer(self: SharedLoader, *args: Any, **kwargs: Any) -> Any:
        if kwargs or not self._reads_the_store():  # asked each time: who wraps botocore's is to see every call
            return getattr(super(SharedLoader, self), name)(*args, **kwargs)
        key = (name, *args)
        if key not in self._cache:
            found = method(self, *args)
            if found is None:
                return getattr(super(SharedLoader, self), name)(*args)
            self._cache[key] = found
        return self._cache[key]

    return answer


class SharedLoader(checks.base(Loader)):  # type: ignore[misc]
    """A botocore loader over the store. Search paths, extras and errors are as botocore's, for each session apart."""

    FILE_LOADER_CLASS = SharedFileLoader

    _cache: dict[Any, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments."""
        super().__init__(*args, **kwargs)
        self._extras: dict[int, Extras] = {}  # by the identity of models, which the loader keeps

    def _reads_the_store(self) -> bool:
        reader = self.file_loader
        return type(reader) is SharedFileLoader and not vars(reader) and checks.LOADER.is_own()

    def list_available_services(self, type_name: str) -> list[str]:
        """List the services that have a model of ``type_name``, sorted."""
        if not self._reads_the_store():
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

    @_unless_for_botocore
    def list_api_versions(self, service_name: str, type_name: str) -> list[str] | None:
        """List the API versions that have a model of ``type_name``, sorted."""
        found = _core.list_versions(tuple(self.search_paths), service_name, type_name)
        if found is None:
            return None
        if not found:
            raise DataNotFoundError(data_path=service_name)
        return sorted(set(found))

    @_unless_for_botocore
    def load_data_with_path(self, name: str) -> tuple[Any, str] | None:
        """Load the first file of that name in the search paths; return where it is, too, without its extension."""
        search_paths = tuple(self.search_paths)
        found = _core.find_model(search_paths, name)
        if found is False:
            return None
        if found is None:
            raise DataNotFoundError(data_path=name)
        model, number, extension = found
        path = os.path.join(search_paths[number], name)
        logger.debug("Loading JSON file: %s", path + extension)
        return model, path

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
        extras = base._find_extras(service_name, type_name, api_version)
        if id(model) in self._extras:  # merged before, for the same version by another spelling
            base._extras_processor.process(model, extras)
        else:
            self._merge(model, extras)
        return model

    def _merge(self, model: Any, extras: Iterable[Any]) -> None:
        paths: list[tuple[str, ...]] = []

        def noted() -> Iterator[Any]:
            for extra in extras:
                merged = extra.get("merge") if isinstance(extra, dict) else None
                if isinstance(merged, dict):  # or botocore says what is wrong
                    paths.extend(_merged_paths(model, merged))
                yield extra

        base: Any = self
        base._extras_processor.process(model, noted())
        if paths:
            self._extras[id(model)] = Extras(tuple(paths), tuple(json.dumps(_at(model, path)) for path in paths))

    def extras_in(self, model: Any) -> Extras:
        """Return what was merged into a model when it was loaded."""
        return self._extras.get(id(model), _NO_EXTRAS)

    def _is_known(self, service_name: object, type_name: str) -> bool:
        """Whether ``service_name`` is sure to be in the list of services; False leaves the question to the list."""
        if not isinstance(service_name, str):
            return False
        if os.path.basename(service_name) != service_name or service_name in {"", ".", ".."}:
            return False
        # Where upper and lower case name the same directory, only the list knows how the service is spelled.
        if _core.is_directory_in(tuple(self.search_paths), service_name.swapcase()) is not False:
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
