"""What notebooks show of a cache and of a session's caches. Labels are masked already; all text is escaped here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boto3_client_cache import _core

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def cache_html(cache: _core._Cache[Any, Any]) -> str:
    """Return a table of a cache's entries with their ages, the next to be evicted first."""
    info = cache.cache_info()
    rows = "".join(
        f"<tr><td style='text-align: left'><code>{escape(_call(key))}</code></td>"
        f"<td>{_age(seconds)}</td><td>{'pinned' if pinned else ''}</td></tr>"
        for key, _, seconds, pinned in cache._entries()
    )
    title = f"{type(cache).__name__}: {info.currsize} of {info.maxsize}, {info.hits} hits, {info.misses} misses"
    if info.regrets:
        title += f", {info.regrets} of them of what was evicted for want of room"
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def caches_html(caches: Iterable[_core._Cache[Any, Any]]) -> str:
    """Return the tables of several caches."""
    return "".join(map(cache_html, caches))


def _call(key: Any) -> str:
    whose = "" if key._session is None else f" of session {key._session}"
    return f"Session.{key.cache_type}({key.label}){whose}"


def _age(seconds: float) -> str:
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
