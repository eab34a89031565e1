"""``install()`` reaches the sessions that others make of aiobotocore's: aioboto3, s3fs, code of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiobotocore.hooks import AioHierarchicalEmitter
from aiobotocore.session import AioSession, get_session

from boto3_client_cache import cached_boto3, install, uninstall
from boto3_client_cache.aio._events import _SharingAioEmitter
from boto3_client_cache.aio._lean import LeanAioSession
from boto3_client_cache.lean.config import LeanConfigValueStore
from boto3_client_cache.lean.models import SharedLoader


class Derived(AioSession):
    """A library's."""


@pytest.fixture
def installed() -> Iterator[None]:
    install()
    yield
    uninstall()


def created(session: Any, service: str = "sqs") -> Any:
    async def create() -> Any:
        async with session.create_client(service, region_name="us-east-1") as client:
            return client.meta.region_name, type(client).__name__, type(client).__module__, sorted(dir(client))

    return asyncio.run(create())


def parts(session: Any) -> list[type]:
    return [
        type(session.get_component("data_loader")),
        type(session.get_component("config_store")),
        type(session._original_handler),
    ]


LEAN = [SharedLoader, LeanConfigValueStore, _SharingAioEmitter]


def test_sessions_of_aiobotocore_were_not_lean_under_install(installed: None) -> None:
    for session in (AioSession(), get_session()):
        assert type(session) is LeanAioSession
        assert parts(session) == LEAN
        assert session.user_agent_name == "aiobotocore"


def test_clients_are_those_of_aiobotocore(installed: None) -> None:
    uninstall()
    plain = created(AioSession())
    install()
    for session in (AioSession(), Derived(), AioSession(profile=None)):
        assert created(session) == plain


def test_a_derived_class_stays_its_own(installed: None) -> None:
    session = Derived()
    assert type(session) is Derived
    assert parts(session)[0] is SharedLoader


def test_an_emitter_of_somebody_s_own_stays(installed: None) -> None:
    emitter = AioHierarchicalEmitter()
    emitter.register("before-send", lambda **_: None)
    session = AioSession(event_hooks=emitter)
    assert session._original_handler is emitter
    assert created(session)[0] == "us-east-1"


def test_they_are_left_alone_if_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with cached_boto3(models=False):
        assert type(AioSession()) is AioSession
    monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_MODELS", "0")
    with cached_boto3():
        assert type(AioSession()) is AioSession


def test_what_was_made_meanwhile_works_after_uninstall() -> None:
    with cached_boto3():
        sessions = [AioSession(), Derived()]
    assert type(AioSession()) is AioSession
    for session in sessions:
        assert created(session)[0] == "us-east-1"
