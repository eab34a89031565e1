"""The build backend of this package: scikit-build-core's, which says in one screen what a build lacks.

The hooks of PEP 517 and PEP 660 are scikit-build-core's. What the building ones write is held back until CMake has
configured the build: where that fails for want of a compiler, a library or a program, the screen stands in its place.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from scikit_build_core import build
from scikit_build_core.build import (
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

from .missing import what_is_missing
from .output import HeldOutput
from .screen import screen

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = Mapping[str, "str | list[str]"]


def prepare_metadata_for_build_wheel(directory: str, settings: Settings | None = None) -> str:
    """Write the metadata of the wheel into a directory and return their folder's name."""
    with _saying_what_is_missing():  # asks for CMake, too
        return build.prepare_metadata_for_build_wheel(directory, dict(settings or {}))


def prepare_metadata_for_build_editable(directory: str, settings: Settings | None = None) -> str:
    """Write the metadata of the editable wheel into a directory and return their folder's name."""
    with _saying_what_is_missing():
        return build.prepare_metadata_for_build_editable(directory, dict(settings or {}))


def build_wheel(directory: str, settings: Settings | None = None, metadata_directory: str | None = None) -> str:
    """Build a wheel into a directory and return its name."""
    with _saying_what_is_missing():
        return build.build_wheel(directory, dict(settings or {}), metadata_directory)


def build_editable(directory: str, settings: Settings | None = None, metadata_directory: str | None = None) -> str:
    """Build an editable wheel into a directory and return its name."""
    with _saying_what_is_missing():
        return build.build_editable(directory, dict(settings or {}), metadata_directory)


@contextmanager
def _saying_what_is_missing() -> Iterator[None]:
    held = HeldOutput()
    try:
        with held:
            yield
    except BaseException as error:
        missing = None if held.configured else what_is_missing(f"{held.text()}\n{type(error).__name__}: {error}")
        if missing is None:
            held.show()
            raise
        print(screen(missing, held.keep()), file=sys.stderr)
        raise SystemExit(1) from None
    held.show()
