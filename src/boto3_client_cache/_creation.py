"""One creation per key: who builds, who waits for whom, and what reaches whom.

A *flight* is one attempt to build one key of one cache. One thread leads it and builds; others that ask for the key
meanwhile wait and get what it built, or the ``Exception`` it raised. When the leader is interrupted
(``KeyboardInterrupt``, ``SystemExit``), nothing reaches the waiters: one of them leads the next flight.

A *turn* serialises the flights of one session, since boto3's sessions are not made for building clients concurrently. A
thread may take its turn again while it has it, so building one client may ask for another. Should the flight of that
other one be waiting for the turn, the thread that has the turn leads it.

A thread that would wait for itself, directly or through other threads, raises ``…CacheError`` instead: `_waiting` says
which thread waits for what, and each thing to wait for says whose it is. Both change only under `_state`, which is held
for a few bytecodes and never while anything is built or waited for. Hits come nowhere near it.

An interruption may come with any call, the last steps included, and must leave nobody waiting: those steps may be taken
twice, they are taken again when they are interrupted, and what belongs together in them is not parted by a call.

The primitives of `threading`, and who a thread is, are looked up at every call, so that gevent's patches are honoured.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from boto3_client_cache._departures import logger, tell
from boto3_client_cache.exceptions import CacheError, ClientCacheError, ResourceCacheError

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3_client_cache import _core
    from boto3_client_cache._departures import Departed

    MakeError = Callable[[str], Exception]
    Store = Callable[[Any], tuple[Any, Departed | None]]
    _Line = tuple[Any, ...]  # the arguments of `logger.debug`

T = TypeVar("T")

_state = threading.RLock()  # re-entrant: a signal handler or a destructor may ask for a client while it is held
_waiting: dict[int, _Awaited] = {}  # by thread


class _Awaited:
    """What one thread has and others wait for."""

    def __init__(self, owner: int) -> None:
        self.owner: int | None = owner
        self.taken = threading.Lock()  # and no Event: gevent's is deaf in another native thread
        self.taken.acquire()

    def wait(self, make_error: MakeError) -> None:
        """Wait until it is free. Interruptible; raises what ``make_error`` makes rather than wait in a circle."""
        me = threading.get_ident()
        outer = _waiting.get(me)  # of the call that a signal handler or a destructor has interrupted
        try:
            with _state:
                if self.owner is None:
                    return
                self._refuse_circle(me, make_error)
                _waiting[me] = self
            with self.taken:  # which lets the next one in
                pass
        finally:
            if outer is None:
                _waiting.pop(me, None)
            else:
                _waiting[me] = outer

    def _refuse_circle(self, me: int, make_error: MakeError) -> None:
        awaited: _Awaited | None = self
        while awaited is not None and awaited.owner is not None:
            if awaited.owner == me:
                raise make_error(
                    "This creation asks for what it is itself creating"
                    if awaited is self
                    else "Two creations wait for each other: each asks for what the other is creating"
                )
            awaited = _waiting.get(awaited.owner)


class Turn:
    """A re-entrant lock that refuses to be waited for in a circle."""

    def __init__(self) -> None:
        """Start free."""
        self._held: _Awaited | None = None
        self._depth = 0

    def run(self, work: Callable[[], T], make_error: MakeError) -> T:
        """Return ``work()``, called while this thread has the turn; wait for it if another thread has it."""
        me = threading.get_ident()
        depth = self._depth if self.is_held_by(me) else 0
        try:
            self._take(me, make_error)
            return work()
        finally:
            try:
                self._give_back(me, depth)
            except BaseException:
                self._give_back(me, depth)
                raise

    def _take(self, me: int, make_error: MakeError) -> None:
        mine = _Awaited(me)
        while True:
            with _state:
                held = self._held
                if held is None:
                    held = self._held = mine
                if held.owner == me:
                    self._depth += 1
                    return
            held.wait(make_error)

    def is_held_by(self, thread: int) -> bool:
        """Whether ``thread`` has the turn."""
        held = self._held  # read once: others change it meanwhile
        return held is not None and held.owner == thread

    def _give_back(self, me: int, depth: int) -> None:
        with _state:
            held = self._held
            if held is None or held.owner != me:
                return  # never taken, or taken by a thread that was forked since: the turn is another one then
            self._depth = depth
            if depth == 0:
                self._held = held.owner = None
                held.taken.release()


class _Flight(_Awaited):
    """One attempt to build one key. It ends with `made` or `error`, or interrupted, without either."""

    def __init__(self, leader: int) -> None:
        super().__init__(leader)
        self.started = False
        self.landed = False
        self.built = False  # rather than found
        self.made: Any = None
        self.error: Exception | None = None

    def lead(
        self,
        find: Callable[[], Any],
        build: Callable[[], Any],
        store: Store,
        turn: Turn | None,
        make_error: MakeError,
    ) -> Departed | None:
        """Build in one's turn, then store, unless a thread that has the turn has led this flight meanwhile.

        Looks once more first: the flight before this one may have landed since the leader looked. Returns what had to
        leave the cache, which whoever has led the flight tells of.
        """

        def build_if_first() -> bool:
            with _state:
                if self.started:
                    return False
                self.started = True
            try:
                self.made = find()
                self.built = self.made is None
                if self.built:
                    self.made = build()
            except Exception as error:
                self.error = error
            return True

        if not in_turn(turn, build_if_first, make_error):
            return None
        departed: Departed | None = None
        if self.built and self.error is None:
            try:
                self.made, departed = store(self.made)
            except Exception as error:
                self.error = error
        self.landed = True
        return departed

    def result(self) -> Any:
        """Return what was built, or raise what was raised."""
        if self.error is None:
            return self.made
        try:
            raise self.error
        finally:
            del self  # or the error would hold this frame, and this frame the error


def in_turn(turn: Turn | None, work: Callable[[], T], make_error: MakeError) -> T:
    """Return ``work()``, called in its turn where there is one to take."""
    return work() if turn is None else turn.run(work, make_error)


def get_or_create(
    cache: _core._Cache[Any, Any],
    key: Any,
    build: Callable[[], Any],
    store: Store,
    *,
    turn: Turn | None = None,
    max_size: int | None = None,
) -> Any:
    """Return what ``cache`` holds under ``key``, or what one of the threads that ask for it now builds.

    Every call counts as a use, a waiting thread's too, and its ``max_size`` counts. ``build`` runs while the turn is
    held; ``store`` afterwards: it takes what was built, stores it if it is to be stored, and returns what the callers
    get and what has left the cache for it, which is told of when nobody waits any more. A cache of size 0 shares
    nothing: every caller builds. A closed one refuses.
    """
    make_error = partial(creation_error, key)
    if cache.closed:
        raise make_error("The cache is closed")
    lines: list[_Line] = []
    timed = partial(_timed, cache, key, build, lines)
    if cache.max_size == 0:
        return _build_unshared(cache, timed, store, turn, make_error, lines)
    while True:
        held = cache._find(key, max_size)
        if held is not None:
            return held
        me = threading.get_ident()
        mine = _Flight(me)
        departed = None
        try:
            with _state:
                flight = cache._flights.setdefault(key, mine)
                if flight is not mine and turn is not None and turn.is_held_by(me) and not flight.started:
                    flight.owner = me
                    mine = flight
            leads = flight is mine
            if leads:
                departed = flight.lead(partial(cache._find, key, None), timed, store, turn, make_error)
        finally:
            try:
                _end(mine, cache, key, me)
            except BaseException:
                _end(mine, cache, key, me)
                raise
            finally:
                _publish(cache, lines, departed)
        if not leads:
            flight.wait(make_error)
        if flight.landed and (leads or getattr(flight.error, "param", None) != "max_size"):  # that is the leader's own
            made = flight.result()
            if not leads or not flight.built:
                cache._find(key, max_size)
            return made


def _build_unshared(  # noqa: PLR0917 - what `get_or_create` has
    cache: _core._Cache[Any, Any],
    build: Callable[[], Any],
    store: Store,
    turn: Turn | None,
    make_error: MakeError,
    lines: list[_Line],
) -> Any:
    departed: Departed | None = None
    try:
        made, departed = store(in_turn(turn, build, make_error))
    finally:
        _publish(cache, lines, departed)
    return made


def get_or_create_with(cache: _core._Cache[Any, Any], key: Any, factory: Callable[[], Any]) -> Any:
    """``cache.get_or_create(key, factory)``: the compiled core calls it when ``key`` is not there."""
    return get_or_create(cache, key, factory, partial(cache._store, key, None))


def _timed(cache: _core._Cache[Any, Any], key: Any, build: Callable[[], Any], lines: list[_Line]) -> Any:
    """Return ``build()``; count it, time it and say in ``lines`` what to log of it, success or failure.

    It is logged later, since a log handler is the user's code, which may ask for this very key or hold a lock that a
    waiting thread has.
    """
    start = time.perf_counter()
    try:
        made = build()
    except BaseException as error:
        # By its type alone: what boto3 or a factory says in an exception is not ours to publish.
        lines.append(
            ("creating %s failed after %.3f s: %s", key.label, time.perf_counter() - start, type(error).__name__)
        )
        raise
    seconds = time.perf_counter() - start
    cache._record_creation(seconds)
    lines.append(("created %s in %.3f s", key.label, seconds))
    return made


def _publish(cache: _core._Cache[Any, Any], lines: list[_Line], departed: Departed | None) -> None:
    """Log a creation and tell of what has left for it: when nobody waits any more."""
    try:
        while lines:
            logger.debug(*lines.pop(0))
    finally:
        tell(cache, departed)


def creation_error(key: Any, message: str) -> CacheError:
    """Make the error of a creation that cannot go on."""
    error = ClientCacheError if key.cache_type == "client" else ResourceCacheError
    return error(f"{message}; build it without the cache", param="key", value=key.label)


def _end(flight: _Flight, cache: _core._Cache[Any, Any], key: Any, me: int) -> None:
    with _state:
        if flight.owner != me:
            return  # ended already, or led by another thread, which had the turn
        if cache._flights.get(key) is flight:
            del cache._flights[key]
        flight.owner = None
        flight.taken.release()


def start_afresh() -> None:
    """Forget who waits for whom: a forked child has none of those threads.

    Nothing is cleared, but replaced: without the GIL one of them may have a dict's or an object's own lock for ever.
    """
    global _state, _waiting  # noqa: PLW0603
    _state = threading.RLock()
    _waiting = {}
