"""Caches that boto3's sessions of equal arguments have in common: ``install(sessions=True)``.

For libraries that make a session for each use. Two sessions are equal if they are made with the same arguments, in the
same environment, with the same credential and config files. Arguments are compared as a pool compares them, by a
``SessionCacheKey``; of the rest only a SHA-256 digest is kept. A session of a derived class, one that is given a
botocore session, or options for its caches, has caches of its own.

Complexity: a look at two files and at the environment for each session. Thread safety: all functions. Does not look at
what is done to a session once it is made.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from boto3_client_cache._core import SessionCacheKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3_client_cache._session_caches import SessionCache

_MOST = 128  # sessions; the least recently made goes first
_SETTINGS = ("AWS_", "BOTO", "HOME", "USERPROFILE")  # how the names begin of variables that boto3 may read
_FILES = (("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), ("AWS_CONFIG_FILE", "~/.aws/config"))

_lock = threading.RLock()  # re-entrant: a finalizer may make a session
_shares = False
_held: OrderedDict[tuple[SessionCacheKey, bytes], SessionCache] = OrderedDict()


def share(*, on: bool) -> None:
    """Have the caches of equal sessions shared from now on, or no longer; what is shared is forgotten."""
    global _shares  # noqa: PLW0603
    with _lock:
        _shares = on
        gone = dict(_held)
        _held.clear()
    gone.clear()  # outside the lock


def caches_for(arguments: Mapping[str, Any], make: Callable[[], SessionCache]) -> SessionCache:
    """Return the caches of the sessions that were made with equal arguments, or new ones of ``make``."""
    key = _key(arguments) if _shares else None
    if key is None:
        return make()
    with _lock:
        caches = _held.get(key)
        if caches is None:
            caches = make()
            caches._is_shared = True
            if _shares:  # or it has ended meanwhile
                _held[key] = caches
        else:
            _held.move_to_end(key)
        _gone = _held.popitem(last=False) if len(_held) > _MOST else None  # freed outside the lock
    return caches


def _key(arguments: Mapping[str, Any]) -> tuple[SessionCacheKey, bytes] | None:
    """Return what is equal for equal sessions; None for a session that equals no other."""
    if not all(value is None or type(value) is str for value in arguments.values()):
        return None
    settings = sorted(item for item in os.environ.items() if item[0].upper().startswith(_SETTINGS))
    files = [_identity(os.environ.get(variable, default)) for variable, default in _FILES]
    world = hashlib.sha256(repr((settings, files)).encode("utf-8", "surrogatepass")).digest()
    return SessionCacheKey(**arguments), world


def _identity(path: str) -> tuple[Any, ...] | None:
    try:
        status = os.stat(os.path.expandvars(os.path.expanduser(path)))
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _free_the_lock_in_child() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_the_lock_in_child)
