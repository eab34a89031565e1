"""One creation for each key, as a task of its own, and turns among the creations of a loop.

A *flight* is the task that creates what is missing under a key. Whoever asks for the key meanwhile waits for it; no
cancellation of one who waits reaches it. A flight builds in its loop's *turn*, so that the loop is never blocked for
longer than one client takes. Who asks while he builds (a credential provider, an event handler) has no need of a turn;
and where a wait could never end, as with two creations that ask for each other's client, he gets an error instead.

Complexity: O(1) for each call; looking for a circle walks the flights that wait. Thread safety: a loop's flights are
its own thread's business. Does not know what is built.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from boto3_client_cache.aio._on_loops import of_loop
from boto3_client_cache.exceptions import ClientCacheError

_building: ContextVar[Flight | None] = ContextVar("boto3_client_cache_building", default=None)


class Turns:
    """Whose turn it is among the flights of a loop, first come, first served."""

    def __init__(self) -> None:
        """Begin with nobody's."""
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._is_taken = False

    async def take(self, flight: Flight) -> None:
        """Wait until it is the turn of ``flight``, or until somebody who builds needs what it creates."""
        if not self._is_taken:
            self._is_taken = flight.has_turn = True
            return
        flight.go = go = asyncio.get_running_loop().create_future()
        self._waiting.append(go)
        try:
            flight.has_turn = await go
        except BaseException:
            if go.done() and not go.cancelled() and go.result():  # the turn came together with the cancellation
                self._give()
            raise

    def give_back(self, flight: Flight) -> None:
        """End the turn of ``flight``, if it has it. The next one begins when the loop has turned."""
        if flight.has_turn:
            flight.has_turn = False
            if not flight.loop.is_closed():  # else the garbage collector ends the flight
                flight.loop.call_soon(self._give)

    def _give(self) -> None:
        while self._waiting:
            go = self._waiting.popleft()
            if not go.done():
                go.set_result(True)
                return
        self._is_taken = False


class Flight:
    """The creation of one client."""

    task: asyncio.Task[Any]

    def __init__(self, label: str) -> None:
        """Make one that is known by ``label`` and has not begun."""
        self.label = label
        self.has_landed = False
        self.go: asyncio.Future[bool] | None = None  # whether it goes on with the turn
        self.has_turn = False
        self.waits_for: set[Flight] = set()
        self._needs_turn = builder_here() is None
        self.loop = asyncio.get_running_loop()
        self._turns = of_loop(self.loop, "_client_cache_turns", Turns)

    def begin(self, create: Callable[[], Awaitable[Any]]) -> None:
        """Begin ``create`` in a task that has the context of the caller, and may be through before this returns."""
        self.task = self.loop.create_task(self._run(create))
        self.task.add_done_callback(_retrieve)

    async def _run(self, create: Callable[[], Awaitable[Any]]) -> Any:
        _building.set(self)
        try:
            return await create()
        finally:
            self.has_landed = True
            self._turns.give_back(self)

    async def take_turn(self) -> None:
        """Wait for the turn, which ends with the flight; once is enough."""
        if self._needs_turn:
            self._needs_turn = False
            await self._turns.take(self)

    def waive_turn(self) -> None:
        """Go on without a turn: somebody who has it waits for this one."""
        self._needs_turn = False
        if self.go is not None and not self.go.done():
            self.go.set_result(False)

    def leads_to(self, other: Flight) -> bool:
        """Whether this one waits for ``other``, perhaps by way of others."""
        return self is other or any(flight.leads_to(other) for flight in self.waits_for)


def builder_here() -> Flight | None:
    """Return the flight on whose behalf this code runs; None for nobody's, or one that has landed."""
    flight = _building.get()
    if flight is None or flight.has_landed or flight.loop is not asyncio.get_running_loop():
        return None
    return flight


async def take_turn() -> None:
    """Have the flight on whose behalf this code runs wait for its turn, if it has not had it."""
    flight = builder_here()
    if flight is not None:
        await flight.take_turn()


async def wait_for(flight: Flight, max_wait: float | None) -> bool:
    """Wait for a flight at most ``max_wait`` seconds, and say whether it has landed.

    Raises:
        ClientCacheError: The wait could never end.
    """
    builder = builder_here()
    if builder is None:
        await asyncio.wait((flight.task,), timeout=max_wait)
        return flight.task.done()
    if flight.leads_to(builder):
        reason = (
            "This creation asks for what it is itself creating"
            if flight is builder
            else "Two creations wait for each other: each asks for what the other is creating"
        )
        raise ClientCacheError(f"{reason}; build it without the cache", param="key", value=flight.label)
    builder.waits_for.add(flight)
    flight.waive_turn()
    try:
        await asyncio.wait((flight.task,), timeout=max_wait)
    finally:
        builder.waits_for.discard(flight)
    return flight.task.done()


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Have asyncio not complain of an error that nobody has waited for."""
    if not task.cancelled():
        task.exception()
