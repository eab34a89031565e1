"""Caching for libraries that call boto3 themselves.

While boto3 is *patched*, ``boto3.client`` and ``boto3.resource`` are this package's cached functions, and
``boto3.Session`` and ``boto3.session.Session`` a class whose sessions cache. That holds for the whole process, every
thread of it, and for all who look these names up when they need them. A name that somebody imported for himself (``from
boto3.session import Session``) stays what it was then, when boto3 is patched and when it no longer is.

Who wants boto3 patched *holds* the patch: :func:`install` is one holder, and each open :func:`cached_boto3` block is
one more, whatever thread it runs in. The first holder patches and the last one restores, so blocks may nest and overlap
in any order. Names that somebody else has replaced are refused both ways, before anything is changed.
"""

from __future__ import annotations

import threading
from abc import ABCMeta
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

import boto3
import boto3.session

from boto3_client_cache import session
from boto3_client_cache._masking import shown
from boto3_client_cache.exceptions import CacheError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

__all__ = ["cached_boto3", "install", "uninstall"]

_PLAIN_SESSION: type = session.Session.__bases__[0]


class Session(session.Session, metaclass=ABCMeta):
    """What ``boto3.Session`` is while boto3 is patched: our session, which knows boto3's own ones as its instances.

    So ``isinstance(made_earlier, boto3.Session)`` stays true. A class derived from it is an ordinary class.
    """

    @classmethod
    def __subclasshook__(cls, subclass: type) -> bool:
        """Take every session of boto3 for one of this class, as it would be one of ``boto3.Session``."""
        return issubclass(subclass, _PLAIN_SESSION) if cls is Session else NotImplemented


def _is_boto3s_function(found: Any) -> bool:
    # Not by its `__module__`, which functools.wraps copies.
    return type(found) is FunctionType and found.__globals__ is vars(boto3)


def _is_boto3s_session(found: Any) -> bool:
    return found is _PLAIN_SESSION


# Each name's module, the name, what it means while boto3 is patched, and whether what is found there is boto3's own.
_NAMES: tuple[tuple[ModuleType, str, Any, Callable[[Any], bool]], ...] = (
    (boto3, "client", session.client, _is_boto3s_function),
    (boto3, "resource", session.resource, _is_boto3s_function),
    (boto3, "Session", Session, _is_boto3s_session),
    (boto3.session, "Session", Session, _is_boto3s_session),
)

_lock = threading.RLock()  # re-entrant: a signal handler may end a block
_installed = False
_blocks = 0
_plain: tuple[Any, ...] = ()  # what the names meant before
_plain_default_session: Any = None


def install() -> None:
    """Patch boto3 for the whole process, until :func:`uninstall`.

    Nothing is built and no session is made. A default session that is there already stays: what ``boto3.client``
    returns is then cached for that session, as with ``boto3_client_cache.client``.

    Raises:
        CacheError: it is installed already, or somebody else has replaced one of the names. Nothing is changed then.
    """
    global _installed  # noqa: PLW0603
    with _lock:
        if _installed:
            raise CacheError("boto3 is patched already: call install() once, or use `with cached_boto3()`")
        _patch()
        _installed = True


def uninstall() -> None:
    """Take back :func:`install`; boto3 is restored now, or when the last ``cached_boto3`` block ends.

    Restored is the default session too: one of this package's that came while boto3 was patched gives way to what was
    there before. What was handed out stays as it is: clients work on, and sessions, and classes derived from
    ``boto3.Session`` meanwhile, go on caching.

    Raises:
        CacheError: it is not installed, or somebody else has replaced one of the names since. Nothing is changed then;
            undo that replacement and call this again.
    """
    global _installed  # noqa: PLW0603
    with _lock:
        if not _installed:
            raise CacheError("boto3 is not patched by install(): there is nothing to uninstall")
        if not _blocks:
            _restore()
        _installed = False


@contextmanager
def cached_boto3() -> Iterator[None]:
    """Have boto3 patched while the block runs, for the whole process; blocks may nest, and overlap between threads.

    Raises:
        CacheError: somebody else has replaced one of the names, before the block or in it. In the latter case boto3
            stays patched as if by :func:`install`: undo that replacement and call :func:`uninstall`.
    """
    global _blocks, _installed  # noqa: PLW0603
    with _lock:
        _patch()
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks and not _installed:
                _installed = True  # unless what follows succeeds
                _restore()
                _installed = False


def _patch() -> None:
    global _plain, _plain_default_session  # noqa: PLW0603
    if _installed or _blocks:
        return
    for module, name, _, is_boto3s in _NAMES:
        if not is_boto3s(getattr(module, name)):
            raise _foreign(module, name, "is not boto3's own: patch before others do, or undo theirs")
    _plain = tuple(getattr(module, name) for module, name, *_ in _NAMES)
    _plain_default_session = boto3.DEFAULT_SESSION
    for module, name, ours, _ in _NAMES:
        setattr(module, name, ours)


def _restore() -> None:
    global _plain_default_session  # noqa: PLW0603
    for module, name, ours, _ in _NAMES:
        if getattr(module, name) is not ours:
            raise _foreign(module, name, "was replaced while boto3 was patched: undo that first, then call uninstall()")
    for (module, name, *_), plain in zip(_NAMES, _plain, strict=True):
        setattr(module, name, plain)
    if isinstance(boto3.DEFAULT_SESSION, session.Session):
        boto3.DEFAULT_SESSION = _plain_default_session
    _plain_default_session = None


def _foreign(module: ModuleType, name: str, message: str) -> CacheError:
    title = f"{module.__name__}.{name}"
    return CacheError(f"{title} {message}", param=title, value=shown(getattr(module, name)))
