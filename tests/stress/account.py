"""What the programs of this folder keep count of, and what may be raised in them."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


class ExpectedError(Exception):
    """What a factory or callback raises on purpose."""


@dataclass
class Account:
    """Who was stored, and who has left: by number. Appended to without a lock, since destructors run anywhere."""

    stored: list[int] = field(default_factory=list)
    left: list[tuple[int, str]] = field(default_factory=list)  # with the cause

    def causes(self) -> Counter[str]:
        return Counter(cause for _, cause in self.left)

    def check(self, present: list[int]) -> None:
        """Check that what was stored is present or has left, each once."""
        there = Counter(present) + Counter(number for number, _ in self.left)
        stored = Counter(self.stored)
        assert {*stored.values(), *there.values()} == {1}, (stored.most_common(3), there.most_common(3))
        assert stored == there, (stored - there, there - stored)


class Unexpected(logging.Handler):
    """What a callback raised besides `ExpectedError`: the cache has swallowed and logged it."""

    def __init__(self, failures: list[Any]) -> None:
        super().__init__(logging.ERROR)
        self.failures = failures

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info[0] is not ExpectedError:
            self.failures.append(record.exc_info[1])
