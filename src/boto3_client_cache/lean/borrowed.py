"""Functions of botocore's, run with some of the names replaced that they look up in their module.

Nothing in botocore is replaced: what runs is a copy of the function object with the same code, whose other names are
looked up in botocore's module at each call. Complexity: a copy takes some microseconds. Thread safety: immutable.
"""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any

_kinds: dict[int, type[dict[str, Any]]] = {}  # by the identity of modules' dicts, which they keep


def _names_of(module: dict[str, Any]) -> type[dict[str, Any]]:
    """Return what has a module's names, as they are at each look, beside its own."""
    kind = _kinds.get(id(module))
    if kind is None:  # a class for each module: its dict's own method is no descriptor, and called without a frame
        kind = type("_Names", (dict,), {"__slots__": (), "__missing__": module.__getitem__})
        kind = _kinds.setdefault(id(module), kind)
    return kind


class _Module:
    """A module as a function sees it whose names are replaced."""

    def __init__(self, module: Any, replaced: dict[str, Any]) -> None:
        self.__dict__.update(replaced)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def module_with(module: Any, **replaced: Any) -> Any:
    """Return what has all that ``module`` has at each look, but for what is ``replaced``."""
    return _Module(module, replaced)


def with_names(function: FunctionType, **replaced: Any) -> FunctionType:
    """Return ``function`` with some of its module's names replaced; of a decorated one, those of what is decorated."""
    inner = getattr(function, "__wrapped__", None)
    if isinstance(inner, FunctionType):
        names, ours = function.__globals__, with_names(inner, **replaced)
        closure = tuple(CellType(ours) if cell.cell_contents is inner else cell for cell in function.__closure__ or ())
    else:
        names, closure = _names_of(function.__globals__)(replaced), function.__closure__ or ()
    return _copied(function, names, closure)


def copy_of(function: FunctionType) -> FunctionType:
    """Return a function that does what ``function`` does, with attributes of its own."""
    return _copied(function, function.__globals__, function.__closure__ or ())


def _copied(function: FunctionType, names: dict[str, Any], closure: tuple[CellType, ...]) -> FunctionType:
    copied = FunctionType(function.__code__, names, function.__name__, function.__defaults__, closure or None)
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__qualname__ = function.__qualname__
    copied.__module__ = function.__module__
    copied.__doc__ = function.__doc__
    copied.__dict__.update(vars(function))
    return copied
