"""The shapes of operations, resolved once for each service model.

What is shared: what botocore resolves of an operation's input and output, which is most of what a client's requests
add to it. botocore resolves it here of a model that no session has (the patterns), kept beside that model in the
store. A response is parsed with the patterns themselves. A client's own operations and shapes, which its handlers and
its user reach and may change, each have a pattern to follow: a shape takes from it what it is asked for, and becomes
one that is resolved as botocore's when it is asked for more.

When it is not: a session has changed its model before a client first uses the operation; a shape has been changed, or
does not lead to the values that its pattern leads to; an event stream, whose reader keeps its shape; models,
operations, shapes and the factory of parsers are not botocore's own (``checks.SHAPES``).

What happens then: botocore resolves the client's own shapes of the session's model, and they parse its responses.

Complexity: a shape of a client costs some hundred bytes until it is used; a response a comparison of what was used.
Thread safety: patterns are botocore's objects, which fill in what they are asked for and are otherwise only read.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

import botocore.model
import botocore.parsers
from botocore.utils import CachedProperty

from . import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client_classes import Source

_SCALARS = (str, bool, int, float, type(None))
_RESOLVED = ("_shape_model", "_shape_resolver", "_cache", "documentation")  # what every shape of botocore's keeps
_BELOW = ("members", "member", "key", "value")
_ONLY_OURS = ("_patterns", "_pattern", "_is_as_loaded")
_MISSING = object()


class _Plain(dict[str, Any]):
    """A part of a source's model as plain data without documentation: each item is made when it is first read."""

    def __init__(self, source: Source, part: str) -> None:
        super().__init__()
        self._source = source
        self._part = part

    def __missing__(self, name: str) -> Any:
        found = _plain(self._source.service_model()._service_description[self._part][name])
        return self.setdefault(name, found)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        items = ((key, item) for key, item in value.items() if key != "documentation" or not isinstance(item, str))
        return {key: _plain(item) for key, item in items}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def patterns_of(source: Source) -> Any:
    """Return a service model of botocore's that no client has; its operations and shapes have no documentation."""
    description = {"metadata": {}, "operations": _Plain(source, "operations"), "shapes": _Plain(source, "shapes")}
    return botocore.model.ServiceModel(description, service_name=source.service_name)


class ServiceModel(checks.base(botocore.model.ServiceModel)):  # type: ignore[misc]
    """A client's service model whose operations follow patterns, while it is as it was loaded."""

    _patterns: Any
    _is_as_loaded: Callable[[], bool]

    def operation_model(self, *args: Any, **kwargs: Any) -> Any:
        """Return what botocore's method of this name returns."""
        model = super().operation_model(*args, **kwargs)
        if type(model) is botocore.model.OperationModel and self._is_as_loaded():
            pattern = self._patterns.operation_model(model._api_name)  # type: ignore[attr-defined]
            model.__dict__["_pattern"] = pattern
            model.__class__ = OperationModel
        return model

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Be copied as botocore's own service model."""
        return _to_be_copied(self, botocore.model.ServiceModel)


def _to_be_copied(ours: Any, botocores: type) -> Any:
    """Return what ``__reduce_ex__`` returns for a copy that is botocore's: what is only ours stays."""
    return object.__new__, (botocores,), {name: value for name, value in vars(ours).items() if name not in _ONLY_OURS}


def follow(service_model: Any, patterns: Any, is_as_loaded: Callable[[], bool]) -> None:
    """Have the operations of a client's new service model follow patterns, if that can be.

    ``is_as_loaded`` tells whether the session's model is what the patterns are made of.
    """
    if not checks.SHAPES.is_own():
        return
    service_model._patterns = patterns
    service_model._is_as_loaded = is_as_loaded
    service_model.__class__ = ServiceModel


