"""botocore's built-in event handlers and the names of events, known to all sessions.

What is shared: the handlers that a new botocore session registers one by one, some 127, and that every client copies.
Here they are registered in one emitter, whose copies share its handlers until they register some of their own (a
persistent trie). So is what an event is called by botocore's aliases.

When it is not: while botocore's emitter is not its own or does not look as expected (``checks.EVENTS``); handlers are
registered anew when ``botocore.handlers.BUILTIN_HANDLERS`` has changed.

What happens then: the session registers its handlers itself, in an emitter of botocore's.
"""

from __future__ import annotations

import copy
from inspect import CO_VARKEYWORDS
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, NamedTuple

from botocore import handlers, hooks
from botocore.hooks import EventAliaser, HierarchicalEmitter

from . import checks

_Node = dict[str, Any]


class _PersistentTrie(checks.base(getattr(hooks, "_PrefixTrie", None))):  # type: ignore[misc]
    """A prefix trie whose copies share their nodes; a change copies the nodes on its path, once.

    Reading is botocore's. A node may be changed by the trie whose token it carries: a copy takes a new token for both.
    """

    _root: _Node

    def __init__(self) -> None:
        super().__init__()
        self._own_nodes_of_a_new_owner()
        self._root["owner"] = self._owner

    def _own_nodes_of_a_new_owner(self) -> None:
        self._owner = object()

    def append_item(self, key: str, value: Any, section: int = 1) -> None:
        owner = self._owner  # once: what is registered while another thread copies is nobody's to change from then on
        node = self._root = self._own(self._root, owner)
        for part in key.split("."):
            children = node["children"]
            child = children.get(part)
            if child is None:
                child = {"chunk": part, "values": None, "children": {}, "owner": owner}
            elif child.get("owner") is not owner:
                child = self._own(child, owner)
            children[part] = node = child
        if node["values"] is None:
            node["values"] = hooks.NodeList([], [], [])
        node["values"][section].append(value)

    def remove_item(self, key: str, value: Any) -> None:
        self._own_path(key.split("."))
        super().remove_item(key, value)

    def _own_path(self, parts: list[str]) -> None:
        owner = self._owner
        node = self._root = self._own(self._root, owner)
        for part in parts:
            child = node["children"].get(part)
            if child is None:
                return
            node["children"][part] = node = self._own(child, owner)

    def _own(self, node: _Node, owner: object) -> _Node:
        if node.get("owner") is owner:
            return node
        values = node["values"]
        return {
            "chunk": node["chunk"],
            "children": node["children"].copy(),
            "values": None if values is None else type(values)(*map(list, values)),
            "owner": owner,
        }

    def prefix_search(self, key: str) -> Any:
        """Return a tuple: an emitter keeps one for each event, and botocore's deques take 33 KiB of a client."""
        return tuple(super().prefix_search(key))

    def __copy__(self) -> _PersistentTrie:
        copied = type(self).__new__(type(self))
        copied._root = self._root  # before the new token: nodes that others add meanwhile have the old one
        copied._own_nodes_of_a_new_owner()
        self._own_nodes_of_a_new_owner()
        return copied


class SharingHandlers:
    """Goes before a botocore emitter's class, and keeps its handlers in a persistent trie."""

    def __init__(self) -> None:
        """Begin without handlers."""
        super().__init__()
        self._handlers = _PersistentTrie()

    def __copy__(self) -> Any:
        """Return a copy with a table of its own of what was looked up, which botocore's share until they register."""
        copied: Any = super().__copy__()  # type: ignore[misc]
        copied._lookup_cache = {}
        return copied

    def _verify_accept_kwargs(self, func: Any) -> Any:
        """Ask a plain function's code whether it takes keywords, which is what its signature says at length."""
        plain = func.__func__ if type(func) is MethodType else func
        if type(plain) is FunctionType and not vars(plain) and plain.__code__.co_flags & CO_VARKEYWORDS:
            return None
        return super()._verify_accept_kwargs(func)  # type: ignore[misc]


class _SharingEmitter(SharingHandlers, checks.base(HierarchicalEmitter)):  # type: ignore[misc]
    """A botocore emitter over a persistent trie."""


class _Aliases(NamedTuple):
    """botocore's aliases as they were, and the names of events by them."""

    aliases: Any
    names: dict[str, str]


_MOST_NAMES = 4096  # a program's clients emit some hundreds; beyond it a table is begun anew
_aliases = _Aliases(MappingProxyType({}), {})


