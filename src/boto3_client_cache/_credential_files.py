"""Have the files that a session's clients were built from changed since? ``Session(watch_credentials=True)``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from botocore.credentials import RefreshableCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3.session

Identity = tuple[Any, ...]

# How botocore names the providers whose credentials stand in one of the two files, or the command that prints them.
_FROM_FILES = frozenset({"shared-credentials-file", "config-file", "custom-process"})

# Where botocore's providers keep what they have read of the config file.
_READ = ("_loaded_config", "_profile_config")


class CredentialFiles:
    """The credential and config files of one session, and what has to be read anew.

    A look compares the files' identities with those of the last look. When they differ, the session's caches are
    emptied at once; what botocore has read of the files is forgotten by the next creation, in its turn, since another
    thread may be building a client meanwhile. What that thread builds of the old files is not cached: `generation`
    tells.
    """

    def __init__(self, session: boto3.session.Session) -> None:
        """Remember what the files of ``session`` are now."""
        self.generation = 0
        self._identity: Identity | None = _identity(session)
        self._to_be_read = False

    def look(self, session: boto3.session.Session, outdate: Callable[[], None]) -> None:
        """Call ``outdate`` if the files have changed, unless botocore refreshes the session's credentials itself."""
        identity = _identity(session)
        if identity == self._identity:
            return
        botocore_session: Any = session._session
        try:
            self._identity = identity
            if isinstance(botocore_session._credentials, RefreshableCredentials):
                return
            self._to_be_read = True
            self.generation += 1
            outdate()
        except BaseException:
            self._identity = None  # interrupted: the next look finds a change, and drops the rest
            raise

    def read_anew(self, session: boto3.session.Session) -> None:
        """Have botocore read the files again when it next needs them, if they have changed."""
        if not self._to_be_read:
            return
        self._to_be_read = False
        try:
            _forget_files(session._session)
        except BaseException:
            self._to_be_read = True
            raise


def _forget_files(botocore_session: Any) -> None:
    botocore_session._config = None
    botocore_session._profile_map = None
    resolver = botocore_session.get_component("credential_provider")
    for provider in getattr(resolver, "providers", ()):  # a resolver of the user's own may have none
        for name in _READ:
            if hasattr(provider, name):
                setattr(provider, name, None)
    if getattr(botocore_session._credentials, "method", None) in _FROM_FILES:
        botocore_session._credentials = None


def _identity(session: boto3.session.Session) -> Identity:
    variables = session._session.get_config_variable
    return tuple(_identity_of_file(variables(name)) for name in ("credentials_file", "config_file"))


def _identity_of_file(path: str) -> Identity | None:
    try:
        status = os.stat(os.path.expandvars(os.path.expanduser(path)))
    except OSError:
        return None
    return path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
