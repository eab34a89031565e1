"""A pytest plugin: every ``botocore.session.Session`` that a test makes is a lean one, with botocore's tests unchanged.

``Session()`` makes an object of a class that derives from it, so the names that the tests import and patch stay
botocore's own, as ``lean.checks`` asks. A ``botocore.loaders.Loader`` that a test registers gives way to a shared one,
as with ``boto3_client_cache.Session(botocore_session=session, share_models=True)``.
"""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader

from boto3_client_cache.lean import checks
from boto3_client_cache.lean.events import builtin_events
from boto3_client_cache.lean.models import SharedLoader, shared_like, shared_loader
from boto3_client_cache.lean.session import Choices, LeanSession
from boto3_client_cache.lean.session import botocore_session as lean_session


class TestedSession(LeanSession):  # type: ignore[misc]
    """A lean session that takes the arguments of botocore's."""

    __test__ = False
    __module__ = botocore.session.Session.__module__

    def __init__(
        self,
        session_vars: Any = None,
        event_hooks: Any = None,
        include_builtin_handlers: bool = True,
        profile: Any = None,
    ) -> None:
        if event_hooks is None and include_builtin_handlers and checks.EVENTS.is_own():
            event_hooks, include_builtin_handlers = builtin_events(), False
        super().__init__(session_vars, event_hooks, include_builtin_handlers, profile)
        self._client_cache_sharing = SHARED

    def _register_data_loader(self) -> None:
        def loader() -> Any:
            return shared_loader(self.get_config_variable("data_path"))

        self._components.lazy_register_component("data_loader", loader)

    def register_component(self, name: str, component: Any) -> None:
        if name == "data_loader" and type(component) is Loader and checks.LOADER.is_own():
            component = shared_like(component)
        super().register_component(name, component)


def new(cls: type, *_: Any, **__: Any) -> Any:
    return object.__new__(TestedSession if cls is botocore.session.Session else cls)


SHARED = lean_session(Choices(models=True, trust=True))._client_cache_sharing


def pytest_configure() -> None:
    botocore.session.Session.__new__ = staticmethod(new)  # type: ignore[method-assign]
    session = botocore.session.get_session()
    client = session.create_client("sqs", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    parts = {name: part.is_own() for name, part in vars(checks).items() if isinstance(part, checks.Part)}
    if not isinstance(session.get_component("data_loader"), SharedLoader) or not all(parts.values()):
        raise pytest.UsageError(f"the sessions of the tests would not be lean: {parts}, {session}, {client}")


def pytest_report_header() -> str:
    return "botocore.session.Session() makes lean sessions"
