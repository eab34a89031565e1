"""Caching for libraries that call boto3 themselves.

While boto3 is *patched*, the methods ``client``, ``resource`` and ``__init__`` of ``boto3.session.Session`` are ours,
so every session of boto3's caches, whatever name it is reached by: ``boto3.client``, ``boto3.resource`` and
``boto3.Session`` are boto3's own as ever, and so is what somebody imported for himself. The function by which they find
the default session makes one for all threads. A class that has a ``client`` of its own, a session that was given one,
and what somebody puts on top of our methods are left alone: their calls reach boto3's method each time.

Some methods of ``botocore.session.Session`` are ours too, so that the sessions that others make of it, for boto3 or
not, share what a ``Session`` of this package shares (``lean.adopted``).

Who wants boto3 patched *holds* the patch: :func:`install` is one holder, and each open :func:`cached_boto3` block is
one more, whatever thread it runs in. The first holder patches and the last one restores, so blocks may nest and overlap
in any order. What others patch before, meanwhile or afterwards stays theirs, and may be undone in any order: where
ours is not on top any more when boto3 is to be restored, it stays below as one that only passes on.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

import boto3
import boto3.session
import botocore.session

from boto3_client_cache import _core, _equal_sessions, _signatures, session
from boto3_client_cache.exceptions import CacheError
from boto3_client_cache.lean import adopted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cached_boto3", "install", "uninstall"]

_PLAIN_SESSION: type = session.Session.__bases__[0]
_PLAIN_BOTOCORE_SESSION: type = botocore.session.Session

# What stands in the place of a method: what is called instead, if that is not to cache, and what makes its signature.
_BOTO3S: dict[str, tuple[Any, Any]] = {
    "client": (None, _signatures.of_method),
    "resource": (None, _signatures.of_method),
    "__init__": (session.init_boto3s, _signatures.of_init),
}
_BOTOCORES: dict[str, tuple[Any, Any]] = {
    name: (enter, _signatures.of_original) for name, enter in adopted.METHODS.items()
}


class _Caches:
    """``session.cache`` of boto3's sessions meanwhile. No property: what a derived class or a session has, wins."""

    def __get__(self, instance: boto3.session.Session | None, owner: type) -> Any:
        """Return the caches of a session."""
        return self if instance is None else _core.session_caches(instance)


_ATTRIBUTES = {"cache": _Caches(), "cache_info": session.cache_info}

_FIND_DEFAULT_SESSION = "_get_default_session"


def _default_session() -> Any:
    """Do what boto3's function of this purpose does, and let threads that are first at once make one session."""
    if boto3.DEFAULT_SESSION is None:
        session.default_session()
    return _boto3s_default_session()


_lock = threading.RLock()  # re-entrant: a signal handler may end a block
_installed = False
_blocks = 0
_ours: list[tuple[type, str, _core.InstalledMethod]] = []  # what is active
_default_session_before: Any = None
_boto3s_default_session: Any = None  # boto3's function


def install(*, models: bool = True, sessions: bool = False) -> None:
    """Patch boto3 for the whole process, until :func:`uninstall`.

    Nothing is built and no session is made. Sessions that are there already cache from now on, the default session too.

    Args:
        models: Whether sessions of botocore's that are made from now on share models, and what else a ``Session`` of
            this package shares. They do it whoever makes them, and whatever class derived from botocore's they are of,
            unless ``BOTO3_CLIENT_CACHE_SHARE_MODELS`` is ``0``. It holds until boto3 is restored.
        sessions: Whether sessions of boto3's that are made with equal arguments, environment and credential files have
            the same cached clients, for libraries that make a session for each use. What is done to one of them
            (handlers, credentials) is then done for all that come after it.

    Raises:
        CacheError: boto3 is patched by an earlier call, and nobody has undone that.
    """
    global _installed  # noqa: PLW0603
    with _lock:
        if _installed and _is_in_place():
            raise CacheError("boto3 is patched already: call install() once, or use `with cached_boto3()`")
        _patch(models=models)
        _equal_sessions.share(on=sessions)
        _installed = True


