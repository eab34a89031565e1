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
    setattr(session, SHARING, sharing)
    given = dict(zip(_PARAMETERS, args, strict=False))
    is_valid = len(args) == len(given) and not given.keys() & kwargs.keys()  # or botocore says what is wrong
    given |= kwargs
    if is_valid and _takes_builtin_handlers(session, given):
        args, kwargs = (), {**given, "event_hooks": builtin_events(), "include_builtin_handlers": False}
    original(session, *args, **kwargs)


def _takes_builtin_handlers(session: Any, given: dict[str, Any]) -> bool:
    return (
        given.get("event_hooks") is None
        and given.get("include_builtin_handlers", True) is True
        and given.keys() <= set(_PARAMETERS)
        and checks.EVENTS.is_own()
        and all(_is_inherited(session, name) for name in ("_register_builtin_handlers", "register"))
    )


def register_event_emitter(original: Any, session: Any) -> None:
    """Register an emitter that shares what its aliases make of names."""
    if _is_adopted(session):
        session._events = share_aliases(session._events)
    original(session)


def register_data_loader(original: Any, session: Any) -> None:
    """Register a loader over the store, which is made when it is needed: where it looks is configured by then."""
    original(session)
    if _is_adopted(session):
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
