"""What is noted of boto3 in a process: sessions that are made, clients that are asked for, and who asked.

Observed are methods of botocore's and boto3's classes, by functions around them: ``Session.__init__`` of both, and
botocore's ``Session.create_client``, which every client comes from. boto3's ``client`` and ``resource`` stay as they
are: programs assign to their ``__defaults__``. Whether it was they who asked, and which session's, the stack says.

With the package installed nothing of botocore's is touched; the package's own function that creates is watched.

Does not change what a call returns or raises. What goes wrong in here is not noted, and the program goes on.
"""

from __future__ import annotations

import os
import sys
import time
from contextvars import ContextVar
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from boto3_client_cache_tryout.imports import when_imported

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3_client_cache_tryout.journal import Journal

# Whose frames are passed over on the way to the line that asked.
_LIBRARIES = {"boto3", "botocore", "aioboto3", "aiobotocore", "boto3_client_cache", "boto3_client_cache_tryout"}
_PARAMETERS = (  # of create_client
    *("service_name", "region_name", "api_version", "use_ssl", "verify", "endpoint_url"),
    *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "config"),
)
_DEFAULTS = {"use_ssl": True}  # the others' are None
_PLAIN = frozenset(_PARAMETERS[:5])  # they hold no secret
_OF_RESOURCES = {"user_agent_extra": "Resource"}  # boto3's own Config, where a caller has given none
_SALT = os.urandom(16)

_inside: ContextVar[bool] = ContextVar("inside", default=False)  # whether a call that is noted has made this one


class _Asker(NamedTuple):
    """Who asked for a client or a session."""

    kind: str
    """``client`` and ``resource`` by boto3's methods of these names, else ``botocore``."""
    session: Any
    """The session of boto3's that was asked."""
    line: str
    """The line of code outside the libraries."""


def _asker() -> _Asker:
    kind, session = "botocore", None
    frame = sys._getframe(1)
    while True:
        module = frame.f_globals.get("__name__") or ""
        if module.partition(".")[0] not in _LIBRARIES:
            break
        if module == "boto3.session" and frame.f_code.co_name in {"client", "resource"}:
            kind, session = frame.f_code.co_name, frame.f_locals.get("self")
        if frame.f_back is None:  # a thread, or a greenlet, of boto3's method alone
            break
        frame = frame.f_back
    return _Asker(kind, session, f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}")


def _number_of_line(journal: Journal, line: str) -> int:
    return journal.number_of("line", line, str)


