"""What notebooks show of a cache and of a session's caches. Labels are masked already; all text is escaped here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boto3_client_cache import _core
    from boto3_client_cache.session import SessionCache


def cache_html(cache: _core._Cache[Any, Any]) -> str:
    """Return a table of a cache's entries, the next to be evicted first."""
    keys = cache.keys()
    title = f"{type(cache).__name__}: {len(keys)} of {cache.max_size}"
    calls = (f"Session.{key.cache_type}({key.label})" for key in keys)
    rows = (f"<tr><td style='text-align: left'><code>{escape(call)}</code></td></tr>" for call in calls)
    return f"<table><caption>{escape(title)}</caption>{''.join(rows)}</table>"


def session_cache_html(caches: SessionCache) -> str:
    """Return the tables of a session's four caches."""
    return "".join(
        cache_html(cache) for of_kind in (caches.client, caches.resource) for cache in (of_kind.LRU, of_kind.LFU)
    )
