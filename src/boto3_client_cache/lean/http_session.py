"""What a lean client sends with: botocore's HTTP session.

What is shared: what ``trust`` and ``connections`` say. What is saved besides: a pool manager and a TLS context are made
for the first request.

When they are not: while somebody has replaced what makes them (``checks.TRANSPORT``, ``checks.TRUST``).

What happens then: they are made at once, as botocore makes them.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

import botocore.httpsession
from botocore.httpsession import URLLib3Session
from urllib3 import PoolManager

from . import checks, trust
from .borrowed import with_names
from .connections import SharingHTTPSession

if TYPE_CHECKING:
    from .creator import Sharing


class _NoManager:
    """Stands where botocore makes a pool manager, until that is needed."""

    pool_classes_by_scheme: Any


@functools.lru_cache(maxsize=1)
def _without_manager(init: Any) -> Any:
    return with_names(init, PoolManager=_NoManager)


class HTTPSession(SharingHTTPSession, checks.base(URLLib3Session)):  # type: ignore[misc]
    """A ``URLLib3Session`` that shares what its botocore session shares; it makes its own manager when it needs one."""

    def __init__(self, sharing: Sharing, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments after what is shared."""
        self._sharing = sharing
        # Who replaced what makes contexts may have put it back by the first request; a key log is opened at once.
        if not checks.TRUST.is_own() or os.environ.get("SSLKEYLOGFILE"):
            super().__init__(*args, **kwargs)
            return
        self._make_context, self._is_deferring = botocore.httpsession.create_urllib3_context, True
        _without_manager(URLLib3Session.__init__)(self, *args, **kwargs)
        del self._is_deferring, self._own_manager

    def _get_pool_manager_kwargs(self, **extra: Any) -> Any:
        return {} if "_is_deferring" in vars(self) else super()._get_pool_manager_kwargs(**extra)

    def _get_ssl_context(self) -> Any:
        context = super()._get_ssl_context()
        if self._sharing.trust and checks.TRUST.is_own():
            trust.let_share(context, self._verify, self._cert_file, self._key_file)
        return context

    @property
    def _manager(self) -> Any:
        """The manager that botocore would have made at once."""
        if not self._has_own_manager():
            manager = PoolManager(**self._get_pool_manager_kwargs())
            manager.pool_classes_by_scheme = self._pool_classes_by_scheme
            self.__dict__.setdefault("_own_manager", manager)  # another thread may have made one
        return self._own_manager

    @_manager.setter
    def _manager(self, manager: Any) -> None:
        self._own_manager = manager

    def _has_own_manager(self) -> bool:
        return "_own_manager" in vars(self)

    def close(self) -> None:
        """Close what nobody else uses."""
        self._leave()
        if self._has_own_manager() or self._proxy_managers:
            super().close()
