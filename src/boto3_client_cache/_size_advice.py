"""What other sizes would have made of a cache's look-ups, and the warning of a cache that is too small.

Known from what has been evicted for want of room, not from the hits, which cost what they cost without it; what that
leaves unknown is said in docs/decisions.md.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from boto3_client_cache import _core

logger = logging.getLogger("boto3_client_cache")


class SizeAdvice(NamedTuple):
    """Hits of other sizes than ``max_size``, of the look-ups since that was last changed; ``str()`` says it."""

    max_size: int
    """The size that the cache has."""
    look_ups: int
    """How often it was asked."""
    hits: int
    """How many of them hit."""
    half: int | None
    """How many would have with half the size; None where that cannot be known, as the cache was more than half full."""
    double: int
    """How many would have with twice the size."""
    quadruple: int
    """How many would have with four times the size."""

    @property
    def enough(self) -> int:
        """The smallest of the four sizes that has nine tenths of the hits of the largest."""
        needed = 0.9 * self.quadruple
        if self.half is not None and self.half >= needed:
            return self.max_size // 2
        if self.hits >= needed:
            return self.max_size
        return 2 * self.max_size if self.double >= needed else 4 * self.max_size

    def __str__(self) -> str:
        """Say it in a sentence."""
        half = "" if self.half is None else f"; {self.half} with {self.max_size // 2}"
        return (
            f"Of {self.look_ups} look-ups {self.hits} hit with max_size={self.max_size}. It would have been "
            f"{self.double} with {2 * self.max_size}, {self.quadruple} with {4 * self.max_size}{half}."
        )


def advice(  # noqa: PLR0917 - the compiled core calls it
    max_size: int, largest_size: int, hits: int, misses: int, near_regrets: int, regrets: int
) -> SizeAdvice:
    """Tell what the compiled core has counted."""
    half_size = max_size // 2
    # Where more was never there, nothing would have been evicted.
    half = hits if largest_size <= half_size else None if half_size else 0
    return SizeAdvice(max_size, hits + misses, hits, half, hits + near_regrets, hits + regrets)


def warn(cache: _core._Cache[Any, Any]) -> None:
    """Say that a cache is too small: the compiled core calls it once a cache."""
    advised = cache.size_advice()
    logger.warning("%s is too small. %s max_size=%d would have held.", type(cache).__name__, advised, advised.enough)
