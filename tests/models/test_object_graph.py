"""What two clients both reach and somebody could change is what boto3's reach both too, or is listed here.

A client's graph is followed through containers, attributes, slots, closures and classes, but not into modules and
what lives there: functions' globals, classes and objects that a module has by name.
"""

from __future__ import annotations

import gc
import re
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import boto3

from .conftest import SharingSession

# What holds nothing of a client's that could be changed, or leads into the interpreter.
ENDS = (
    type(None), bool, int, float, complex, str, bytes, range, slice, types.ModuleType, types.CodeType, types.FrameType,
    types.BuiltinFunctionType, types.GetSetDescriptorType, types.MemberDescriptorType, types.WrapperDescriptorType,
    types.MethodDescriptorType, types.ClassMethodDescriptorType, types.GenericAlias,
)  # fmt: skip
CHANGEABLE = (dict, list, set, bytearray, deque)

# What clients of ours share beyond boto3's: the places, and why a change there is nobody else's. Each is a way from the
# client: names of attributes, [] for keys, () for what else an object holds.
EXPECTED = {
    r".*\._handlers\._root\[\]": "nodes of a trie, which copies those that it is about to change (test_events)",
    r".*\._lookup_cache\[\]\(\)\(\)": "botocore's own handlers, which all its sessions have too",
    r".*\._event_aliases\(\)": "botocore's own aliases, behind a proxy that nobody can write through",
    r".*\._parts\(\)": "the same functions and names, of which each class gets copies",
    r".*\._alias_name_cache": "what botocore's own aliases make of the names of events",
    r".*\._config_store\._common(\(\))?": "the session's, of whose clients' stores botocore's share the providers too",
    r".*\._config_store\._common\(\)\.session_var_map\._store\[\]\(\)": "a default in botocore's own table",
    r".*\._client_creator\.__dict__": "that of botocore's function, of which each session's method is another",
    r"client\._ruleset_resolver\._provider\.ruleset\.rules": "endpoint rules: a tree that is only read (lean-sessions)",
    r"client\._ruleset_resolver\._param_definitions\[\]": "their parameters, which are only read (lean-sessions)",
    r".*\._patterns?": "models of operations and shapes that no client has, which are only read (lean-sessions)",
    r".*\._instance_cache\[\]\.(input|output)_shape(\.members\[\])?\(\)": "one of those shapes, which a shape follows",
    r"client\.\w+": "functions of methods; the class and its dict are the client's own (lean-sessions)",
}

# What clients of one session share beyond that.
OF_ONE_SESSION = {
    r".*\._response_parser_factory(\._defaults)?": "the session's, of whose clients botocore's share the factory too",
    r".*\._config_store\._common\(\).*": "their session, to which credentials that are refreshed lead in botocore too",
}


