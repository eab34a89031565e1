"""Clients are closed on their own loop, when nobody can use them any more.

A client's HTTP session is *held* by the client and by each response whose body may still be read. When the last of
them has gone, wherever that was noticed, the loop closes it. When the loop ends, it closes all that are left: that is
the end of an asynchronous generator, which ``asyncio.run`` and every other runner waits for. Where a loop is closed
without, nothing can be awaited any more, and what is left goes without a word.

Complexity: a weak reference for each client and each streamed response. Thread safety: a holder may go in any thread;
the rest is the loop's own thread's business. Does not: close what a forked child has of its parent, whose sockets they
are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from collections.abc import AsyncGenerator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from boto3_client_cache._departures import logger
from boto3_client_cache.aio._on_loops import of_loop

if TYPE_CHECKING:
    from boto3_client_cache.aio._loop_cache import LoopCache


class _Watched:
    """Goes before the class of a client's HTTP session. Closing a client leaves it open, since others share it."""

    _watch: weakref.ref[_Watch]

    async def send(self, request: Any) -> Any:
        """Send as the class behind does, and note a response that is read after it came."""
        try:
            response = await super().send(request)  # type: ignore[misc]
        finally:
            for session in (vars(self).get("_sessions") or {}).values():
                _quieten(session.connector)
        watch = self._watch()
        if watch is not None and getattr(request, "stream_output", False):
            watch.hold(response.raw)
        return response

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *exception: object) -> None:
        pass

    async def close(self) -> None:
        """Leave it open."""

    async def really_close(self) -> None:
        """Close it as the class behind does."""
        await super().__aexit__(None, None, None)  # type: ignore[misc]


class _Quiet:
    """Goes before the class of an aiohttp connector, which is closed when its loop is: nobody could close it then."""

    _loop: asyncio.AbstractEventLoop

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._loop.is_closed() or bool(super().closed)  # type: ignore[misc]

    def __del__(self) -> None:
        """Complain as the class behind does, unless the loop is closed."""
        if not self._loop.is_closed():
            super().__del__()  # type: ignore[misc]


@lru_cache(64)
def _with_ours_first(ours: type, theirs: type) -> type:
    return type(theirs.__name__, (ours, theirs), {"__module__": theirs.__module__, "__doc__": theirs.__doc__})


def _quieten(connector: Any) -> None:
    if connector is not None and not isinstance(connector, _Quiet):
        connector.__class__ = _with_ours_first(_Quiet, type(connector))  # type: ignore[arg-type]


class _Watch:
    """One client's HTTP session, and by whom it is held."""

    def __init__(self, closer: Closer, client: Any, owner: str) -> None:
        self.closer = closer
        self.owner = owner
        self.http_session = client._endpoint.http_session
        self._holders: dict[int, weakref.ref[Any]] = {}
        self.http_session.__class__ = _with_ours_first(_Watched, type(self.http_session))  # type: ignore[arg-type]
        self.http_session._watch = weakref.ref(self)
        self.hold(client)

    def hold(self, holder: Any) -> None:
        """Keep the HTTP session open as long as ``holder`` is there."""
        reference = weakref.ref(holder, self._release)
        self._holders[id(reference)] = reference

    def _release(self, reference: weakref.ref[Any]) -> None:
        self._holders.pop(id(reference), None)
        if not self._holders:
            self.closer.close_soon(self)


class Closer:
    """Closes what the clients of one event loop send with."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nothing, and close all when ``loop`` ends, in which this code runs."""
        self._loop = weakref.ref(loop)
        self._process = os.getpid()
        self._caches: weakref.WeakSet[LoopCache] = weakref.WeakSet()
        self._watches: set[_Watch] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._end = self._until_the_end()
        with contextlib.suppress(StopIteration):
            self._end.asend(None).send(None)  # to its first step: the loop knows it from then on
        _closers.add(self)

    def add(self, caches: LoopCache) -> None:
        """Empty ``caches`` when the loop ends."""
        self._caches.add(caches)

    def watch(self, client: Any, owner: str) -> None:
        """Close a new client when it is not held any more, or with all that ``owner`` has."""
        self._watches.add(_Watch(self, client, owner))

    async def close(self, owner: str | None = None) -> None:
        """Close what belongs to ``owner``, held or not; None for all."""
        watches = [watch for watch in self._watches if owner is None or watch.owner == owner]
        await asyncio.gather(*map(self._close, watches))
        await asyncio.gather(*self._tasks)

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            for caches in list(self._caches):
                caches.clear()
            await self.close()

    def close_soon(self, watch: _Watch) -> None:
        """Have the loop close what nobody holds any more."""
        loop = self._loop()
        if self._process != os.getpid():
            _of_the_parent.append(watch)
        elif loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # closed meanwhile
                loop.call_soon_threadsafe(self._begin, watch)

    def _begin(self, watch: _Watch) -> None:
        task = asyncio.get_running_loop().create_task(self._close(watch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self, watch: _Watch) -> None:
        if watch not in self._watches:
            return
        self._watches.discard(watch)
        try:
            await watch.http_session.really_close()
        except Exception:
            logger.exception("closing the connections of a client failed")


def closer_of(loop: asyncio.AbstractEventLoop) -> Closer:
    """Return what closes the clients of the running ``loop``."""
    return of_loop(loop, "_client_cache_closer", partial(Closer, loop))


_closers: weakref.WeakSet[Closer] = weakref.WeakSet()
_of_the_parent: list[_Watch] = []


def _leave_to_the_parent() -> None:
    for closer in list(_closers):
        _of_the_parent.extend(closer._watches)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)
