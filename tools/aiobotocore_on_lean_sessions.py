"""A pytest plugin: ``install()`` makes every session lean that a test of aiobotocore's makes."""

from __future__ import annotations

import asyncio

import pytest
from aiobotocore.session import AioSession

from boto3_client_cache import install
from boto3_client_cache.aio import _checks
from boto3_client_cache.aio._lean import LeanAioSession
from boto3_client_cache.lean import checks
from boto3_client_cache.lean.models import SharedLoader


async def create_client(session: AioSession) -> None:
    async with session.create_client("sqs", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y"):
        pass


def pytest_configure() -> None:
    install()
    session = AioSession()
    asyncio.run(create_client(session))
    known = {**vars(checks), **vars(_checks)}
    parts = {name: part.is_own() for name, part in known.items() if isinstance(part, checks.Part)}
    is_lean = type(session) is LeanAioSession and isinstance(session.get_component("data_loader"), SharedLoader)
    if not is_lean or not all(parts.values()):
        raise pytest.UsageError(f"the sessions of the tests would not be lean: {parts}, {session}")


def pytest_report_header() -> str:
    return "aiobotocore.session.AioSession() makes lean sessions"