def _number_of_key(journal: Journal, kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Return the number of the package's key of a call.

    Most calls are of names alone, and those are equal as their keys are: importing the package would take a program
    more time than a hundred clients take to be noted.
    """
    spoken = _spoken(kind, args, kwargs)
    plain = {name: spoken[name] for name in sorted(_PLAIN & spoken.keys()) if type(spoken[name]) in {str, bool}}
    if len(plain) != len(spoken):
        key_type = _key_types()[kind == "resource"]
        key = key_type(**spoken)
        if key != key_type(**plain):  # as it would be with an empty Config
            return journal.number_of("key", key, lambda key: key.label)
    return journal.number_of("key", (kind == "resource", *plain.items()), lambda _: _label(**plain))


def _label(service_name: str, **others: Any) -> str:
    return ", ".join([repr(service_name), *(f"{name}={value!r}" for name, value in others.items())])


@cache
def _key_types() -> tuple[Any, Any]:
    from boto3_client_cache import ClientCacheKey, ResourceCacheKey  # noqa: PLC0415 - it imports boto3

    return ClientCacheKey, ResourceCacheKey


def _spoken(kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return what a caller may have written: boto3 hands on all parameters there are."""
    given = {**dict(zip(_PARAMETERS, args, strict=False)), **kwargs}
    given = {name: value for name, value in given.items() if value is not _DEFAULTS.get(name)}
    if kind == "resource" and getattr(given.get("config"), "_user_provided_options", None) == _OF_RESOURCES:
        del given["config"]
    return given


# ---- observed: boto3 and botocore as they are ------------------------------------------------------------------------


def observe(journal: Journal) -> None:
    """Note what boto3's and botocore's sessions are asked, as soon as they are imported."""
    when_imported("botocore.session", lambda module: _observe_botocore(module.Session, journal))
    when_imported("boto3.session", lambda module: _observe_boto3(module.Session, journal))


def _observe_botocore(session_class: Any, journal: Journal) -> None:
    init, create = session_class.__init__, session_class.create_client

    @wraps(init)
    def __init__(session: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        init(session, *args, **kwargs)
        if not _inside.get():
            _quietly(_note_session, journal, session, None, None)

    @wraps(create)
    def create_client(session: Any, *args: Any, **kwargs: Any) -> Any:
        if _inside.get():
            return create(session, *args, **kwargs)
        asked = _quietly(_note_question, journal, session, args, kwargs)
        token = _inside.set(True)
        at, began = time.monotonic(), time.perf_counter()
        try:
            client = create(session, *args, **kwargs)
        except Exception as error:
            if asked is not None:
                journal.note("failed", *asked, time.perf_counter() - began, type(error).__name__)
            raise
        finally:
            _inside.reset(token)
        if asked is not None:
            _quietly(_note_client, journal, session, client, asked, (at, time.perf_counter() - began))
        return client

    session_class.__init__ = __init__
    session_class.create_client = create_client


def _observe_boto3(session_class: Any, journal: Journal) -> None:
    import inspect  # noqa: PLC0415 - botocore has imported it

    init = session_class.__init__
    signature = inspect.signature(init)

    @wraps(init)
    def __init__(session: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        token = _inside.set(True)
        try:
            init(session, *args, **kwargs)
        finally:
            _inside.reset(token)
        _quietly(_note_boto3_session, journal, session, signature.bind(session, *args, **kwargs).arguments)

    session_class.__init__ = __init__


def _note_boto3_session(journal: Journal, session: Any, bound: dict[str, Any]) -> None:
    import hashlib  # noqa: PLC0415 - botocore has imported it

    given = {name: value for name, value in bound.items() if name != "self" and value is not None}
    if "botocore_session" in given:
        given["botocore_session"] = journal.number_of_object(given["botocore_session"])[0]
    digest = hashlib.sha256(repr((_SALT, sorted(given.items()))).encode()).digest()  # there may be secrets among them
    _note_session(journal, session, journal.number_of("arguments", digest), given.get("botocore_session"))


def _note_session(journal: Journal, session: Any, arguments: int | None, botocore_session: int | None) -> None:
    kind = "botocore" if arguments is None else "boto3"
    line = _number_of_line(journal, _asker().line)
    number, _ = journal.number_of_object(session)
    journal.note("session", number, kind, arguments, botocore_session, line)


def _note_question(journal: Journal, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    asker = _asker()
    key = _quietly(_number_of_key, journal, asker.kind, args, kwargs)  # or it is like no other call
    owner, _ = journal.number_of_object(session if asker.session is None else asker.session)
    return owner, asker.kind, key, _number_of_line(journal, asker.line)


def _note_client(journal: Journal, session: Any, client: Any, asked: tuple[Any, ...], times: Any) -> None:
    at, seconds = times
    number, _ = journal.number_of_object(client)
    loader, _ = journal.number_of_object(session.get_component("data_loader"))
    meta = client.meta
    journal.note("made", *asked, seconds, number, meta.service_model.service_name, meta.region_name, loader, at)


def _quietly(note: Callable[..., Any], *args: Any) -> Any:
    """Note something; None where it cannot be: a session of a kind of its own, a stand-in for a client."""
    try:
        return note(*args)
    except Exception:
        return None


# ---- installed: the package's own creations --------------------------------------------------------------------------


def watch_creations(journal: Journal) -> None:
    """Note what the package creates."""
    from boto3_client_cache import session as module  # noqa: PLC0415 - it imports boto3

    create: Callable[..., Any] = module.create

    @wraps(create)
    def watched(session: Any, caches: Any, kind: Any, cache: Any, key: Any, *others: Any) -> Any:
        *before, method, origin = others

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            made = method(*args, **kwargs)
            _quietly(_note_creation, journal, session, (kind, key), made, time.perf_counter() - began)
            return made

        return create(session, caches, kind, cache, key, *before, timed, origin)

    module.create = watched  # type: ignore[assignment]


def _note_creation(journal: Journal, session: Any, asked: tuple[str, Any], made: Any, seconds: float) -> None:
    kind, key = asked
    owner, is_new = journal.number_of_object(session)
    line = _number_of_line(journal, _asker().line)
    if is_new:
        journal.note("session", owner, "boto3", None, None, line)
    number, _ = journal.number_of_object(made)
    meta = (made if kind == "client" else made.meta.client).meta
    key_number = journal.number_of("key", key, lambda key: key.label)
    service = meta.service_model.service_name, meta.region_name
    journal.note("made", owner, kind, key_number, line, seconds, number, *service, None)
    note_totals(journal)


def note_totals(journal: Journal) -> None:
    """Note what all caches of this process have counted so far, if the package is there."""
    package = sys.modules.get("boto3_client_cache")
    if package is None:
        return
    from boto3_client_cache import _core  # noqa: PLC0415 - it is there

    counted = [info for _, _, info in _core.totals()]
    totals = {name: sum(getattr(info, name) for info in counted) for name in _COUNTED}
    journal.note("totals", {**totals, "model_bytes": package.models_info().bytes})


_COUNTED = ("hits", "misses", "evictions", "expirations", "creations", "creation_seconds")
