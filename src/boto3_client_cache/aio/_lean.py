"""Sessions of aiobotocore that share with the process's others what is the same in all of them."""

from __future__ import annotations

from typing import Any

from aiobotocore.session import AioSession

from boto3_client_cache.aio._flights import take_turn
from boto3_client_cache.aio._load_ahead import load_ahead


def aio_session(share_models: bool | None, profile_name: str | None, session: AioSession | None) -> AioSession:
    """Return the session to build clients with: the caller's, or one that shares models."""
    return AioSession(profile=profile_name) if session is None else session


async def create_client(session: AioSession, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Have ``session`` create a client, in the loop's turn."""
    await take_turn()
    service_name = args[0] if args else kwargs.get("service_name")
    await load_ahead(session.get_component("data_loader"), service_name, kwargs.get("api_version"))
    return await session.create_client(*args, **kwargs).__aenter__()