def uninstall() -> None:
    """Take back :func:`install`; boto3 is restored now, or when the last ``cached_boto3`` block ends.

    Restored is the default session too: one that came while boto3 was patched gives way to what was there before. What
    was handed out works on; sessions made meanwhile are boto3's, and no longer cache.

    Raises:
        CacheError: it is not installed.
    """
    global _installed  # noqa: PLW0603
    with _lock:
        if not _installed:
            raise CacheError("boto3 is not patched by install(): there is nothing to uninstall")
        _equal_sessions.share(on=False)
        if not _blocks:
            _restore()
        _installed = False


@contextmanager
def cached_boto3(*, models: bool = True) -> Iterator[None]:
    """Have boto3 patched while the block runs, for the whole process; blocks may nest, and overlap between threads.

    Args:
        models: As for :func:`install`.
    """
    global _blocks  # noqa: PLW0603
    with _lock:
        _patch(models=models)
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks and not _installed:
                _restore()


def _session_class() -> type:
    return _class_now(boto3.session, _PLAIN_SESSION)


def _class_now(module: Any, plain: type) -> type:
    """Return a library's session class as it is now: after a reload of its module that is another one."""
    found = module.Session
    is_librarys = isinstance(found, type) and found.__bases__ == (object,) and found.__module__ == module.__name__
    return found if is_librarys else plain


def _is_in_place() -> bool:
    owner = _session_class()
    return all(_is_reached(owner, name) for name in _BOTO3S)


def _is_reached(owner: type, name: str) -> bool:
    """Whether calls reach a method of ours that is active, below others' wrappers or not."""
    found = vars(owner).get(name)
    for _ in range(32):  # what wraps itself ends somewhere
        if found is None or _core.is_active(found):
            break
        found = getattr(found, "__wrapped__", None)
    return found is not None


def _patch(*, models: bool) -> None:
    """Put in place what is not in place."""
    global _default_session_before, _boto3s_default_session  # noqa: PLW0603
    if not _ours:
        _default_session_before = boto3.DEFAULT_SESSION
    owner = _session_class()
    _put(owner, _BOTO3S)
    if models:
        _put(_class_now(botocore.session, _PLAIN_BOTOCORE_SESSION), _BOTOCORES)
    for name, ours in _ATTRIBUTES.items():
        if name not in vars(owner):
            setattr(owner, name, ours)
    if _is_boto3s_function(getattr(boto3, _FIND_DEFAULT_SESSION, None)):
        _boto3s_default_session = getattr(boto3, _FIND_DEFAULT_SESSION)
        setattr(boto3, _FIND_DEFAULT_SESSION, _default_session)
    _core.set_anything_installed(True)


def _put(owner: type, methods: dict[str, tuple[Any, Any]]) -> None:
    for name, (enter, signature) in methods.items():
        found = vars(owner).get(name)
        if found is None or _is_reached(owner, name):  # older versions of botocore have not all of them
            continue
        if type(found) is not _core.InstalledMethod:  # one may have come back when somebody undid a patch of his
            found = _core.make_installed_method(found, name, enter, signature)
            setattr(owner, name, found)
        _core.set_active(found, True)
        _ours.append((owner, name, found))


def _is_boto3s_function(found: Any) -> bool:
    # Not by its `__module__`, which functools.wraps copies.
    return type(found) is FunctionType and found.__globals__ is vars(boto3) and not hasattr(found, "__wrapped__")


def _restore() -> None:
    global _default_session_before  # noqa: PLW0603
    _core.set_anything_installed(False)
    if getattr(boto3, _FIND_DEFAULT_SESSION, None) is _default_session:
        setattr(boto3, _FIND_DEFAULT_SESSION, _boto3s_default_session)
    while _ours:
        owner, name, ours = _ours.pop()
        _core.set_active(ours, False)
        if vars(owner).get(name) is ours:
            setattr(owner, name, _core.original_of(ours))
        for attribute, value in _ATTRIBUTES.items():
            if vars(owner).get(attribute) is value:
                delattr(owner, attribute)
    if _came_meanwhile(boto3.DEFAULT_SESSION):
        boto3.DEFAULT_SESSION = _default_session_before
    _default_session_before = None


def _came_meanwhile(default_session: Any) -> bool:
    # By the real type: a proxy may say that it is a session, and have none at this moment.
    if issubclass(type(default_session), session.Session):
        return True
    if not issubclass(type(default_session), (_PLAIN_SESSION, _session_class())):
        return False
    caches = vars(default_session).get("_client_cache_state")
    return isinstance(caches, session.SessionCache) and caches._resources_by_thread
