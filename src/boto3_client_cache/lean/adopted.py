"""Sessions of botocore's that others make, while ``install()`` reaches them.

What is shared: what a lean session shares (``session``), as the environment chooses it. A session stays of its own
class: what botocore's ``Session`` does in its methods, it does here by the functions that a ``LeanSession`` does it by.
They are methods of botocore's class meanwhile (``patching``).

When it is not: a session that was made before; what a class of somebody's own does otherwise; an emitter or components
that somebody gave or gives the session; botocore is not its own (``checks``).

What happens then: the method that was there does it.

Each function here takes that method first, as a function, and then what it is called with. Complexity: that of
botocore's method, or less. Thread safety: as a session's.
"""

from __future__ import annotations

import sys
from typing import Any

import botocore.session

from . import checks
from .config import LeanConfigValueStore
from .creator import create_client as create_lean_client
from .credentials import create_credential_resolver as create_lean_credential_resolver
from .events import builtin_events, share_aliases
from .models import shared_loader
from .session import SHARING, LeanSession, chosen, has_botocores_variables

_PARAMETERS = ("session_vars", "event_hooks", "include_builtin_handlers", "profile")


def init(original: Any, session: Any, *args: Any, **kwargs: Any) -> None:
    """Make a session that shares."""
    shares_models, sharing = chosen()
    if isinstance(session, LeanSession) or not shares_models or not checks.SESSION.is_own():
        original(session, *args, **kwargs)
        return
    given = dict(zip(_PARAMETERS, args, strict=False))
    if len(args) > len(given) or given.keys() & kwargs.keys() or kwargs.keys() - set(_PARAMETERS):
        original(session, *args, **kwargs)  # which says what is wrong
        return
    given |= kwargs
    asynchronous = _asynchronous(session)
    if asynchronous is not None:
        asynchronous.adopt(original, session, given)
        return
    setattr(session, SHARING, sharing)
    if given.get("event_hooks") is None and takes_builtin_handlers(session, given) and checks.EVENTS.is_own():
        given.update(event_hooks=builtin_events(), include_builtin_handlers=False)
    original(session, **given)


def takes_builtin_handlers(session: Any, given: dict[str, Any]) -> bool:
    """Whether a session that is made with ``given`` takes botocore's built-in handlers, as botocore registers them."""
    names = ("_register_builtin_handlers", "register")
    return given.get("include_builtin_handlers", True) is True and all(_is_inherited(session, name) for name in names)


def _asynchronous(session: Any) -> Any:
    """Return what adopts sessions of aiobotocore, if this is one, and of a version that the extra ``aio`` takes."""
    aiobotocore = sys.modules.get("aiobotocore.session")
    if aiobotocore is None or not isinstance(session, aiobotocore.AioSession):
        return None
    try:
        from boto3_client_cache.aio import _lean  # noqa: PLC0415 - only where aiobotocore is in use
    except ImportError:
        return None
    return _lean


def register_event_emitter(original: Any, session: Any) -> None:
    """Register an emitter that shares what its aliases make of names."""
    if _is_adopted(session):
        session._events = share_aliases(session._events)
    original(session)


def register_data_loader(original: Any, session: Any) -> None:
    """Register a loader over the store, which is made when it is needed: where it looks is configured by then."""
    original(session)
    if _is_adopted(session):
        register_shared_loader(session)


def register_shared_loader(session: Any) -> None:
    """Have a session make a loader over the store when it needs one."""
    session._components.lazy_register_component("data_loader", lambda: _loader(session))


def _loader(session: Any) -> Any:
    data_path = session.get_config_variable("data_path")
    create: Any = shared_loader if checks.LOADER.is_own() else botocore.session.create_loader
    return create(data_path)


def register_config_store(original: Any, session: Any) -> None:
    """Register a store of config variables without chains of providers."""
    if _is_adopted(session) and has_botocores_variables(session) and checks.CONFIG.is_own():
        session.register_component("config_store", LeanConfigValueStore(session))
    else:
        original(session)


def create_credential_resolver(original: Any, session: Any) -> Any:
    """Create a resolver whose providers make their HTTP parts when they need them."""
    if not _is_adopted(session) or not checks.CREDENTIALS.is_own():
        return original(session)
    return create_lean_credential_resolver(session)


def create_client(original: Any, session: Any, *args: Any, **kwargs: Any) -> Any:
    """Create a client of shared parts."""
    if not _is_adopted(session) or not checks.CREATOR.is_own():
        return original(session, *args, **kwargs)
    return create_lean_client(session, vars(session)[SHARING], args, kwargs)


METHODS = {
    "__init__": init,
    "_register_event_emitter": register_event_emitter,
    "_register_data_loader": register_data_loader,
    "_register_config_store": register_config_store,
    "_create_credential_resolver": create_credential_resolver,
    "create_client": create_client,
}


def _is_adopted(session: Any) -> bool:
    return SHARING in vars(session) and not isinstance(session, LeanSession)


def _is_inherited(session: Any, name: str) -> bool:
    """Whether a session's class has botocore's own."""
    return getattr(type(session), name, None) is getattr(LeanSession, name)
