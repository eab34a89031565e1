"""What the storm stores: objects with a name and a number, and with destructors that use the cache."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest.mock import NonCallableMock

if TYPE_CHECKING:
    from storm import Storm

VALUES = ("plain", "storing", "collecting", "subclasses", "mocks")


def maker(storm: Storm, values: str) -> Callable[[str], Any]:
    """Return what makes a new object of a name for the storm's cache."""
    base = storm.flavour.kind.base

    class Plain(storm.flavour.kind.stub):
        def __init__(self, name: str) -> None:
            self.name, self.number = name, storm.number()

    class Storing(Plain):
        def __del__(self) -> None:
            storm.once(lambda: storm.put(storm.keys[self.name], Plain(self.name)))

    class Collecting(Plain):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.myself = self  # only the collector ends it

        def __del__(self) -> None:
            if self.number % 64 == 0:
                gc.collect()
            storm.cache.get(storm.keys[self.name])

    class Subclass(Plain):
        """Answers nothing that a cache has no right to ask."""

        __slots__ = ("name", "number")

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"a cached object was asked for its {name}")

        def __bool__(self) -> bool:
            raise AssertionError("a cached object was asked whether it is true")

        __len__ = __iter__ = __repr__ = __str__ = __bool__

    def mock(name: str) -> Any:
        made = NonCallableMock(spec=base)
        made.name, made.number = name, storm.number()
        return made

    return dict(zip(VALUES, (Plain, Storing, Collecting, Subclass, mock), strict=True))[values]
