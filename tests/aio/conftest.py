"""Clients of aiobotocore: run by `./dev aio`, and left out where it is not installed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

try:
    from boto3_client_cache import aio
except ImportError:
    collect_ignore_glob = ["test_*.py"]

SOON = 60


class Builds:
    """The clients that a session builds, each of which may be held up in the midst of it."""

    def __init__(self, session: Any) -> None:
        self.services: list[str] = []
        self.now = self.most = 0  # how many are under way
        self.gate: asyncio.Event | None = None
        self.error: BaseException | None = None
        session.events.register("creating-client-class", self._note)

    async def _note(self, event_name: str, **_: Any) -> None:
        self.services.append(event_name.removeprefix("creating-client-class."))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.now -= 1

    async def begin(self, number: int = 1) -> None:
        """Let the loop turn until so many have begun."""
        async with asyncio.timeout(SOON) if hasattr(asyncio, "timeout") else _no_timeout():
            while len(self.services) < number:
                await asyncio.sleep(0.001)


class _no_timeout:  # noqa: N801 - before Python 3.11
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *exception: object) -> None: ...


@pytest.fixture
def session() -> Any:
    """Make a session of ours, with nothing in its caches."""
    return aio.Session(region_name="us-east-1")


@pytest.fixture
def builds(session: Any) -> Builds:
    """Watch what the session builds."""
    return Builds(session)
