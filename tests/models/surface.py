"""What a client shows to who looks at it: to be compared with what another client shows."""

from __future__ import annotations

import inspect
import pydoc
import re
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any

import boto3

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def surface(client: Any, documented: int | None) -> dict[str, Any]:
    """All of it, by what it is of; the documentation of so many of the operations, waiters and paginators alone."""
    return {name: dict(part) for name, part in _parts(client, documented)}


def _parts(client: Any, documented: int | None) -> Iterator[tuple[str, Iterable[tuple[str, Any]]]]:
    yield "class", _class(client)
    yield "attributes", _attributes(client)
    yield "meta", _meta(client)
    yield "docs", _docs(client, documented)
    yield "exceptions", _exceptions(client)
    yield "waiters", _waiters(client, documented)
    yield "paginators", _paginators(client, documented)


def _class(client: Any) -> Iterator[tuple[str, Any]]:
    cls = type(client)
    yield "names", (cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__)
    yield "bases", [(base.__name__, base.__module__) for base in cls.__mro__[1:]]
    yield "items", {name: type(value).__name__ for name, value in vars(cls).items()}
    yield "order", list(vars(cls))
    yield "instance", sorted(vars(client))
    yield "repr", ADDRESS.sub("", repr(client))


def _attributes(client: Any) -> Iterator[tuple[str, Any]]:
    yield "dir", dir(client)
    for name in dir(client):
        value = inspect.getattr_static(client, name)
        if isinstance(value, FunctionType):
            yield name, _function(value)
        elif not name.startswith("_"):  # what is private may be of a class of ours that derives from botocore's
            yield name, type(value).__name__


def _function(value: FunctionType) -> Any:
    code = value.__code__
    return (
        value.__name__, value.__qualname__, value.__module__, str(inspect.signature(value)), value.__defaults__,
        value.__annotations__, sorted(vars(value)), (code.co_name, code.co_filename, code.co_freevars),
    )  # fmt: skip


def _meta(client: Any) -> Iterator[tuple[str, Any]]:
    meta = client.meta
    yield "mapping", meta.method_to_api_mapping
    yield "places", (meta.endpoint_url, meta.region_name, meta.partition)
    yield "config", {name: _plain(value) for name, value in vars(meta.config).items()}
    yield (
        "model",
        (meta.service_model.service_name, dict(meta.service_model.metadata), meta.service_model.documentation),
    )
    yield "operations", list(meta.service_model.operation_names)
    yield "classes", [type(value).__name__ for value in (meta, meta.config, meta.service_model, client._serializer)]


def _plain(value: Any) -> Any:
    return ADDRESS.sub("", repr(value))


def _docs(client: Any, documented: int | None) -> Iterator[tuple[str, Any]]:
    methods = sorted(client.meta.method_to_api_mapping)
    for name in _some(methods, documented):
        yield name, _docs_of(getattr(client, name))
    for name in ("can_paginate", "get_paginator", "get_waiter", "generate_presigned_url"):
        yield name, pydoc.render_doc(getattr(client, name))


def _docs_of(method: Any) -> Any:
    return str(method.__doc__), inspect.getdoc(method), pydoc.render_doc(method)


def _exceptions(client: Any) -> Iterator[tuple[str, Any]]:
    yield "dir", sorted(dir(client.exceptions))
    yield "class", (type(client.exceptions).__name__, type(client.exceptions).__module__)
    yield "unknown", _error_of(lambda: client.exceptions.NoSuchThingAtAll)
    yield "unknown code", client.exceptions.from_code("no such code").__name__
    for code, error in client.exceptions._code_to_exception.items():
        names = [(base.__name__, base.__module__, base.__doc__) for base in error.__mro__]
        yield (
            code,
            (names, client.exceptions.from_code(code) is error, getattr(client.exceptions, error.__name__) is error),
        )


def _waiters(client: Any, documented: int | None) -> Iterator[tuple[str, Any]]:
    yield "names", client.waiter_names
    yield "unknown", _error_of(lambda: client.get_waiter("no_such_waiter"))
    for name in _some(client.waiter_names, documented):
        waiter = client.get_waiter(name)
        config = {key: value for key, value in vars(waiter.config).items() if key != "acceptors"}
        acceptors = [(each.state, each.matcher, each.argument, each.expected) for each in waiter.config.acceptors]
        yield (
            name,
            (
                _class_name(waiter),
                waiter.name,
                config,
                acceptors,
                str(waiter.wait.__doc__),
                pydoc.render_doc(waiter.wait),
            ),
        )


def _paginators(client: Any, documented: int | None) -> Iterator[tuple[str, Any]]:
    can = [name for name in sorted(client.meta.method_to_api_mapping) if client.can_paginate(name)]
    yield "can", can
    yield "unknown", _error_of(lambda: client.get_paginator("no_such_operation"))
    for name in _some(can, documented):
        paginator = client.get_paginator(name)
        paginate = paginator.paginate
        yield (
            name,
            (_class_name(paginator), paginator._pagination_cfg, str(paginate.__doc__), pydoc.render_doc(paginate)),
        )


def _class_name(value: Any) -> Any:
    return [(base.__name__, base.__qualname__, base.__module__) for base in type(value).__mro__]


def _error_of(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error).__name__, ADDRESS.sub("", str(error))


def _some(names: list[str], most: int | None) -> list[str]:
    return names if most is None else names[:: max(1, len(names) // most)] if most else []


def difference(ours: Any, theirs: Any, path: str = "") -> str | None:
    """Where two surfaces differ first, and how; None if nowhere."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return f"{path}: names differ: {sorted(set(map(str, ours)) ^ set(map(str, theirs)))} or their order"
        found = (difference(ours[name], theirs[name], f"{path}/{name}") for name in ours)
        return next((text for text in found if text), None)
    return None if ours == theirs else f"{path}:\n  {str(ours)[:2_000]}\n  {str(theirs)[:2_000]}"


def clients_to_compare(session_class: Any, service: str) -> dict[str, tuple[Any, Any]]:
    """Pairs of ours and of plain boto3's: each of ours shares in another way what was there before it."""
    one, other, plain, plain_other = session_class(), session_class(), boto3.Session(), boto3.Session()
    theirs, theirs_again = plain.client(service), plain.client(service, "eu-west-1")
    return {
        "the first": (one.client(service), theirs),
        "the second of its session": (one.client(service, "eu-west-1"), theirs_again),
        "one of another session": (other.client(service), plain_other.client(service)),
    }


def assert_clients_look_alike(session_class: Any, service: str, documented: int | None) -> None:
    for which, (ours, theirs) in clients_to_compare(session_class, service).items():
        found = difference(surface(ours, documented), surface(theirs, documented))
        assert found is None, f"{service}, {which}: {found}"
