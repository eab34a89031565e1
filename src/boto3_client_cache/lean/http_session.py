"""What a lean client sends with: botocore's HTTP session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import botocore.httpsession
from botocore.httpsession import URLLib3Session
from urllib3 import PoolManager

from . import checks
from .connections import SharingHTTPSession

if TYPE_CHECKING:
    from .creator import Sharing


# Making a manager, which waits for the first request only while it is botocore's: a patch may be gone by then.
_MAKING = checks.Part(functions=("botocore.httpsession.create_urllib3_context",))


class HTTPSession(SharingHTTPSession, checks.base(URLLib3Session)):  # type: ignore[misc]
    """A ``URLLib3Session`` that shares what its botocore session shares; it makes its own manager when it needs one."""

    def __init__(self, sharing: Sharing, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments after what is shared."""
        self._sharing = sharing
        makers_are_own = _MAKING.is_own() and vars(botocore.httpsession)["PoolManager"] is PoolManager
        if not makers_are_own or os.environ.get("SSLKEYLOGFILE"):
            super().__init__(*args, **kwargs)
            return
        self._make_context, self._is_deferring = botocore.httpsession.create_urllib3_context, True
        super().__init__(*args, **kwargs)
        del self._is_deferring, self._own_manager

    def _get_pool_manager_kwargs(self, **extra: Any) -> Any:
        return {} if "_is_deferring" in vars(self) else super()._get_pool_manager_kwargs(**extra)

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
