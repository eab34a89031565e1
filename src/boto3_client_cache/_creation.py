"""What is logged of creations. The compiled core decides who creates and who waits; it calls these when to say what."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from boto3_client_cache._departures import logger, tell

if TYPE_CHECKING:
    from boto3_client_cache import _core
    from boto3_client_cache._departures import Departed

    Line = tuple[Any, ...]  # level, text and arguments


def publish(cache: _core._Cache[Any, Any], lines: list[Line], departed: Departed | None) -> None:
    """Log a creation and tell of what has left for it: nobody waits for it any more."""
    try:
        while lines:
            logger.log(*lines.pop(0))
    finally:
        tell(cache, departed)


def line_of_a_wait(label: str, owner: int, seconds: float) -> Line:
    """Say that a thread has waited for another, ``owner``, as long as it may."""
    names = [thread.name for thread in threading.enumerate() if thread.ident == owner]
    return (
        logging.WARNING,
        "waited %.1f s for %s, which is creating %s or what comes before it; going on without",
        seconds,
        f"thread {names[0]!r}" if names else f"thread {owner}",
        label,
    )
