"""A stand-in for ``boto3.Session.client`` / ``.resource``: for builds that fail, wait, or must be counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from support.kinds import Kind


class Builder:
    """Records every call it gets; hands out stubs, or whatever ``make`` returns."""

    def __init__(self, kind: Kind) -> None:
        self.make: Callable[[], Any] = kind.stub
        self.calls: list[tuple[boto3.Session, tuple[Any, ...], dict[str, Any]]] = []

    def install(self, kind: Kind, patch: pytest.MonkeyPatch, owner: type = boto3.Session) -> Builder:
        def build(session: boto3.Session, *args: Any, **kwargs: Any) -> Any:
            self.calls.append((session, args, kwargs))
            return self.make()

        patch.setattr(owner, kind.name, build)
        return self

    @property
    def count(self) -> int:
        return len(self.calls)
