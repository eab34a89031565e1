"""Client methods' docstrings that cost little until somebody reads them.

botocore gives each method of a client class a lazily written docstring, and each of those a dict of arguments of its
own: in a client of EC2 they are half of the memory. Here a docstring remembers the operation and makes its arguments
when it is written. A handler of botocore's ``creating-client-class`` event puts them in, each checked to make the
same arguments.
"""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from botocore.docs.docstring import ClientMethodDocstring

from . import checks


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
        return {
            "operation_model": self._operation_model,
            "method_name": self._name,
            "event_emitter": self._events,
            "method_description": self._operation_model.documentation,
            "example_prefix": f"response = client.{xform_name(self._name)}",
            "include_signature": False,
        }


def make_docstrings_lean(class_attributes: dict[str, Any], **_: Any) -> None:
    """Replace the docstrings of a client class that is being created. The rest of the event's arguments is not used.

    A docstring with other arguments than botocore gives, such as a user's own, stays; so do all while somebody has
    replaced what makes clients.
    """
    if not checks.CLIENT.is_own():
        return
    for method in class_attributes.values():
        docstring = getattr(method, "__doc__", None)
        if type(docstring) is ClientMethodDocstring:
            lean = _lean(docstring)
            if lean is not None:
                method.__doc__ = lean


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
