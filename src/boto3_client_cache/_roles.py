"""Roles that sessions assume: what STS is asked, and credentials that botocore asks for and refreshes.

All of it is botocore's own: its fetchers, its credentials, and a session's component for finding them. What is asked is
judged first, so that a wrong argument is an error of the call that has it. STS is asked with a client of the source
session, which that session caches, when a request first needs credentials, and again before they expire; threads that
need them meanwhile wait for the one that asks.

Thread safety: all functions. Does not keep anything: a session holds its credentials, and these their source.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import boto3.session
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError
from botocore.utils import FileWebIdentityTokenLoader

from boto3_client_cache._masking import shown
from boto3_client_cache.exceptions import SessionCacheError
from boto3_client_cache.session import Session

TokenProvider = Callable[[str], str]
"""Called with the serial number of an MFA device, for the code that it shows."""
TokenLoader = Callable[[], str]
"""Called for a web identity token."""

# What decides whose credentials a session has. A role's are STS's.
CREDENTIALS = frozenset(
    {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_account_id",
        "botocore_session",
    }
)

_ROLE = re.compile(r"arn:[a-z0-9-]+:iam::\d{12}:role/[!-~]+", re.ASCII)
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SERIAL_NUMBER = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
_POLICY = re.compile(r"arn:[a-z0-9-]+:iam::(aws|\d{12}):policy/[!-~]+", re.ASCII)
_SECONDS = range(900, 43201)


class Role(NamedTuple):
    """A role, and what STS is asked for it."""

    arn: str
    request: dict[str, Any]
    code: Callable[[str], str] | None = None
    """Called with a prompt, for the code of an MFA device."""
    web_identity: TokenLoader | None = None
    """Called for a web identity token, where that is what the role is assumed by."""


def role(
    role_arn: str,
    *,
    role_session_name: str | None = None,
    external_id: str | None = None,
    policy: str | None = None,
    policy_arns: Sequence[str] | None = None,
    tags: Mapping[str, str] | None = None,
    transitive_tag_keys: Sequence[str] | None = None,
    duration_seconds: int | None = None,
    source_identity: str | None = None,
    serial_number: str | None = None,
    token_provider: TokenProvider | None = None,
) -> Role:
    """Return a role to be assumed by the credentials of a session; ``SessionCacheError`` for what STS cannot be asked.

    botocore would ask at a terminal for the code of a device, which a service has none of: so it takes a function.
    """
    if (serial_number is None) != (token_provider is None):
        message = "serial_number and token_provider go together: the device, and what returns the code that it shows"
        absent = "token_provider" if token_provider is None else "serial_number"
        raise SessionCacheError(message, param=absent)
    if token_provider is not None:
        _check("token_provider", token_provider, callable(token_provider), "a function that takes the serial number")
    if tags is not None:
        _check("tags", tags, isinstance(tags, Mapping) and _are_texts([*tags, *tags.values()]), "a dict of texts")
    request = _request(role_arn, role_session_name, policy, policy_arns, duration_seconds) | _given(
        {
            "ExternalId": _matching("external_id", external_id, _EXTERNAL_ID),
            "Tags": None if tags is None else [{"Key": name, "Value": value} for name, value in tags.items()],
            "TransitiveTagKeys": _texts("transitive_tag_keys", transitive_tag_keys),
            "SourceIdentity": _matching("source_identity", source_identity, _NAME),
            "SerialNumber": _matching("serial_number", serial_number, _SERIAL_NUMBER),
        }
    )
    if serial_number is None or token_provider is None:
        return Role(role_arn, request)
    return Role(role_arn, request, code=lambda _: _token("token_provider", token_provider(serial_number)))


def web_identity_role(
    role_arn: str,
    *,
    web_identity_token_file: str | os.PathLike[str] | None = None,
    web_identity_token_loader: TokenLoader | None = None,
    role_session_name: str | None = None,
    policy: str | None = None,
    policy_arns: Sequence[str] | None = None,
    duration_seconds: int | None = None,
) -> Role:
    """Return a role to be assumed by a token of a file or a function; ``SessionCacheError`` as for ``role``."""
    if (web_identity_token_file is None) == (web_identity_token_loader is None):
        message = "One of web_identity_token_file and web_identity_token_loader must be given, and not both"
        raise SessionCacheError(message, param="web_identity_token_file")
    request = _request(role_arn, role_session_name, policy, policy_arns, duration_seconds)
    if web_identity_token_loader is None:
        is_path = isinstance(web_identity_token_file, str | os.PathLike)  # a number would be another file's descriptor
        _check("web_identity_token_file", web_identity_token_file, is_path, "a path")
        load: Any = FileWebIdentityTokenLoader(web_identity_token_file)
    else:
        load = web_identity_token_loader
        _check("web_identity_token_loader", load, callable(load), "a function that returns the token")
    return Role(role_arn, request, web_identity=lambda: _token("web_identity_token_loader", load()))


def options_of_role(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a role's session; ``SessionCacheError`` where they would give it other credentials."""
    for name in CREDENTIALS.intersection(options):
        if options[name] is not None:
            message = f"{name} cannot be given with a role, whose credentials are STS's; give it to the source session"
            raise SessionCacheError(message, param=name, value=shown(options[name], name))
    given = {name: value for name, value in options.items() if name not in CREDENTIALS}
    return {name: value for name, value in defaults.items() if name not in CREDENTIALS} | given


