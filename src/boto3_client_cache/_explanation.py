"""Why a key misses: the cached key that is nearest to it, and in what the two differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from boto3_client_cache._core import key_parameters
from boto3_client_cache._masking import MASK

if TYPE_CHECKING:
    from boto3_client_cache import _core

_ABSENT = "not given"


class Explanation(NamedTuple):
    """Why ``cache.explain(key)``'s key hits or misses; ``str()`` says it in a sentence. Secrets are ``***``."""

    cached: bool
    """Whether the key hits."""
    nearest: Any
    """The cached key with the fewest differing parameters, of several the last used; None when nothing is cached."""
    differences: dict[str, tuple[Any, Any]]
    """Each parameter's value in the key asked for and in `nearest`. A ``Config``'s options are ``config.<option>``."""
    evicted: float | None = None
    """Seconds since the key's object was evicted for want of room; None where that was not, or too long ago."""
    evicted_by: Any = None
    """The key that was stored in its place, if it is still cached."""

    def __str__(self) -> str:
        """Say it in a sentence."""
        if self.cached:
            return "The key is cached."
        eviction = ""
        if self.evicted is not None:
            by = "" if self.evicted_by is None else f", by {self.evicted_by}"
            eviction = f" It was evicted {self.evicted:.1f} s ago for want of room{by}."
        if self.nearest is None:
            return f"The key is not cached, and neither is any other.{eviction}"
        parts = [
            f"{name} (their secrets differ)" if asked == cached else f"{name} ({asked} here, {cached} there)"
            for name, (asked, cached) in self.differences.items()
        ]
        nearest = f"The nearest one that is, {self.nearest}, differs in {', '.join(parts)}."
        return f"The key is not cached.{eviction} {nearest}"


def explain(cache: _core._Cache[Any, Any], key: Any) -> Explanation:
    """Compare ``key`` with every key of ``cache``."""
    keys = cache.keys()
    if key in keys:
        return Explanation(True, key, {})
    compared = [(_differences(key, other), other) for other in reversed(keys)]
    differences, nearest = min(compared, key=lambda each: len(each[0]), default=({}, None))
    evicted, evicted_by = cache._eviction(key) or (None, None)
    return Explanation(False, nearest, differences, evicted, evicted_by)


def _differences(key: Any, other: Any) -> dict[str, tuple[Any, Any]]:
    asked, cached = _parameters(key), _parameters(other)
    absent = (None, _ABSENT)
    return {
        name: (asked.get(name, absent)[1], cached.get(name, absent)[1])
        for name in {**asked, **cached}
        if asked.get(name, absent)[0] != cached.get(name, absent)[0]
    }


def _parameters(key: Any) -> dict[str, tuple[Any, str]]:
    """By name: something that is equal where the two mean the same, and what may be shown."""
    parameters: dict[str, tuple[Any, str]] = {}
    for name, (canonical, value) in key_parameters(key).items():
        options = value if name == "config" else ()
        for option, setting in options:
            parameters[f"{name}.{option}"] = (setting, repr(setting))
        hidden = MASK in repr(value)  # equal to the eye, perhaps different under the mask
        if not options or hidden:
            parameters[name] = (canonical, MASK if value == MASK else repr(value))
    if key._session is not None:
        parameters["session"] = (key._session, str(key._session))
    return parameters
