"""What a lean client sends with: botocore's HTTP session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.httpsession import URLLib3Session

from . import checks, trust

if TYPE_CHECKING:
    from .creator import Sharing


class HTTPSession(checks.base(URLLib3Session)):  # type: ignore[misc]
    """A ``URLLib3Session`` that shares what its botocore session shares."""

    def __init__(self, sharing: Sharing, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments after what is shared."""
        self._sharing = sharing
        super().__init__(*args, **kwargs)

    def _get_ssl_context(self) -> Any:
        context = super()._get_ssl_context()
        if self._sharing.trust and checks.TRUST.is_own():
            trust.let_share(context, self._verify, self._cert_file, self._key_file)
        return context