def check_source(source: Any) -> None:
    """Raise ``SessionCacheError`` for what is no session of boto3's or ours."""
    if not isinstance(source, boto3.session.Session):
        message = "source must be a session, boto3's or this package's"
        raise SessionCacheError(message, param="source", value=shown(source, "source"))


def session_of(
    assumed: Role, source: boto3.session.Session, options: Mapping[str, Any], answers: dict[str, Any]
) -> Session:
    """Return a session with the credentials of a role that ``source`` assumes; ``answers`` holds what STS answers."""
    made: Any = Session(**{"region_name": source.region_name, **options})
    region = source.region_name or made.region_name

    def sts(service_name: str, *, config: Any = None, **_credentials: Any) -> Any:
        client: Any = source.client
        return client(service_name, region_name=region, config=config)  # it signs with those of `source` itself

    fetcher: Any
    if assumed.web_identity is None:
        fetcher = AssumeRoleCredentialFetcher(
            sts, _CredentialsOf(source), assumed.arn, assumed.request, assumed.code, answers
        )
        method = "assume-role"
    else:
        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
            sts, assumed.web_identity, assumed.arn, assumed.request, answers
        )
        method = "assume-role-with-web-identity"
    credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, method)
    made._session.register_component("credential_provider", CredentialResolver([_Provider(credentials)]))
    return made  # type: ignore[no-any-return]


class _Provider(CredentialProvider):
    """Provides one role's credentials."""

    def __init__(self, credentials: DeferredRefreshableCredentials) -> None:
        super().__init__()
        self.METHOD = credentials.method
        self._credentials = credentials

    def load(self) -> DeferredRefreshableCredentials:
        return self._credentials


class _CredentialsOf:
    """The credentials of a session, looked for when they are needed."""

    def __init__(self, session: boto3.session.Session) -> None:
        self._session = session

    def get_frozen_credentials(self) -> Any:
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials.get_frozen_credentials()


def _request(
    role_arn: Any, role_session_name: Any, policy: Any, policy_arns: Any, duration_seconds: Any
) -> dict[str, Any]:
    is_role = isinstance(role_arn, str) and _ROLE.fullmatch(role_arn) is not None
    _check("role_arn", role_arn, is_role, "the ARN of a role, such as arn:aws:iam::123456789012:role/name")
    if policy is not None:
        _check("policy", policy, _is_json(policy), "the text of a policy in JSON")
    if duration_seconds is not None:
        in_range = type(duration_seconds) is int and duration_seconds in _SECONDS
        _check("duration_seconds", duration_seconds, in_range, "an integer from 900 to 43200")
    arns = _texts("policy_arns", policy_arns)
    for arn in arns or ():
        _matching("policy_arns", arn, _POLICY)
    return _given(
        {
            "RoleSessionName": _matching("role_session_name", role_session_name, _NAME),
            "Policy": policy,
            "PolicyArns": None if arns is None else [{"arn": arn} for arn in arns],
            "DurationSeconds": duration_seconds,
        }
    )


def _given(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if value is not None}


def _check(param: str, value: Any, is_right: bool, what: str) -> None:
    if not is_right:
        raise SessionCacheError(f"{param} must be {what}", param=param, value=shown(value, param))


def _matching(param: str, value: Any, pattern: re.Pattern[str]) -> Any:
    is_right = value is None or (isinstance(value, str) and pattern.fullmatch(value) is not None)
    _check(param, value, is_right, f"a text that matches {pattern.pattern}")
    return value


def _texts(param: str, values: Any) -> list[str] | None:
    if values is None:
        return None
    _check(
        param,
        values,
        isinstance(values, Sequence) and not isinstance(values, str | bytes | bytearray) and _are_texts(values),
        "a list of texts",
    )
    return list(values)


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) and _is_sendable(value) for value in values)


def _is_sendable(text: str) -> bool:
    """Tell whether a request can carry a text; the error of one that it cannot would hold the whole text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_json(text: Any) -> bool:
    try:
        return isinstance(text, str) and _is_sendable(text) and isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _token(param: str, token: Any) -> Any:
    """Return what the caller's function has; botocore would show what is no text."""
    if not isinstance(token, str):
        message = f"{param} must return a text, not {type(token).__name__}"
        raise SessionCacheError(message, param=param)
    return token
