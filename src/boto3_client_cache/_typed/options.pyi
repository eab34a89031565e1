"""The keywords of sessions."""

from typing import TypedDict

import botocore.session

from boto3_client_cache.cache import CacheOptions

class Boto3SessionOptions(TypedDict, total=False):
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    aws_session_token: str | None
    region_name: str | None
    botocore_session: botocore.session.Session | None
    profile_name: str | None
    aws_account_id: str | None

class SessionOptions(Boto3SessionOptions, total=False):
    share_models: bool | None
    client_cache: CacheOptions | None
    resource_cache: CacheOptions | None
    watch_credentials: bool
