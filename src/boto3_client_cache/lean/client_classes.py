"""What the classes of a service's clients are made of, made once for each service model.

What is shared: the method functions with their docstrings, their names, and the answers about endpoint discovery, for
which botocore asks each operation of each client's model. botocore's own functions make them of a model that no
session has, and they are kept beside that model in the store. Each client keeps a class and dicts of its own, and
``creating-client-class`` is emitted for each.

When it is not: a session has changed its model, in more than the URIs that botocore itself rewrites; it has other
handlers of documentation than botocore's; its emitter or its loader is not ours; what makes methods is not botocore's
own (``checks.METHODS``).

What happens then: botocore makes the session's own. And where a handler that is neither botocore's nor boto3's is to
see the attributes of a class, it is given copies of the functions, for it may change them.

Complexity: for a further client, a copy of two dicts. Thread safety: what is shared is not written to; of two threads
that make it at once, both use what they made.
"""

from __future__ import annotations

from functools import partial
from operator import is_
from types import FunctionType
from typing import Any, NamedTuple

import boto3.utils
import botocore.handlers
import botocore.model
import botocore.signers
from botocore.hooks import EventAliaser

from boto3_client_cache import _core

from . import checks
from .borrowed import copy_of
from .docstrings import make_docstrings_shared
from .events import builtin_documentation_handlers, builtin_events, documentation_handlers, handlers_of
from .models import Extras, SharedLoader
from .shapes import follow, patterns_of

_WRITTEN_BY_BOTOCORE = ("operations", None, "http")  # in which it rewrites the URI of a request
LEAVE_METHODS_ALONE = [botocore.handlers, botocore.signers]  # they add methods, or remove some


class Source(NamedTuple):
    """Where a service model comes from. Holds no view, which would keep alive what is kept beside the model."""

    document: object
    service_name: str
    extras: Extras

    def service_model(self) -> Any:
        """Return a new model that is nobody's."""
        view = _core.view_of(self.document)
        self.extras.merge_into(view)
        return botocore.model.ServiceModel(view, service_name=self.service_name)


class Parts(NamedTuple):
    """What the clients of one service model share."""

    methods: dict[str, Any] | None
    """None if botocore has made others than expected."""
    names: dict[str, str]
    discovery: str | None
    """The name of the operation for endpoint discovery."""
    needs_discovery: bool
    """Whether some operation is impossible without."""
    documented_by: tuple[Any, ...] | None
    """The handlers that the docstrings are written with."""
    patterns: Any
    """The service model whose shapes their shapes follow."""

    def let_follow(self, service_model: Any, loader: SharedLoader) -> None:
        """Have the shapes of a client's new model follow the shared ones."""
        view = service_model._service_description
        follow(service_model, self.patterns, partial(_is_as_loaded, view, loader.extras_in(view)))

    def are_documented_by(self, handlers: tuple[Any, ...] | None) -> bool:
        """Whether the docstrings read as with these handlers."""
        if self.documented_by is None or handlers is None:
            return False
        return all(map(is_, self.documented_by, handlers))


def parts_of(service_model: Any, loader: Any, creator: Any) -> Parts | None:
    """Return what clients of ``service_model`` share; None if they are to have their own.

    ``creator`` has botocore's methods of a ``ClientCreator``, which make what is not there yet.
    """
    if not isinstance(loader, SharedLoader) or type(service_model) is not botocore.model.ServiceModel:
        return None
    if not (checks.METHODS.is_own() and checks.EVENTS.is_own()):
        return None
    view = service_model._service_description  # type: ignore[attr-defined]
    document = _core.document(view)
    if document is None:
        return None
    extras = loader.extras_in(view)
    if not _is_as_loaded(view, extras):
        return None
    source = Source(document, service_model.service_name, extras)
    kept: Any = _core.notes(view)
    parts: Parts | None = kept.get(source[1:])
    builtin = builtin_documentation_handlers()
    if builtin is None:
        return None
    if parts is None or not parts.are_documented_by(builtin):
        kept[source[1:]] = parts = _make(source, creator)
    return parts


def _is_as_loaded(view: Any, extras: Extras) -> bool:
    return _core.is_unchanged(view, [_WRITTEN_BY_BOTOCORE, *extras.paths]) and extras.are_in(view)


def _make(source: Source, creator: Any) -> Parts:
    service_model = source.service_model()
    events = EventAliaser(builtin_events())
    methods = creator._create_methods(service_model)
    are_as_expected = all(type(method) is FunctionType for method in methods.values())
    discovery = service_model.endpoint_discovery_operation
    return Parts(
        methods if are_as_expected and make_docstrings_shared(methods, source, events) else None,
        creator._create_name_mapping(service_model),
        None if discovery is None else discovery.name,
        discovery is not None and service_model.endpoint_discovery_required,
        documentation_handlers(events),
        patterns_of(source),
    )


def methods_for(
    parts: Parts, events: Any, service_model: Any, documented_by: tuple[Any, ...] | None
) -> dict[str, Any] | None:
    """Return the attributes of a new class of a session with these ``events``; None if they cannot be shared.

    ``documented_by`` are the session's handlers of documentation.
    """
    if parts.methods is None or not parts.are_documented_by(documented_by):
        return None
    name = f"creating-client-class.{service_model.service_id.hyphenize()}"
    if all(map(_leaves_methods_alone, handlers_of(events, name))):
        return parts.methods.copy()
    return {name: copy_of(method) for name, method in parts.methods.items()}


def _leaves_methods_alone(handler: Any) -> bool:
    """Whether it is a handler of botocore's or boto3's, none of which changes a method."""
    if type(handler) is not FunctionType:
        return False
    if any(handler.__globals__ is vars(module) for module in LEAVE_METHODS_ALONE):
        return True
    if handler.__globals__ is not vars(boto3.utils) or handler.__qualname__ != "lazy_call.<locals>._handler":
        return False
    return any(str(cell.cell_contents).startswith("boto3.") for cell in handler.__closure__ or ())


def tell_discovery(service_model: Any, loader: Any, parts: Parts) -> None:
    """Have a model know what it has for endpoint discovery, unless it was changed since the class was made."""
    view = service_model._service_description
    if _is_as_loaded(view, loader.extras_in(view)):
        known = vars(service_model)  # where botocore's cached properties keep their answers
        operation = None if parts.discovery is None else service_model.operation_model(parts.discovery)
        known.setdefault("endpoint_discovery_operation", operation)
        if operation is not None:  # or nobody asks
            known.setdefault("endpoint_discovery_required", parts.needs_discovery)