def _known_aliases() -> _Aliases:
    global _aliases  # noqa: PLW0603
    if _aliases.aliases != hooks.EVENT_ALIASES:
        _aliases = _Aliases(MappingProxyType(dict(hooks.EVENT_ALIASES)), {})
    return _with_room()


def _with_room() -> _Aliases:
    global _aliases  # noqa: PLW0603
    known = _aliases
    if len(known.names) >= _MOST_NAMES:  # those who have the full table keep it, as long as they live
        _aliases = known = _Aliases(known.aliases, {})
    return known


class _SharingAliaser(checks.base(EventAliaser)):  # type: ignore[misc]
    """A botocore aliaser whose copies share what an event is called by botocore's own aliases."""

    _emitter: Any
    _event_aliases: Any
    _alias_name_cache: dict[str, str]

    def __init__(self, emitter: Any) -> None:
        super().__init__(emitter)
        self._event_aliases, self._alias_name_cache = _known_aliases()

    def __copy__(self) -> Any:
        """Return a copy for a client; with what somebody has changed, a plain one of botocore's."""
        known = _with_room()
        if not checks.EVENTS.is_own() or self._event_aliases is not known.aliases:
            return EventAliaser(copy.copy(self._emitter), dict(self._event_aliases))
        return self._over(copy.copy(self._emitter), known.names)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return a copy with an emitter of its own, as a copied session has it."""
        return self._over(copy.deepcopy(self._emitter, memo), self._alias_name_cache)

    def _over(self, emitter: Any, names: dict[str, str]) -> Any:
        copied = type(self).__new__(type(self))
        copied._emitter = emitter
        copied._event_aliases = self._event_aliases
        copied._alias_name_cache = names
        return copied


def share_aliases(events: Any) -> Any:
    """Return an aliaser for the emitter of ``events`` that shares names; ``events`` where it is not as expected."""
    aliases = vars(events).get("_event_aliases")
    if type(events) is EventAliaser and aliases is hooks.EVENT_ALIASES and checks.EVENTS.is_own():
        return _SharingAliaser(vars(events)["_emitter"])
    return events


_registered: dict[type, tuple[tuple[Any, ...], Any]] = {}  # by the class of the emitter


def _register(emitter_class: type, specifications: tuple[Any, ...]) -> Any:
    emitter = emitter_class()
    events = EventAliaser(emitter)
    for name, handler, *where in specifications:
        if not where:
            events.register(name, handler)
        elif where[0] is handlers.REGISTER_FIRST:
            events.register_first(name, handler)
        elif where[0] is handlers.REGISTER_LAST:
            events.register_last(name, handler)
    return emitter


def _builtin(emitter_class: type) -> Any:
    """Return the emitter with the handlers that a new botocore session would register now, which is not written to.

    Libraries add to ``botocore.handlers.BUILTIN_HANDLERS`` (moto does), so the list is compared at every call.
    """
    specifications = tuple(handlers.BUILTIN_HANDLERS)
    registered = _registered.get(emitter_class)  # never written to, so copies by several threads at once are no race
    if registered is None or registered[0] != specifications:
        _registered[emitter_class] = registered = (specifications, _register(emitter_class, specifications))
    return registered[1]


def builtin_events(emitter_class: type = _SharingEmitter) -> Any:
    """Return an emitter of one's own with the handlers that a new botocore session would register now."""
    return copy.copy(_builtin(emitter_class))


def _trie_of(events: Any) -> Any:
    """Return the handlers of a session's or a client's emitter; None if they are not kept as ours are."""
    emitter = getattr(events, "_emitter", events)
    trie = getattr(emitter, "_handlers", None)
    return trie if type(emitter) in _registered and type(trie) is _PersistentTrie else None


def documentation_handlers(events: Any) -> tuple[Any, ...] | None:
    """Return what stands for the handlers of documentation: the same objects for emitters that have the same ones."""
    trie = _trie_of(events)
    if trie is None:
        return None
    return tuple(map(trie._root["children"].get, ("docs", "*")))


def builtin_documentation_handlers(emitter_class: type = _SharingEmitter) -> tuple[Any, ...] | None:
    """Return what stands for those of a new botocore session."""
    return documentation_handlers(_builtin(emitter_class))


def handlers_of(events: Any, name: str) -> list[Any]:
    """Return the handlers that an event is going to call."""
    return list(_trie_of(events).prefix_search(events._alias_event_name(name)))
