"""What a call of ``client`` does that finds nothing in its loop's cache: the compiled core calls ``create``."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient

from boto3_client_cache._config import private_configs
from boto3_client_cache._creation import publish
from boto3_client_cache._departures import logger
from boto3_client_cache._missing_credentials import lacks_credentials
from boto3_client_cache.aio._closing import closer_of
from boto3_client_cache.aio._flights import Flight, wait_for
from boto3_client_cache.aio._lean import create_client

if TYPE_CHECKING:
    from boto3_client_cache._departures import Departed
    from boto3_client_cache.aio._loop_cache import LoopCache
    from boto3_client_cache.aio.session import Session
    from boto3_client_cache.cache import ClientCache, ClientCacheKey, EvictionPolicy

_BETWEEN_SEARCHES = 1.0  # seconds


async def create(  # noqa: PLR0917 - the compiled core calls it
    session: Session,
    key: ClientCacheKey | None,
    eviction_policy: EvictionPolicy,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    max_size: int | None,
) -> Any:
    """Return what one of the tasks that ask for ``key`` on this loop builds; without a key, what is built for it."""
    caches = session._on_running_loop()
    if key is None:
        return await _build(session, args, kwargs)
    cache = caches.of(eviction_policy)
    if caches._lacks_credentials:  # then nobody has looked it up
        await _look_for_credentials(session, caches)
        if cache.get(key) is not None:
            return cache._use(key, max_size)
    create_it = partial(_create, session, caches, cache, key, partial(_build, session, args, kwargs), max_size)
    if cache.max_size == 0:
        return await create_it()
    place = (eviction_policy, key)
    while True:
        flight = caches.flights.get(place)
        is_leading = flight is None or flight.has_landed
        if flight is None or flight.has_landed:
            flight = caches.flights[place] = Flight(key.label)
            flight.begin(create_it)
            flight.task.add_done_callback(partial(_forget, caches.flights, place, flight))
        if not await wait_for(flight, cache.max_wait):
            _tell_of_a_wait(caches, key, cache.max_wait)
            return await create_it()
        if is_leading or not flight.task.cancelled():
            break
        _forget(caches.flights, place, flight)  # somebody cancelled the task itself: who waits for it begins another
    made = flight.task.result()
    if not is_leading:
        cache._use(key, max_size)
    return made


def _forget(flights: dict[Any, Flight], place: Any, flight: Flight, _: object = None) -> None:
    if flights.get(place) is flight:
        del flights[place]


async def _create(  # noqa: PLR0917 - all of it is the call's
    session: Session,
    caches: LoopCache,
    cache: ClientCache[Any],
    key: ClientCacheKey,
    build: partial[Any],
    max_size: int | None,
) -> Any:
    """Build, store and tell."""
    lines: list[tuple[Any, ...]] = []
    departed: Departed | None = None
    start = time.perf_counter()
    try:
        made = await build()
        seconds = time.perf_counter() - start
        cache._count_creation(seconds)
        lines.append((logging.DEBUG, "created %s in %.3f s", key.label, seconds))
        if isinstance(made, BaseClient):
            made, departed = cache._store(key, max_size, made, 0)
            if lacks_credentials(made):
                caches._look_for_credentials()
        elif max_size is not None:  # a test's stand-in, which is handed out
            cache.max_size = max_size
        return made
    except BaseException as error:
        if not lines:
            # By its type alone: what botocore says in an exception is not ours to publish.
            failed = (key.label, time.perf_counter() - start, type(error).__name__)
            lines.append((logging.DEBUG, "creating %s failed after %.3f s: %s", *failed))
        raise
    finally:
        publish(cache, lines, departed)


async def _build(session: Session, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Build a client that is closed when nobody holds it."""
    private_args, private_kwargs = private_configs(args, kwargs)
    made = await create_client(session._session, private_args, private_kwargs)
    if isinstance(made, BaseClient):
        closer_of(asyncio.get_running_loop()).watch(made, session._name)
    return made


async def _look_for_credentials(session: Session, caches: LoopCache) -> None:
    """Drop what lacks credentials if there are some by now; one task at a time looks, a second after the last look."""
    if not caches._is_search_due():
        return
    caches.next_search = float("inf")
    try:
        if await session._session.get_credentials() is not None:
            caches._lacks_credentials = False  # first: what is stored meanwhile says so again
            caches.invalidate(lambda _, held: lacks_credentials(held))
    finally:
        caches.next_search = time.monotonic() + _BETWEEN_SEARCHES


def _tell_of_a_wait(caches: LoopCache, key: ClientCacheKey, seconds: float | None) -> None:
    """Say once for each key that somebody has waited as long as he may."""
    if key not in caches.warned:
        caches.warned.add(key)
        logger.warning("waited %.1f s for another task, which is creating %s; going on without", seconds, key.label)
