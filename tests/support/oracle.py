"""What the caches and the keys must do, written as plainly as Python allows and sharing nothing with them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config


@dataclass
class Entry:
    """One stored object, with what the policies look at."""

    key: Any
    value: Any
    uses: int
    last_use: int


@dataclass
class NaiveCache:
    """A cache that sorts all it has whenever it is asked for its order."""

    policy: str
    max_size: int
    entries: list[Entry] = field(default_factory=list)
    clock: int = 0

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def order(self) -> list[Entry]:
        """Return the entries, the one to be evicted next first."""
        rank = {
            "LRU": lambda entry: entry.last_use,
            "LFU": lambda entry: (entry.uses, entry.last_use),
        }[self.policy]
        return sorted(self.entries, key=rank)

    def find(self, key: Any) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)

    def use(self, key: Any) -> Any:
        """Return the value under a key, which counts as a use, or None."""
        entry = self.find(key)
        if entry is None:
            return None
        entry.uses += 1
        entry.last_use = self.tick()
        return entry.value

    def store(self, key: Any, value: Any) -> None:
        """Store a new entry; the others make room for it."""
        if self.max_size == 0:
            return
        self._shrink(self.max_size - 1)
        self.entries.append(Entry(key, value, 1, self.tick()))

    def remove(self, key: Any) -> Any:
        entry = self.find(key)
        if entry is None:
            return None
        self.entries.remove(entry)
        return entry.value

    def popitem(self) -> Entry:
        entry = self.order()[0]
        self.entries.remove(entry)
        return entry

    def resize(self, max_size: int | None, keep: Any = None) -> None:
        """Change the size; the entry under the key ``keep`` is no victim, unless nothing may stay."""
        self.max_size = 10 if max_size is None else abs(max_size)
        self._shrink(self.max_size, keep)

    def _shrink(self, size: int, keep: Any = None) -> None:
        victims = [entry for entry in self.order() if size == 0 or keep is None or entry.key != keep]
        for victim in victims[: max(0, len(self.entries) - size)]:
            self.entries.remove(victim)

    def copy(self) -> NaiveCache:
        twins = [Entry(entry.key, entry.value, entry.uses, entry.last_use) for entry in self.entries]
        return NaiveCache(self.policy, self.max_size, twins, self.clock)


CACHE_SETTINGS = {"eviction_policy", "max_size"}


def meaning(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> frozenset[Any]:
    """What a call of ``boto3.Session.client`` or ``.resource`` asks for, whatever its spelling."""
    parameters = [*inspect.signature(getattr(boto3.Session, method)).parameters.values()][1:]
    given = {parameter.name: value for parameter, value in zip(parameters, args, strict=False)}
    given |= {name: value for name, value in kwargs.items() if name not in CACHE_SETTINGS}
    defaults = {parameter.name: parameter.default for parameter in parameters}
    return frozenset(
        (name, frozen(value))
        for name, value in given.items()
        if value is not defaults.get(name, inspect.Parameter.empty) and frozen(value) != frozen(Config())
    )


def frozen(value: Any) -> Any:
    """Make a hashable stand-in for a value: equal for two values exactly if they are of one kind and equal."""
    if isinstance(value, Config):
        options = dict(value._user_provided_options)
        if options.get("retries"):
            options["retries"] = total_attempts(options["retries"])
        return "Config", frozenset((name, frozen(option)) for name, option in options.items())
    if isinstance(value, dict):
        return "dict", frozenset((frozen(key), frozen(item)) for key, item in value.items())
    if isinstance(value, set):
        return "set", frozenset(map(frozen, value))
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(frozen, value))
    return type(value).__qualname__, value


def total_attempts(retries: dict[str, Any]) -> dict[str, Any]:
    """Spell retries as botocore does inside: the first attempt counted."""
    spelled = dict(retries)
    if "max_attempts" in spelled:
        spelled.setdefault("total_max_attempts", spelled.pop("max_attempts") + 1)
        spelled.pop("max_attempts", None)
    return spelled
