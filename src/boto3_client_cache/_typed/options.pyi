"""The keywords of sessions."""

from typing import Literal, TypedDict

import botocore.session

from boto3_client_cache.cache import CacheOptions, ClientCache
from boto3_client_cache.lean.session import Scope

class Boto3SessionOptions(TypedDict, total=False):
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    aws_session_token: str | None
    region_name: str | None
    botocore_session: botocore.session.Session | None
    profile_name: str | None
    aws_account_id: str | None

class _CachingOptions(TypedDict, total=False):
    share_models: bool | None
    share_trust: bool | None
    share_connections: Scope | Literal[False] | None
    client_cache: CacheOptions | ClientCache | None
    resource_cache: CacheOptions | None
    watch_credentials: bool

class SessionOptions(Boto3SessionOptions, _CachingOptions, total=False): ...

class RoleSessionOptions(_CachingOptions, total=False):
    region_name: str | None
    profile_name: str | None
