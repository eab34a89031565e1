"""Sessions of aiobotocore that share with the process's others what is the same in all of them.

What is shared: service models, built-in event handlers, config variables without chains of providers, the methods of a
service's clients with their docstrings, endpoint rules: what ``boto3_client_cache.lean`` shares, of which aiobotocore's
classes derive from botocore's.

When it is not: while aiobotocore is not its own (``_checks``), or botocore is not (``lean.checks``).

What happens then: aiobotocore does it. A session that cannot pace the creation of its clients has its turn before
it looks for credentials, which may take requests, instead of after.
"""

from __future__ import annotations

from typing import Any

import aiobotocore.args
import aiobotocore.client
import aiobotocore.session
from aiobotocore.hooks import AioHierarchicalEmitter
from aiobotocore.session import AioSession

from boto3_client_cache.aio import _checks
from boto3_client_cache.aio._events import builtin_aio_events, documented_as_botocores
from boto3_client_cache.aio._flights import take_turn
from boto3_client_cache.aio._load_ahead import load_ahead
from boto3_client_cache.lean import checks
from boto3_client_cache.lean import session as lean_session
from boto3_client_cache.lean.adopted import register_shared_loader, takes_builtin_handlers
from boto3_client_cache.lean.borrowed import with_names
from boto3_client_cache.lean.config import LeanConfigValueStore
from boto3_client_cache.lean.creator import SharedMethods
from boto3_client_cache.lean.events import share_aliases
from boto3_client_cache.lean.models import shared_like, shared_loader
from boto3_client_cache.lean.rules import resolver_of_shared_rules, share_rules


class LeanAioClientArgsCreator(checks.base(aiobotocore.args.AioClientArgsCreator)):  # type: ignore[misc]
    """Makes a client's arguments, as aiobotocore's class does."""

    def _build_endpoint_resolver(self, endpoints_ruleset_data: Any, *args: Any, **kwargs: Any) -> Any:
        build = super()._build_endpoint_resolver
        return resolver_of_shared_rules(lambda data: build(data, *args, **kwargs), endpoints_ruleset_data)


class LeanAioClientCreator(SharedMethods, checks.base(aiobotocore.client.AioClientCreator)):  # type: ignore[misc]
    """Creates one client, as aiobotocore's class does, in the loop's turn."""

    async def create_client(self, service_name: Any, *args: Any, **kwargs: Any) -> Any:
        """Create what aiobotocore's method of this name creates."""
        await take_turn()
        await load_ahead(self._loader, service_name, kwargs.get("api_version"), self._make_ahead)
        return await super().create_client(service_name, *args, **kwargs)

    def _make_ahead(self, service_model: Any, rule_set: Any) -> None:
        self._make_parts(service_model)
        if rule_set is not None:
            share_rules(rule_set)

    def _documented_by(self) -> Any:
        return documented_as_botocores(self._event_emitter)

    async def _get_client_args(self, *args: Any, **kwargs: Any) -> Any:
        original: Any = vars(aiobotocore.client.AioClientCreator)["_get_client_args"]
        return await with_names(original, AioClientArgsCreator=LeanAioClientArgsCreator)(self, *args, **kwargs)


class LeanAioSession(checks.base(AioSession)):  # type: ignore[misc]
    """An aiobotocore session whose clients are made of shared parts."""

    _events: Any

    def _register_event_emitter(self) -> None:
        self._events = share_aliases(self._events)
        super()._register_event_emitter()

    def _register_config_store(self) -> None:
        is_ours = type(self).instance_variables is LeanAioSession.instance_variables
        if is_ours and checks.CONFIG.is_own():
            self.register_component("config_store", LeanConfigValueStore(self))
        else:
            super()._register_config_store()

    async def _create_client(self, *args: Any, **kwargs: Any) -> Any:
        if not _checks.CREATOR.is_own():
            return await super()._create_client(*args, **kwargs)
        original: Any = vars(AioSession)["_create_client"]
        return await with_names(original, AioClientCreator=LeanAioClientCreator)(self, *args, **kwargs)


def aio_session(share_models: bool | None, profile_name: str | None, session: AioSession | None) -> AioSession:
    """Return the session to build clients with: the caller's, or one that shares models.

    A session that the caller brings keeps what it has; with ``share_models`` its loader gives way to a shared one with
    the same search paths, extras and, unless it is botocore's, file loader.
    """
    if session is not None:
        if share_models:
            make_lean(session)
        return session
    if share_models is False or (share_models is None and not lean_session._is_on("MODELS")):
        return AioSession(profile=profile_name)
    if not _checks.SESSION.is_own():
        return AioSession(profile=profile_name)
    if _checks.EVENTS.is_own():
        made = LeanAioSession(event_hooks=builtin_aio_events(), include_builtin_handlers=False, profile=profile_name)
    else:
        made = LeanAioSession(profile=profile_name)
    if checks.LOADER.is_own():
        made.register_component("data_loader", shared_loader(made.get_config_variable("data_path")))
    return made


def make_lean(session: AioSession) -> None:
    """Let a session share models; one of a class of the caller's keeps its way to create clients."""
    if checks.LOADER.is_own():
        session.register_component("data_loader", shared_like(session.get_component("data_loader")))
    if _checks.SESSION.is_own() and type(session) is LeanAioSession.__base__:
        session.__class__ = LeanAioSession


def adopt(original: Any, session: Any, given: dict[str, Any]) -> None:
    """Make a session that somebody makes of aiobotocore's, or of a class of his own, while ``install()`` reaches it.

    ``original`` is botocore's ``Session.__init__``, and ``given`` what aiobotocore's calls it with.
    """
    if not _checks.SESSION.is_own():
        original(session, **given)
        return
    if _is_new(given.get("event_hooks")) and takes_builtin_handlers(session, given) and _checks.EVENTS.is_own():
        given.update(event_hooks=builtin_aio_events(), include_builtin_handlers=False)
    if type(session) is LeanAioSession.__base__:
        session.__class__ = LeanAioSession
    original(session, **given)
    register_shared_loader(session)


def _is_new(emitter: Any) -> bool:
    """Whether it is what aiobotocore makes for a session, without handlers yet."""
    return type(emitter) is AioHierarchicalEmitter and not emitter._handlers._root["children"]


async def create_client(session: AioSession, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Have ``session`` create a client, in the loop's turn."""
    if not (isinstance(session, LeanAioSession) and _checks.CREATOR.is_own()):
        await take_turn()
        service_name = args[0] if args else kwargs.get("service_name")
        await load_ahead(session.get_component("data_loader"), service_name, kwargs.get("api_version"))
    return await session.create_client(*args, **kwargs).__aenter__()
