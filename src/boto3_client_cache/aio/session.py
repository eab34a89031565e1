"""Sessions of aiobotocore whose clients are cached, for each event loop its own."""

from __future__ import annotations

import asyncio
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from boto3_client_cache import _core
from boto3_client_cache.aio._closing import closer_of
from boto3_client_cache.aio._lean import aio_session
from boto3_client_cache.aio._loop_cache import LoopCache
from boto3_client_cache.aio._on_loops import of_loop
from boto3_client_cache.aio._options import checked_options
from boto3_client_cache.cache import CacheInfo

if TYPE_CHECKING:
    from aiobotocore.session import AioSession
    from typing_extensions import Self

    from boto3_client_cache._typed.aio.session import LoopSession
    from boto3_client_cache.cache import CacheOptions
else:
    LoopSession = _core.LoopSession

__all__ = ["Session"]


class Session(LoopSession):
    """A session whose ``await session.client(...)`` returns what it returned before for the same call, on this loop.

    It takes the arguments of ``boto3.Session``. Each event loop has clients and caches of its own, which live no longer
    than it does; any thread may ask, on the loop that runs there. A client that has left its cache is closed on its
    loop when nobody holds it or reads a response of it any more, and all are when the loop ends.
    """

    def __init__(  # noqa: PLR0917 - boto3's
        self,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        region_name: str | None = None,
        botocore_session: AioSession | None = None,
        profile_name: str | None = None,
        aws_account_id: str | None = None,
        *,
        share_models: bool | None = None,
        client_cache: CacheOptions | None = None,
    ) -> None:
        """Take what ``boto3.Session`` takes, and how to cache.

        Args:
            aws_access_key_id: As for ``boto3.Session``, like those that follow.
            aws_secret_access_key: Likewise.
            aws_session_token: Likewise.
            region_name: Likewise.
            botocore_session: An ``AioSession`` of aiobotocore's, instead of one that shares models.
            profile_name: Likewise.
            aws_account_id: Likewise.
            share_models: Whether to share service models with the process's other sessions. None shares them, unless
                the environment variable ``BOTO3_CLIENT_CACHE_SHARE_MODELS`` is ``0`` or the caller brings a
                ``botocore_session``, which keeps its own loader.
            client_cache: Keyword options of the client caches, as ``ClientCache`` takes them: ``{"ttl": 900}``.

        Raises:
            ClientCacheError: An option in ``client_cache`` is wrong.
            TypeError: There is no such option.
        """
        self._options = checked_options(client_cache)
        self._loop_caches: dict[int, weakref.ref[LoopCache]] = {}  # by id; of whatever thread's loop
        self._session = aio_session(share_models, profile_name, botocore_session)
        if profile_name is not None:
            self._session.set_config_variable("profile", profile_name)
        if region_name is not None:
            self._session.set_config_variable("region", region_name)
        if aws_access_key_id or aws_secret_access_key or aws_session_token or aws_account_id:
            account = {} if aws_account_id is None else {"account_id": aws_account_id}
            self._session.set_credentials(aws_access_key_id, aws_secret_access_key, aws_session_token, **account)

    if not TYPE_CHECKING:
        create_client = LoopSession.client  # so that a session may stand where an `AioSession` is asked for clients

    @property
    def botocore_session(self) -> AioSession:
        """The session of aiobotocore's that builds the clients."""
        return self._session

    @property
    def region_name(self) -> str | None:
        """The default region."""
        region: str | None = self._session.get_config_variable("region")
        return region

    @property
    def profile_name(self) -> str:
        """The profile in use."""
        return self._session.profile or "default"

    @property
    def events(self) -> Any:
        """The event emitter of the session, for handlers of clients to come."""
        return self._session.get_component("event_emitter")

    async def get_credentials(self) -> Any:
        """Return the session's credentials, or None."""
        return await self._session.get_credentials()

    @property
    def cache(self) -> LoopCache:
        """The caches of the running event loop."""
        return self._on_running_loop()

    def cache_info(self) -> CacheInfo:
        """Return what the session's caches have counted, summed up over the loops that are there."""
        counted = [cache.cache_info() for caches in self._all_caches() for cache in caches._all()]
        return CacheInfo(*map(sum, zip(*counted, strict=True))) if counted else CacheInfo(0, 0, 0, 0, 0, 0, 0, 0.0, 0)

    def _on_running_loop(self) -> LoopCache:
        loop = _core.running_loop()
        return of_loop(loop, self._name, partial(self._make_caches, loop))

    def _make_caches(self, loop: asyncio.AbstractEventLoop) -> LoopCache:
        caches = LoopCache(self, loop)
        self._loop_caches[id(caches)] = weakref.ref(caches, partial(_forget, self._loop_caches, id(caches)))
        closer_of(loop).add(caches)
        return caches

    def _all_caches(self) -> list[LoopCache]:
        found = (reference() for reference in list(self._loop_caches.values()))
        return [caches for caches in found if caches is not None]

    async def aclose(self) -> None:
        """Close the session: the clients of the running loop now, those of other loops when nobody holds them.

        The session hands out nothing more. A client that is being built is closed when it is there, and those who wait
        for it get a ``ClientCacheError``.
        """
        self._closed = True
        for caches in self._all_caches():
            caches.close()
        loop = asyncio.get_running_loop()
        caches_here: LoopCache | None = getattr(loop, self._name, None)
        if caches_here is not None:
            await caches_here.flights_end()
        await closer_of(loop).close(self._name)

    async def __aenter__(self) -> Self:
        """Return the session."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close it."""
        await self.aclose()


def _forget(loop_caches: dict[int, weakref.ref[LoopCache]], number: int, _: object) -> None:
    """Forget the caches of a loop that is gone."""
    loop_caches.pop(number, None)


_core.use_running_loop(asyncio._get_running_loop)