def library_objects() -> set[int]:
    """What modules have by name, and their classes: the process's. Of what ours have, classes and functions alone."""
    found: set[int] = set()
    for name, module in list(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if isinstance(value, type | types.FunctionType) or not name.startswith("boto3_client_cache"):
                found.add(id(value))
                if isinstance(value, type):
                    found.update(map(id, vars(value).values()))
    return found


def walk(root: Any, known: set[int], is_end: Callable[[Any], bool] = lambda _: False) -> dict[int, tuple[Any, Any]]:
    """Everything that ``root`` leads to, by its address, with the shortest way there; not what lies behind an end.

    A way is the way before it and a step; there are hundreds of thousands, so its text is written when it is needed.
    """
    found: dict[int, tuple[Any, Any]] = {id(root): (root, None)}
    waiting = deque([root])
    while waiting:
        value = waiting.popleft()
        way = found[id(value)][1]
        if is_end(value):
            continue
        for part, step in parts(value):
            if id(part) not in found and id(part) not in known and not isinstance(part, ENDS):
                found[id(part)] = part, (way, step)
                waiting.append(part)
    return found


def text_of(way: Any) -> str:
    steps = []
    while way is not None:
        way, step = way
        steps.append(step if isinstance(step, str) else f"[{step[0]!r:.40}]")
    return "client" + "".join(reversed(steps))


def parts(value: Any) -> Iterator[tuple[Any, str | tuple[Any]]]:
    """What a value holds, each with the step to it: text, or the key of a dict."""
    if isinstance(value, types.FunctionType):
        yield vars(value), ".__dict__"
        for part in (value.__defaults__, value.__kwdefaults__, value.__doc__, value.__annotations__):
            yield part, "()"
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            yield cell, f"<{name}>"
        return
    if isinstance(value, dict):  # a view's items by its own methods too
        for key, item in list(dict.items(value)):
            yield key, "[]"
            yield item, (key,)
    elif isinstance(value, type):
        for name, item in list(vars(value).items()):
            yield item, f".{name}"
        yield value.__mro__, ".__mro__"
        return
    attributes = getattr(value, "__dict__", None) or {}
    for name, item in list(attributes.items()):
        yield item, f".{name}"
    if attributes:
        yield attributes, ".__dict__"  # two objects may have one
    for part in gc.get_referents(value):
        yield part, "" if isinstance(part, type) else "()"


def is_changeable(value: Any) -> bool:
    if isinstance(value, CHANGEABLE):
        return True
    return hasattr(value, "__dict__") and not isinstance(value, types.MappingProxyType | types.MethodType)


def shared(one: Any, other: Any, known: set[int]) -> dict[str, str]:
    """The first things on each way from ``one`` that could be changed and ``other`` reaches too: ways and types."""
    theirs = walk(other, known)

    def is_shared(value: Any) -> bool:
        return id(value) in theirs and is_changeable(value)

    found = [(text_of(way), value) for value, way in walk(one, known, is_shared).values() if is_shared(value)]
    return {place(text): f"{type(value).__qualname__} at {text}" for text, value in found}


def place(way: str) -> str:
    """A way without what is data: the keys of tries, models and caches, and how deep a rule lies."""
    return re.sub(r"(\.rules\(\))+", ".rules", re.sub(r"(\[[^]]*\])+", "[]", way))


def pairs(session_class: Any) -> dict[str, tuple[Any, Any]]:
    one, other = session_class(), session_class()
    used = {}
    for name in ("s3", "sqs", "docdb"):
        sessions = (session_class(), one, other, one)  # what the first makes, the others may share
        used[name] = [session.client(name) for session in sessions]
        for client in used[name]:
            use(client)
    return {
        **{f"{name} of one session": (clients[1], clients[3]) for name, clients in used.items()},
        **{f"{name} of two sessions": (clients[1], clients[2]) for name, clients in used.items()},
        "two services of one session": (used["s3"][1], used["sqs"][1]),
        "two services of two sessions": (used["s3"][1], used["sqs"][2]),
    }


def use(client: Any) -> None:
    """Let it make what it makes when it is first used."""
    method = sorted(client.meta.method_to_api_mapping)[0]
    str(getattr(client, method).__doc__)
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    for shape in (operation.input_shape, operation.output_shape):
        if shape is not None:
            assert shape.members.copy().popitem()[1].serialization is not None
    assert operation.context_parameters is not None
    client.exceptions.ClientError


def test_what_two_clients_could_both_change_is_listed() -> None:
    ours, theirs = pairs(SharingSession), pairs(boto3.Session)
    known = library_objects()
    for name, pair in ours.items():
        found, allowed = shared(*pair, known), shared(*theirs[name], known)
        expected = EXPECTED | (OF_ONE_SESSION if name.endswith("one session") else {})
        unexpected = [
            text
            for where, text in found.items()
            if where not in allowed and not any(re.fullmatch(pattern, where) for pattern in expected)
        ]
        assert not unexpected, name


def test_the_walk_sees_what_two_clients_share() -> None:
    """Through attributes, slots, containers, closures, bound methods and classes."""

    class Slotted:
        __slots__ = ("held",)

    class Holder:
        def method(self) -> None:
            """Be bound."""

    shared_list: list[int] = []
    ways: dict[str, Callable[[Any], None]] = {
        "attribute": lambda holder: setattr(holder, "held", shared_list),
        "slot": lambda holder: setattr(holder, "held", _with(Slotted(), shared_list)),
        "container": lambda holder: setattr(holder, "held", {"a": [({"b": shared_list},)]}),
        "closure": lambda holder: setattr(holder, "held", lambda: shared_list),
        "default": lambda holder: setattr(holder, "held", lambda found=shared_list: found),
        "method": lambda holder: setattr(holder, "held", _with(Holder(), shared_list).method),
        "class": lambda holder: setattr(holder, "held", type("Made", (), {"held": shared_list})),
    }
    for name, give in ways.items():
        one, other = Holder(), Holder()
        give(one)
        give(other)
        assert any(text.startswith("list ") for text in shared(one, other, library_objects()).values()), name


def _with(holder: Any, held: Any) -> Any:
    holder.held = held
    return holder
