"""botocore's built-in event handlers, known to all sessions of aiobotocore: see ``lean.events``."""

from __future__ import annotations

from typing import Any

import aiobotocore.handlers
import aiobotocore.hooks
import aiobotocore.signers

from boto3_client_cache.lean import checks, client_classes
from boto3_client_cache.lean.events import (
    SharingHandlers,
    builtin_documentation_handlers,
    builtin_events,
    documentation_handlers,
)


class _SharingAioEmitter(SharingHandlers, checks.base(aiobotocore.hooks.AioHierarchicalEmitter)):  # type: ignore[misc]
    """An emitter of aiobotocore's over a persistent trie."""


def builtin_aio_events() -> Any:
    """Return an emitter of one's own with the handlers that a new session of aiobotocore would register now."""
    return builtin_events(_SharingAioEmitter)


def documented_as_botocores(events: Any) -> tuple[Any, ...] | None:
    """Return what stands for botocore's handlers of documentation where ``events`` has no others; or None.

    To write a docstring is no coroutine: aiobotocore's emitter would give coroutines that nobody awaits, so shared
    docstrings are written by botocore's.
    """
    found, builtin = documentation_handlers(events), builtin_documentation_handlers(_SharingAioEmitter)
    if found is None or builtin is None or any(one is not other for one, other in zip(found, builtin, strict=True)):
        return None
    return builtin_documentation_handlers()


client_classes.LEAVE_METHODS_ALONE.extend((aiobotocore.handlers, aiobotocore.signers))
