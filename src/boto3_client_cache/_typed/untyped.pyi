"""Clients and resources of services whose types are not installed: any operation, of any type."""

from typing import Any

import boto3.resources.base
import botocore.client

class BaseClient(botocore.client.BaseClient):
    def __getattr__(self, name: str) -> Any: ...

class ServiceResource(boto3.resources.base.ServiceResource):
    def __getattr__(self, name: str) -> Any: ...
