"""Config variables whose chains of providers are made when somebody asks for one.

What is shared: nothing. What is saved: botocore gives each session some 60 chains of provider objects (session
variable, environment, config file, default), and each client a copy of the store of them. Here a variable is looked up
in the same places, in the same order, straight from botocore's table.

When it is not: a variable whose provider somebody has set, or has been given; a session whose methods are not
botocore's; while somebody has replaced what makes or walks chains (``checks.CONFIG``), which is looked at when a
session is made and for each client.

What happens then: botocore's chains are made, and asked.
"""

from __future__ import annotations

import copy
import os
from typing import Any

import botocore.configprovider
import botocore.session
from botocore.configprovider import ConfigValueStore

from . import checks

_configprovider: Any = botocore.configprovider

# What botocore keeps in a dict of its own, by the section of the config file.
_SECTIONS = {"s3": "DEFAULT_S3_CONFIG_VARS", "proxies_config": "DEFAULT_PROXIES_CONFIG_VARS"}
_ENVIRON = type(os.environ)
# botocore's, by ``checks.CONFIG``: the way to a profile's section of the config file.
_GET_SCOPED_CONFIG, _BUILD_PROFILE_MAP, _GET_CONFIG_VARIABLE = map(
    vars(botocore.session.Session).get, ("get_scoped_config", "_build_profile_map", "get_config_variable")
)
_Place = Any  # a name in the config file, or a section's and a name in it


class _Chain:
    """Where one variable is looked up; immutable."""

    __slots__ = ("convert", "default", "environment", "name", "places")

    def __init__(self, name: str, places: Any, environment: Any, default: Any, convert: Any) -> None:
        self.name = name
        self.environment = tuple((variable, _key(variable)) for variable in _several(environment))
        self.places: tuple[_Place, ...] = _several(places)
        self.default = default
        self.convert = convert

    def value(self, common: _Session) -> Any:
        """Look it up as botocore's chain does: the first that is not None."""
        value = common.session._session_instance_vars.get(self.name)
        if value is None:
            present = common.present
            for variable, key in self.environment:
                if variable in common.environ if present is None else key in present:
                    value = common.environ[variable]
                    if value is not None:  # an environment of the tests' may hold anything
                        break
            if value is None and self.places:
                config = common.scoped_config()
                if config:
                    value = self._configured(config)
            if value is None:
                value = self.default
        return value if value is None or self.convert is None else self.convert(value)

    def _configured(self, config: Any) -> Any:
        for place in self.places:
            held, name = config, place
            if isinstance(place, tuple):
                held, name = config.get(place[0]), place[1]
                if not isinstance(held, dict):
                    continue
            value = held.get(name)
            if value is not None:
                return value
        return None


class _Defaults:
    """The chains that a new session has: botocore's own table, read once for as long as it stays as it is."""

    def __init__(self, tables: tuple[dict[str, Any], ...]) -> None:
        self.tables = tables
        variables, *sections = tables
        self.chains = {name: _Chain(name, *where) for name, where in variables.items() if name not in _SECTIONS}
        self.sections = {
            section: [(name, _Chain(name, *where)) for name, where in table.items()]
            for section, table in zip(_SECTIONS, sections, strict=True)
        }


def _key(variable: str) -> Any:
    """Return a variable's name as the system has it, which is quicker to find there than to make for each look."""
    encode = getattr(os.environ, "encodekey", None)
    return variable if encode is None else encode(variable)


def _several(value: Any) -> tuple[Any, ...]:
    return () if value is None else tuple(value) if isinstance(value, list) else (value,)


_read: _Defaults | None = None


def _defaults() -> _Defaults:
    global _read  # noqa: PLW0603
    names = ("BOTOCORE_DEFAUT_SESSION_VARIABLES", *_SECTIONS.values())
    tables = tuple(dict(getattr(_configprovider, name)) for name in names)
    if _read is None or _read.tables != tables:
        _read = _Defaults(tables)
    return _read


