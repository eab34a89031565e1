"""TLS contexts: one in the process for each set of trust settings.

What is shared: the context that handshakes are done with. Loading a CA bundle takes 13 ms and 0.66 MiB, and urllib3 has
a client's context load it for each connection. Here the client's context, a :class:`ClientContext`, is told the same by
urllib3, loads nothing, and lets a shared one do the handshake. That one is made by botocore's own function, loads the
bundle once, and is found by its settings and by the identity of each file, which is looked at for each connection: so a
replaced file counts from the next connection on, and alone.

When it is not: while somebody has replaced what makes or uses contexts (``checks.TRUST``); when a client's context is
told anything but what botocore tells it (another bundle, no verification, other protocols, a setting that is assigned),
speaks TLS within a proxy's TLS, or is not the plain one that botocore makes.

What happens then: the client's context is botocore's from then on, of its class, and told what it was told before.
Errors are those of the files as they are, raised where botocore's are.

Complexity: for each connection, the identity of each file. Thread safety: a shared context is never changed, and never
handed out. Forks: a child uses no context that its parent has connected with, since OpenSSL's locks may have been held;
what nothing has connected with, as ``preload`` makes it, the child keeps. Does not know urllib3, or look into files.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import stat
import threading
import time
from typing import Any, NamedTuple

import botocore.httpsession

from . import checks

_PROTOCOLS = ["http/1.1"]  # what urllib3 tells every context
_MOST_CONTEXTS = 64  # beyond them all are forgotten: programs have a few bundles and certificates
_SETTLED = 50_000_000  # nanoseconds: two changes closer than a tick of the file system's clock look alike
_PATIENCE = 1.0  # seconds to wait for what another thread makes; its turn may be lost in an interruption

_Plain: Any = ssl.SSLContext

# What a context is asked without being changed.
_SETTINGS = (
    "protocol",
    "options",
    "verify_flags",
    "verify_mode",
    "check_hostname",
    "minimum_version",
    "maximum_version",
    "post_handshake_auth",
    "hostname_checks_common_name",
    "keylog_filename",
    "security_level",
    "num_tickets",
    "sni_callback",
    "_host_flags",
    "_msg_callback",
)
_QUESTIONS = frozenset(_SETTINGS) | {
    "cert_store_stats",
    "get_ca_certs",
    "get_ciphers",
    "session_stats",
    "sslsocket_class",
    "_encode_hostname",
}
_HANDLED = _QUESTIONS | {
    "load_cert_chain",
    "load_verify_locations",
    "set_alpn_protocols",
    "wrap_socket",
    "_wrap_socket",
}


class _Files(NamedTuple):
    bundle: str
    certificate: str | None = None
    key: str | None = None


class _Held:
    """A shared context, the files it was made of, and whether a connection has used it."""

    __slots__ = ("context", "identity", "is_used")

    def __init__(self, context: Any, identity: Any) -> None:
        self.context = context
        self.identity = identity
        self.is_used = False


class _Told:
    """What a client's context is to be told by urllib3, and what it was told."""

    __slots__ = ("by_bundle", "by_certificate", "certificate", "has_protocols", "key", "settings", "verify")

    def __init__(self, verify: Any, certificate: str | None, key: str | None) -> None:
        self.verify, self.certificate, self.key = verify, certificate, key
        self.settings: tuple[Any, ...] | None = None
        self.by_bundle: _Held | None = None
        self.by_certificate: _Held | None = None  # it stays in a context: no thread's connection goes without it
        self.has_protocols = False

    def bundle(self) -> Any:
        """Return the path that botocore and urllib3 make of ``verify``."""
        return os.path.expanduser(botocore.httpsession.where() if self.verify is True else self.verify)


