# mypy: ignore-errors
# pyright: reportUntypedBaseClass=false, reportUnknownVariableType=false, reportMissingImports=false
"""Clients of services whose types are not installed: any operation, of any type."""

from typing import Any

import aiobotocore.client

class AioBaseClient(aiobotocore.client.AioBaseClient):
    def __getattr__(self, name: str) -> Any: ...