class OperationModel(checks.base(botocore.model.OperationModel)):  # type: ignore[misc]
    """A client's model of an operation, whose shapes follow a pattern's."""

    _pattern: Any

    @CachedProperty
    def input_shape(self) -> Any:
        """What botocore's property of this name is."""
        return _following(self._pattern.input_shape, self, "input")

    @CachedProperty
    def output_shape(self) -> Any:
        """What botocore's property of this name is."""
        return _following(self._pattern.output_shape, self, "output")

    @CachedProperty
    def context_parameters(self) -> Any:
        """What botocore's property of this name is."""
        found: Any = self._pattern if reads_as_pattern(self.input_shape) else super()
        return list(found.context_parameters)

    @CachedProperty
    def idempotent_members(self) -> Any:
        """What botocore's property of this name is."""
        found: Any = self._pattern if reads_as_pattern(self.input_shape) else super()
        return list(found.idempotent_members)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Be copied as botocore's own operation."""
        return _to_be_copied(self, botocore.model.OperationModel)

    def _reference(self, place: str) -> Any:
        return self._operation_model[place]

    @property
    def _shape_resolver(self) -> Any:
        return self._service_model._shape_resolver


class _Following:
    """A client's shape that follows a pattern. Botocore's attributes come when one of them is asked for."""

    __slots__ = ("_above", "_is_used", "_made", "_pattern", "_place")

    _above: Any
    """The operation or the shape that leads here."""
    _place: str
    """Where it leads here: the name of a member, or what else refers to a shape in a model."""
    _is_used: bool
    """Whether something of this shape, or of one below, may have been changed."""
    _made: tuple[Any, ...]
    """The members that it has led to."""

    def __setattr__(self, name: str, value: Any) -> None:
        _use(self)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name in ("name", "type_name"):
            return getattr(self._pattern, name)
        if name in _RESOLVED:
            self._resolve()
            return vars(self)[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Be copied as botocore's own shape."""
        self._resolve()
        return _to_be_copied(self, type(self._pattern))

    @CachedProperty
    def serialization(self) -> Any:
        """What botocore's property of this name is."""
        found: Any = self._pattern if self._has_scalars("serialization") else super()
        return found.serialization.copy()

    @CachedProperty
    def metadata(self) -> Any:
        """What botocore's property of this name is."""
        found: Any = self._pattern if self._has_scalars("metadata") else super()
        return found.metadata.copy()

    def _has_scalars(self, name: str) -> bool:
        """Whether this shape has none but scalars there; lists and dicts are the session's."""
        _use(self)
        values = getattr(self._pattern, name).values()
        return "_shape_model" not in vars(self) and all(isinstance(value, _SCALARS) for value in values)

    def _resolve(self) -> None:
        """Become what botocore's resolver makes of the session's model, but for what was set already."""
        _use(self)
        resolved = vars(_resolved(self._above, self._place))
        own = vars(self)
        for name, value in resolved.items():
            own.setdefault(name, value)

    def _reference(self, place: str) -> Any:
        return self._shape_model[place]

    def _below(self, place: str) -> Any:
        _use(self)
        return self.__dict__.setdefault(place, _following(getattr(self._pattern, place), self, place))


class Shape(_Following, checks.base(botocore.model.Shape)):  # type: ignore[misc]
    """A client's shape of a scalar."""


class StringShape(_Following, checks.base(botocore.model.StringShape)):  # type: ignore[misc]
    """A client's shape of a string."""


class ListShape(_Following, checks.base(botocore.model.ListShape)):  # type: ignore[misc]
    """A client's shape of a list."""

    @CachedProperty
    def member(self) -> Any:
        """What botocore's property of this name is."""
        return self._below("member")


class MapShape(_Following, checks.base(botocore.model.MapShape)):  # type: ignore[misc]
    """A client's shape of a map."""

    @CachedProperty
    def key(self) -> Any:
        """What botocore's property of this name is."""
        return self._below("key")

    @CachedProperty
    def value(self) -> Any:
        """What botocore's property of this name is."""
        return self._below("value")


class StructureShape(_Following, checks.base(botocore.model.StructureShape)):  # type: ignore[misc]
    """A client's shape of a structure."""

    @CachedProperty
    def members(self) -> Any:
        """What botocore's property of this name is."""
        _use(self)
        patterns = self._pattern.members.items()
        found = self.MAP_TYPE((name, _following(pattern, self, name)) for name, pattern in patterns)
        members = self.__dict__.setdefault("members", found)  # another thread may have made them
        _set_made(self, tuple(members.values()))
        return members

    @CachedProperty
    def event_stream_name(self) -> Any:
        """What botocore's property of this name is."""
        found: Any = self._pattern if reads_as_pattern(self) else super()
        return found.event_stream_name

    def _reference(self, place: str) -> Any:
        return self._shape_model["members"][place]


_set_above, _set_is_used, _set_made, _set_pattern, _set_place = (
    vars(_Following)[name].__set__ for name in sorted(_Following.__slots__)
)
_OURS = {ours.__mro__[2]: ours for ours in (Shape, StringShape, ListShape, MapShape, StructureShape)}


def _following(pattern: Any, above: Any, place: str) -> Any:
    """Return a client's new shape, to which ``above`` leads at ``place``; None where no pattern is."""
    if pattern is None:
        return None
    ours = _OURS.get(type(pattern))
    if ours is None:  # somebody has added a class of shapes
        return _resolved(above, place)
    shape = ours.__new__(ours)
    _set_above(shape, above)
    _set_is_used(shape, False)
    _set_made(shape, ())
    _set_pattern(shape, pattern)
    _set_place(shape, place)
    return shape


def _resolved(above: Any, place: str) -> Any:
    return above._shape_resolver.resolve_shape_ref(above._reference(place))


def _use(shape: Any) -> None:
    while isinstance(shape, _Following) and not shape._is_used:
        _set_is_used(shape, True)
        shape = shape._above


def reads_as_pattern(shape: Any) -> bool:
    """Whether a client's shape, and each that it has led to, is what its pattern is; None is too."""
    if not isinstance(shape, _Following):
        return shape is None
    if not shape._is_used:
        return True
    own = shape.__dict__
    asked = ("serialization", "metadata") if "_shape_model" in own else ()  # somebody may have changed it
    for name in (*own, *asked):
        value = getattr(shape, name)
        if name == "members":
            alike = _are_as_made(value, shape)
        elif name in _BELOW:
            alike = isinstance(value, _Following) and value._above is shape and reads_as_pattern(value)
        else:
            alike = name in _RESOLVED or value == getattr(shape._pattern, name, _MISSING)
        if not alike:
            return False
    return True


def _are_as_made(members: Any, shape: Any) -> bool:
    made = shape._made
    return (
        len(members) == len(made)
        and all(map(is_, members.values(), made))
        and members.keys() == shape._pattern.members.keys()
        and all(map(reads_as_pattern, made))
    )


def parser_factory(factory: Any) -> Any:
    """Return a factory whose parsers read with patterns; one that is not botocore's own is returned itself."""
    return ResponseParserFactory(factory) if type(factory) is botocore.parsers.ResponseParserFactory else factory


class ResponseParserFactory(checks.base(botocore.parsers.ResponseParserFactory)):  # type: ignore[misc]
    """Makes parsers that read responses with patterns."""

    def __init__(self, factory: Any) -> None:
        """Have the defaults of a session's factory, now and later."""
        self.__dict__.update(vars(factory))

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        """Return a parser as botocore's method of this name does."""
        return _Parser(super().create_parser(*args, **kwargs))


class _Parser:
    """A parser that is given a pattern in the stead of a shape that reads as it."""

    __slots__ = ("_parser",)

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def parse(self, response: Any, shape: Any) -> Any:
        """Parse a response. Who reads an event stream keeps its shape, which is the client's own then."""
        if type(shape) is StructureShape and shape._pattern.event_stream_name is None and reads_as_pattern(shape):
            shape = shape._pattern
        return self._parser.parse(response, shape)