class SharedContext(checks.base(ssl.SSLContext)):  # type: ignore[misc]
    """A context that clients share: it says and takes nothing. This module calls the methods of its base class."""

    def __getattribute__(self, name: str) -> Any:
        """Refuse, but for what every object has."""
        if name.startswith("__"):
            return _Plain.__getattribute__(self, name)
        raise AttributeError(_REFUSED)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse."""
        raise AttributeError(_REFUSED)


_REFUSED = "this TLS context is shared by the clients of the process, and cannot be used or changed"


class ClientContext(checks.base(ssl.SSLContext)):  # type: ignore[misc]
    """A client's TLS context, which has a shared one do handshakes until it is told what botocore does not tell it."""

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute; one that may change the context makes it a plain one first."""
        if name not in _HANDLED and not name.startswith("__"):
            _stand_alone(self)
        return _Plain.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; what is assigned as it is, as urllib3 does for each connection, changes nothing."""
        if name not in _SETTINGS or getattr(self, name) != value:
            _stand_alone(self)
            _Plain.__setattr__(self, name, value)

    def load_verify_locations(self, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        """Take the client's bundle as it is now."""
        told = _told(self)
        if told is not None and isinstance(cafile, str) and capath is None and cadata is None:
            held = _shared(self, told, _Files(cafile)) if cafile == told.bundle() else None
            if held is not None and _told(self) is told:  # or another thread has changed the context meanwhile
                told.by_bundle = held
                return
        _stand_alone(self)
        _Plain.load_verify_locations(self, cafile, capath, cadata)

    def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> None:
        """Take the client's certificate as it is now."""
        told = _told(self)
        if told is not None and told.by_bundle is not None and isinstance(certfile, str) and password is None:
            is_expected = (certfile, keyfile) == (told.certificate, told.key)
            held = _shared(self, told, _Files(told.bundle(), certfile, keyfile)) if is_expected else None
            if held is not None and _told(self) is told:
                told.by_certificate = held
                return
        _stand_alone(self)
        _Plain.load_cert_chain(self, certfile, keyfile, password)

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        """Take the protocols that shared contexts offer: they are set once, since OpenSSL is not safe for more."""
        told = _told(self)
        if told is not None and list(alpn_protocols) == _PROTOCOLS:
            told.has_protocols = True
            return
        _stand_alone(self)
        _Plain.set_alpn_protocols(self, alpn_protocols)

    def get_ca_certs(self, *args: Any, **kwargs: Any) -> Any:
        """Return the certificates of the bundle that was told last."""
        return _Plain.get_ca_certs(_in_use(self), *args, **kwargs)

    def cert_store_stats(self) -> Any:
        """Count them."""
        return _Plain.cert_store_stats(_in_use(self))

    def _wrap_socket(self, *args: Any, **kwargs: Any) -> Any:
        """Begin a handshake: what ``ssl.SSLSocket`` calls, whose ``context`` stays the client's."""
        return _Plain._wrap_socket(_in_use(self), *args, **kwargs)


def let_share(context: Any, verify: Any, certificate: Any, key: Any) -> None:
    """Let a context that botocore has just made share, if it is a plain one; the rest as in ``URLLib3Session``."""
    if verify is not True and not (verify and isinstance(verify, str)):
        return
    if type(context) is _Plain and isinstance(certificate, str | None) and isinstance(key, str | None):
        context.__dict__["_told"] = _Told(verify, certificate, key)
        context.__class__ = ClientContext


def prepare(verify: Any) -> None:
    """Make the shared context of a bundle ahead, for connections to come. Nothing is said of a bundle that is wrong."""
    if not checks.TRUST.is_own():
        return
    with contextlib.suppress(OSError):
        context: Any = botocore.httpsession.create_urllib3_context()
        let_share(context, verify, None, None)
        told = _told(context)
        if told is not None:
            _shared(context, told, _Files(told.bundle()))


def _told(context: Any) -> _Told | None:
    told: _Told | None = context.__dict__.get("_told")
    return told


def _in_use(context: Any) -> Any:
    """Return the shared context to do as ``context`` was told; itself, while it was told nothing."""
    told = _told(context)
    held = None if told is None else told.by_certificate or told.by_bundle
    if told is None or held is None:
        return context
    if not told.has_protocols:  # urllib3 1.25 tells of none
        _stand_alone(context)
        return context
    held.is_used = True
    return held.context


def _stand_alone(context: Any) -> None:
    """Make a client's context what botocore's would be by now. Of a file that has gone the next connection tells."""
    told = _told(context)
    if told is not None:  # while other threads share on
        with contextlib.suppress(OSError):
            if told.by_bundle is not None:
                _Plain.load_verify_locations(context, told.bundle())
            if told.by_certificate is not None:
                _Plain.load_cert_chain(context, told.certificate, told.key)
    _Plain.__setattr__(context, "__class__", _Plain)
    if told is not None and told.has_protocols:
        context.set_alpn_protocols(_PROTOCOLS)
    context.__dict__.pop("_told", None)


_contexts: dict[tuple[tuple[Any, ...], _Files], _Held] = {}
_turn = threading.Lock()  # to make one
_of_the_parent: list[_Held] = []  # freeing them takes OpenSSL's locks too


def _shared(context: Any, told: _Told, files: _Files) -> _Held | None:
    """Return the shared context of these files; None where there is none. Of a file that is wrong ``ssl`` tells."""
    if not checks.TRUST.is_own():
        return None
    if told.settings is None:  # it is as botocore made it
        told.settings = _settings(context)
    key = (told.settings, files)
    identity = _identity(files)
    held = _contexts.get(key)
    if identity is None:
        return _make(told.settings, files, identity)
    if held is not None and held.identity == identity:
        return held
    has_turn = _turn.acquire(timeout=_PATIENCE)
    try:
        held = _contexts.get(key)
        if held is None or held.identity != identity:
            held = _make(told.settings, files, identity)
            if held is not None and identity == _identity(files):
                if len(_contexts) >= _MOST_CONTEXTS:
                    _contexts.clear()
                _contexts[key] = held
        return held
    finally:
        if has_turn:
            _turn.release()


def _make(settings: tuple[Any, ...], files: _Files, identity: Any) -> _Held | None:
    try:
        context: Any = botocore.httpsession.create_urllib3_context()
    except OSError:  # a key log that was named since
        return None
    if type(context) is not _Plain or _settings(context) != settings:
        return None
    context.load_verify_locations(files.bundle)
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    context.set_alpn_protocols(_PROTOCOLS)
    context.__class__ = SharedContext
    return _Held(context, identity)


def _settings(context: Any) -> tuple[Any, ...]:
    """Return all that can be read of a context that nothing was loaded into."""
    values = [_Plain.__getattribute__(context, name) if hasattr(_Plain, name) else None for name in _SETTINGS]
    log = None
    with contextlib.suppress(TypeError, OSError):
        log = os.stat(context.keylog_filename)
    return (*values, log and (log.st_dev, log.st_ino), tuple(cipher["name"] for cipher in context.get_ciphers()))


def _identity(files: _Files) -> tuple[tuple[int, ...], ...] | None:
    """Return what tells these files from others in their places; None where nothing can."""
    found = []
    try:
        for path in files:
            if path is not None:
                status = os.stat(path)
                if not stat.S_ISREG(status.st_mode) or time.time_ns() - status.st_ctime_ns < _SETTLED:
                    return None
                times = (status.st_mtime_ns, status.st_ctime_ns)
                found.append((status.st_dev, status.st_ino, status.st_size, *times))
    except OSError:  # making the context says what is wrong
        return None
    return tuple(found)


def _leave_to_the_parent() -> None:
    global _turn  # noqa: PLW0603
    _turn = threading.Lock()
    for key, held in list(_contexts.items()):
        if held.is_used:
            _of_the_parent.append(_contexts.pop(key))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)
