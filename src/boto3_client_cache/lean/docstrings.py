"""Client methods' docstrings that cost little until somebody reads them.

What is shared: a service model's docstrings, with its method functions (``client_classes``). botocore gives each method
a lazily written docstring, and each of those a dict of arguments of its own: in a client of EC2 they are half of the
memory. Here a docstring remembers the operation, or where its model comes from, and makes the arguments when it is
written.

When it is not: methods that botocore made for one session alone have docstrings of that session's operations and
handlers, and one that is not as botocore makes it stays.

What happens then: the docstring is written by botocore, with the same arguments.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.docs.docstring import ClientMethodDocstring

from . import checks

if TYPE_CHECKING:
    from .client_classes import Source


class LeanDocstring(checks.base(ClientMethodDocstring)):  # type: ignore[misc]
    """A botocore docstring whose arguments are made when it is written."""

    __slots__ = ("_events", "_name", "_operation_model")

    # What botocore's constructor keeps in every object.
    _gen_args = ()
    _docstring = None

    def __init__(self, operation_model: Any, name: str, events: Any) -> None:
        """Document an operation, with the handlers that its session has then."""
        self._operation_model = operation_model
        self._name = name  # the model knows it too, but would grow by remembering that it was asked
        self._events = events

    @property
    def _gen_kwargs(self) -> dict[str, Any]:
        return _arguments(self._operation_model, self._name, self._events)


class SharedDocstring(checks.base(ClientMethodDocstring)):  # type: ignore[misc]
    """A botocore docstring of no session: its model is made when it is written, and goes again."""

    __slots__ = ("_events", "_name", "_source")

    _gen_args = ()
    _docstring = None

    def __init__(self, source: Source, name: str, events: Any) -> None:
        """Document an operation as the service's model file has it, with the handlers of ``events``."""
        self._source = source
        self._events = events
        self._name = name

    @property
    def _gen_kwargs(self) -> dict[str, Any]:
        operation_model = self._source.service_model().operation_model(self._name)
        return _arguments(operation_model, self._name, copy.copy(self._events))


def _arguments(operation_model: Any, name: str, events: Any) -> dict[str, Any]:
    """Return what botocore gives a docstring."""
    return {
        "operation_model": operation_model,
        "method_name": name,
        "event_emitter": events,
        "method_description": operation_model.documentation,
        "example_prefix": f"response = client.{xform_name(name)}",
        "include_signature": False,
    }


def make_docstrings_lean(methods: dict[str, Any]) -> None:
    """Replace the docstrings of methods that botocore has just made; one with other arguments than expected stays."""
    for method in methods.values():
        docstring = getattr(method, "__doc__", None)
        if type(docstring) is ClientMethodDocstring:
            lean = _lean(docstring)
            if lean is not None:
                method.__doc__ = lean


def make_docstrings_shared(methods: dict[str, Any], source: Source, events: Any) -> bool:
    """Replace the docstrings of methods that botocore made of ``source``; whether all were as expected."""
    for method in methods.values():
        docstring = getattr(method, "__doc__", None)
        lean = _lean(docstring) if type(docstring) is ClientMethodDocstring else None
        if lean is None:
            return False
        method.__doc__ = SharedDocstring(source, lean._name, events)
    return True


def _lean(docstring: Any) -> LeanDocstring | None:
    """Return what writes the same text; None for a docstring that is not as expected."""
    kept = vars(docstring)
    try:
        arguments = kept["_gen_kwargs"]
        lean = LeanDocstring(arguments["operation_model"], arguments["method_name"], arguments["event_emitter"])
        alike = kept == {"_gen_args": (), "_gen_kwargs": lean._gen_kwargs, "_docstring": None}
    except (AttributeError, KeyError, TypeError):
        return None
    return lean if alike else None
