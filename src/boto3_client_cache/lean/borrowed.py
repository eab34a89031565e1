"""Functions of botocore's, run with some of the names replaced that they look up in their module.

Nothing in botocore is replaced: what runs is a copy of the function object with the same code, whose other names are
looked up in botocore's module at each call. Complexity: a copy takes some microseconds. Thread safety: immutable.
"""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any


class _Names(dict[str, Any]):
    """A module's names, as they are at each look, but for those that are replaced."""

    __slots__ = ("_module",)

    def __init__(self, module: dict[str, Any], replaced: dict[str, Any]) -> None:
        super().__init__(replaced)
        self._module = module

    def __missing__(self, name: str) -> Any:
        return self._module[name]


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
        names, closure = _Names(function.__globals__, replaced), function.__closure__ or ()
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
