"""Copies of the caller's ``botocore.config.Config``, since botocore rewrites the one it is given."""

from __future__ import annotations

import copy
from typing import Any

from botocore.config import Config

from boto3_client_cache import _core


def private_configs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call with every ``Config`` among them replaced by a copy."""
    return tuple(map(_private, args)), {name: _private(value) for name, value in kwargs.items()}


def _private(value: Any) -> Any:
    return _copy(value) if isinstance(value, Config) else value


def _copy(config: Config) -> Config:
    """Copy a ``Config`` with its containers.

    What was assigned to its attributes since it was made counts as given, in the copy as in the key: botocore would
    lose it when it merges the ``Config`` with a session's default one.
    """
    twin = copy.copy(config)
    copied: dict[int, Any] = {}
    provided = vars(config).get("_user_provided_options") or ()  # a derived class takes more
    attributes = {name: _copy_containers(value, copied) for name, value in vars(config).items()}
    given = {
        name: _copy_containers(value, copied)
        for name, value in _core.given_options(config).items()
        if name in Config.OPTION_DEFAULTS or name in provided  # botocore refuses any other
    }
    vars(twin).update(attributes, _user_provided_options=given)
    return twin


def _copy_containers(value: Any, copied: dict[int, Any]) -> Any:
    """Copy dicts and lists all the way down, one copy for each; anything else is what it was."""
    if id(value) in copied:
        return copied[id(value)]
    if type(value) is dict:
        twin: Any = {}
        copied[id(value)] = twin
        twin.update((name, _copy_containers(item, copied)) for name, item in value.items())
        return twin
    if type(value) is list:
        twin = []
        copied[id(value)] = twin
        twin.extend(_copy_containers(item, copied) for item in value)
        return twin
    return value
