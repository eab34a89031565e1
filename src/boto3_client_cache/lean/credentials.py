"""Credential providers whose HTTP parts wait until they are needed.

What is shared: nothing. What is saved: the providers for containers and instances have an HTTP session each, with a
pool manager and a TLS context, in every session, and most never send.

When it is not: while somebody has replaced what makes the providers (``checks.CREDENTIALS``).

What happens then: botocore makes them.
"""

from __future__ import annotations

import os
from typing import Any

import botocore.credentials
import botocore.httpsession
import botocore.session
import botocore.utils

from . import checks
from .borrowed import module_with, with_names
from .creator import Sharing
from .http_session import HTTPSession
from .proxies import environ_proxies


def _http_session(*args: Any, **kwargs: Any) -> Any:
    return HTTPSession(Sharing(), *args, **kwargs)


def _with_our_http(function: Any) -> Any:
    httpsession = module_with(botocore.httpsession, URLLib3Session=_http_session)
    return with_names(
        function,
        botocore=module_with(botocore, httpsession=httpsession),
        get_environ_proxies=environ_proxies,
    )


class _ContainerMetadataFetcher(checks.base(botocore.utils.ContainerMetadataFetcher)):  # type: ignore[misc]
    def __init__(self) -> None:
        _with_our_http(botocore.utils.ContainerMetadataFetcher.__init__)(self)


class _InstanceMetadataFetcher(checks.base(botocore.utils.InstanceMetadataFetcher)):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("env", os.environ)  # it reads one variable; botocore has it copy them all first
        _with_our_http(botocore.utils.IMDSFetcher.__init__)(self, *args, **kwargs)


def _container_provider() -> Any:
    return botocore.credentials.ContainerProvider(fetcher=_ContainerMetadataFetcher())


def create_credential_resolver(session: Any) -> Any:
    """Do what botocore's ``Session._create_credential_resolver`` does."""
    original: Any = checks.below_installed(vars(botocore.session.Session)["_create_credential_resolver"])
    if not checks.CREDENTIALS.is_own():
        return original(session)
    create = with_names(
        botocore.credentials.create_credential_resolver,  # type: ignore[arg-type]
        ContainerProvider=_container_provider,
        InstanceMetadataFetcher=_InstanceMetadataFetcher,
    )
    credentials = module_with(botocore.credentials, create_credential_resolver=create)
    return with_names(original, botocore=module_with(botocore, credentials=credentials))(session)
