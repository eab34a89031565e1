"""Lean sessions: botocore sessions that share with the process's others what is the same in all of them.

What is shared is chosen by a session's arguments and the environment (:class:`Choices`). A lean session is botocore's,
but for its loader, its event emitter, and the function that creates its clients, those too that botocore builds itself,
for STS or SSO. What somebody has replaced in botocore (``checks``) does its work itself.
"""

from __future__ import annotations

import functools
import os
from typing import Any, Literal, NamedTuple

import botocore.session

from boto3_client_cache._masking import shown
from boto3_client_cache.exceptions import CacheError

from . import checks
from .config import LeanConfigValueStore
from .creator import Sharing, create_client
from .credentials import create_credential_resolver
from .events import builtin_events, share_aliases
from .models import shared_like, shared_loader

Scope = Literal["process", "session"]

SHARING = "_client_cache_sharing"  # the attribute of sessions whose clients share
_SCOPES = ("process", "session")
_OFF = ("0", "false", "no", "off")  # no set: what is asked for may have no hash
_VARIABLE = "BOTO3_CLIENT_CACHE_SHARE_"


class Choices(NamedTuple):
    """What a caller has chosen for a session to share; None leaves it to the environment, and then to the default."""

    models: bool | None = None
    trust: bool | None = None
    connections: Scope | Literal[False] | None = None


NO_CHOICE = Choices()


class LeanSession(checks.base(botocore.session.Session)):  # type: ignore[misc]
    """A botocore session whose clients are made of shared parts."""

    _client_cache_sharing = Sharing()
    _events: Any

    def _create_credential_resolver(self) -> Any:
        return create_credential_resolver(self)

    def _register_event_emitter(self) -> None:
        self._events = share_aliases(self._events)
        super()._register_event_emitter()

    def _register_config_store(self) -> None:
        if has_botocores_variables(self) and checks.CONFIG.is_own():
            self.register_component("config_store", LeanConfigValueStore(self))
        else:
            super()._register_config_store()

    def create_client(self, *args: Any, **kwargs: Any) -> Any:
        """Create a client as botocore's method of this name does, of what can be shared."""
        if not checks.CREATOR.is_own():
            return super().create_client(*args, **kwargs)
        return create_client(self, self._client_cache_sharing, args, kwargs)


def has_botocores_variables(session: botocore.session.Session) -> bool:
    """Whether the variables that are set on a session are kept where botocore keeps them."""
    found: Any = type(session).instance_variables
    return found is LeanSession.instance_variables


if checks.CREATOR.is_own():
    functools.update_wrapper(LeanSession.create_client, botocore.session.Session.create_client)


def botocore_session(
    choices: Choices = NO_CHOICE,
    profile_name: str | None = None,
    session: botocore.session.Session | None = None,
) -> botocore.session.Session | None:
    """Return the botocore session to create a boto3 session with; None lets boto3 create one.

    What is not chosen is shared as the environment says, or else: models and trust, and no connections. A ``session``
    that the caller brings keeps what it has, but for what was chosen: with models, its loader gives way to a shared one
    with the same search paths, extras and, unless it is botocore's, file loader; a session of a class of the caller's
    keeps its way to create clients.

    Raises:
        CacheError: There is no such scope of connections.
    """
    if session is not None:
        _make_lean(session, choices)
        return session
    models, sharing = chosen(choices)
    if not checks.SESSION.is_own():
        return None
    if not models and sharing == Sharing():
        return _plain() if choices.models is False else None
    if models and checks.EVENTS.is_own():
        session = LeanSession(event_hooks=builtin_events(), include_builtin_handlers=False)
    else:
        session = LeanSession()
    session._client_cache_sharing = sharing
    if models and checks.LOADER.is_own():
        if profile_name is not None:  # it decides which data_path the config file gives
            session.set_config_variable("profile", profile_name)
        session.register_component("data_loader", shared_loader(session.get_config_variable("data_path")))
    return session


def _plain() -> botocore.session.Session | None:
    """Return a session that shares nothing while ``install()`` reaches botocore's; None lets boto3 create one."""
    init = vars(botocore.session.Session)["__init__"]
    botocores = checks.below_installed(init)
    if botocores is init:
        return None
    session: Any = object.__new__(botocore.session.Session)
    botocores(session)
    return session  # type: ignore[no-any-return]


def chosen(choices: Choices = NO_CHOICE) -> tuple[bool, Sharing]:
    """Return whether a new session shares models, and what else; what is not chosen is as the environment says.

    Raises:
        CacheError: There is no such scope of connections.
    """
    models = _is_on("MODELS") if choices.models is None else choices.models
    sharing = Sharing()
    if choices.connections is None:
        sharing = Sharing(connections=_connections(_setting("CONNECTIONS"), _VARIABLE + "CONNECTIONS"))
    return models, _chosen(choices._replace(models=models), sharing)


def _make_lean(session: botocore.session.Session, choices: Choices) -> None:
    sharing = _chosen(choices, getattr(session, SHARING, Sharing()))
    if choices.models and checks.LOADER.is_own():
        session.register_component("data_loader", shared_like(session.get_component("data_loader")))
    if (choices.models or sharing != Sharing()) and checks.SESSION.is_own() and type(session) is LeanSession.__base__:
        session.__class__ = LeanSession
    if hasattr(session, SHARING):
        setattr(session, SHARING, sharing)


def _chosen(choices: Choices, sharing: Sharing) -> Sharing:
    """Return what is shared by one who has shared ``sharing`` and now chooses; with models, trust is chosen too."""
    trust = _is_on("TRUST") if choices.trust is None and choices.models else choices.trust
    if trust is not None:
        sharing = sharing._replace(trust=bool(trust))
    if choices.connections is not None:
        sharing = sharing._replace(connections=_connections(choices.connections, "share_connections"))
    return sharing


def _connections(scope: Any, name: str) -> object:
    """Return what clients that share connections have in common; None for connections of each client's own."""
    if scope is None or scope is False or scope == "" or scope in _OFF:
        return None
    if scope not in _SCOPES:
        raise CacheError(f'{name} must be "process", "session" or off', param=name, value=shown(scope, name))
    return object() if scope == "session" else scope


def _is_on(name: str) -> bool:
    return _setting(name) not in _OFF


def _setting(name: str) -> str:
    return os.environ.get(_VARIABLE + name, "").strip().lower()