class _Session:
    """What the stores of a session and of its clients have in common."""

    __slots__ = ("_made", "defaults", "environ", "present", "session")

    def __init__(self, session: Any) -> None:
        self.session = session
        self.environ = os.environ  # that of now, as botocore's chains have it
        own = vars(os.environ).get("_data") if type(os.environ) is _ENVIRON else None
        self.present = own if type(own) is dict else None
        self.defaults = _defaults()
        self._made: dict[str, dict[str, Any]] = {}

    def value(self, name: str) -> Any:
        if self._made:
            provider = self.providers().get(name)
            return None if provider is None else provider.provide()
        if name in self.defaults.sections:
            return self._section(name)
        chain = self.defaults.chains.get(name)
        return None if chain is None else chain.value(self)

    def _section(self, name: str) -> Any:
        section = self.session.get_scoped_config().get(name)
        if section and not isinstance(section, dict):
            return self.providers()[name].provide()  # which says so in the log
        for variable, chain in self.defaults.sections[name]:
            value = chain.value(self)
            if value is not None:
                if section is None:
                    section = {}
                section[variable] = value
        return section

    def scoped_config(self) -> Any:
        """Return what ``get_scoped_config`` returns, in which nearly every variable is looked up."""
        session = self.session
        kind, own = type(session), vars(session)
        profiles = own.get("_profile_map")
        if (
            profiles is None
            or kind.get_scoped_config is not _GET_SCOPED_CONFIG
            or kind._build_profile_map is not _BUILD_PROFILE_MAP
            or kind.get_config_variable is not _GET_CONFIG_VARIABLE
            or "get_scoped_config" in own
            or "_build_profile_map" in own
            or "get_config_variable" in own
        ):
            return session.get_scoped_config()
        profile = session.get_component("config_store").get_config_variable("profile")
        if profile is None:
            return profiles.get("default", {})
        config = profiles.get(profile)
        return session.get_scoped_config() if config is None else config  # which says what is missing

    def providers(self) -> dict[str, Any]:
        """Return botocore's chains, which are asked from now on: who has one may change it."""
        if not self._made:
            mapping = _configprovider.create_botocore_default_config_mapping(self.session)
            self._made.setdefault("providers", mapping)
        return self._made["providers"]


class LeanConfigValueStore(checks.base(ConfigValueStore)):  # type: ignore[misc]
    """A botocore config store of a session, or of a client, which begins as a copy of its session's."""

    def __init__(self, session: Any) -> None:
        """Begin with what a new session of botocore's has."""
        super().__init__()
        self._common = _Session(session)

    def __copy__(self) -> Any:
        """Return the store of a client."""
        if not checks.CONFIG.is_own():
            return copy.copy(self._botocores())
        copied = type(self).__new__(type(self))
        copied._common = self._common
        copied._overrides = self._overrides.copy()
        copied._mapping = self._mapping.copy()
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return a store with copies of all providers."""
        return copy.deepcopy(self._botocores(), memo)

    def _botocores(self) -> Any:
        """Return botocore's store of the same variables."""
        store = ConfigValueStore({**self._common.providers(), **self._mapping})
        for name, value in self._overrides.items():
            store.set_config_variable(name, value)
        return store

    def get_config_variable(self, logical_name: str) -> Any:
        """Return the value of a variable, or None."""
        if logical_name in self._overrides or logical_name in self._mapping:
            return super().get_config_variable(logical_name)
        common = self._common
        chain = None if common._made else common.defaults.chains.get(logical_name)
        return common.value(logical_name) if chain is None else chain.value(common)

    def get_config_provider(self, logical_name: str) -> Any:
        """Return the provider of a variable; None if there is none, or if its value was set."""
        if logical_name in self._overrides or logical_name in self._mapping:
            return super().get_config_provider(logical_name)
        return self._common.providers().get(logical_name)
