"""What may be shown of a value that a caller passed: never a secret, never more than a line."""

from __future__ import annotations

import re
import reprlib
from typing import Any

MASK = "***"
_CREDENTIAL = re.compile(r"(?=[^A-Z]*[A-Z])[A-Za-z0-9/+=]{16,}")  # access key IDs, secret keys and session tokens
_MOST_BITS = 256  # of an integer that is shown as it is
SECRET_PARAMETERS = frozenset(
    {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "external_id",
        "policy",
    }
)


def mask_url(text: str) -> str:
    """Hide the user-info of a URL in ``text``: all from the scheme to the last ``@``."""
    scheme = text.find("://")
    at = text.rfind("@")
    return text if scheme < 0 or at < scheme else f"{text[: scheme + 3]}{MASK}{text[at:]}"


def mask_bare(text: str) -> str:
    """Hide a text without a name that looks like a credential: where a key belongs, or in a list of arguments."""
    return MASK if _CREDENTIAL.fullmatch(text) else text


def mask_field(value: Any) -> str:
    """Return the repr of an exception's field without secrets: those of secret parameters in a dict, and of URLs."""
    if isinstance(value, dict):
        value = {key: MASK if key in SECRET_PARAMETERS else item for key, item in value.items()}
    return mask_url(repr(value))


def mask_parameter(name: Any, value: Any) -> Any:
    """Hide the user-info of an ``endpoint_url`` that has no scheme, too; return any other value as it is."""
    if name == "endpoint_url" and isinstance(value, str) and "://" not in value and "@" in value:
        return MASK + value[value.rindex("@") :]
    return value


class _Shortened(reprlib.Repr):
    """A repr of bounded length and depth that masks secret parameters' values, URLs' user-info and bare credentials."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 100

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, dict):  # a derived class too
            return mask_url(self.repr_dict(x, level))
        return mask_url(super().repr1(x, level))

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(mask_bare(mask_url(x)), level)

    def repr_int(self, x: int, level: int) -> str:
        """Do not write out what CPython would refuse to."""
        return f"an integer of {x.bit_length()} bits" if x.bit_length() > _MOST_BITS else super().repr_int(x, level)

    def repr_instance(self, x: Any, level: int) -> str:
        """Mask first and shorten afterwards: shortened, a URL may have lost its ``@``."""
        try:
            text = mask_url(repr(x))
        except Exception:  # as reprlib does
            return f"<{type(x).__name__} instance>"
        return text if len(text) <= self.maxother else f"{text[: self.maxother]}..."

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        masked = {key: MASK if key in SECRET_PARAMETERS else mask_parameter(key, value) for key, value in x.items()}
        return super().repr_dict(masked, level)


def shown(value: Any, param: str | None = None) -> Any:
    """Return what an exception may keep of ``value``: itself if plain, else a short text; ``***`` for a secret."""
    if value is None:
        return None
    if param in SECRET_PARAMETERS:
        return MASK
    if isinstance(value, (bool, float)) or (isinstance(value, int) and value.bit_length() <= _MOST_BITS):
        return value
    value = mask_parameter(param, value)
    if type(value) is not str:
        return _Shortened().repr(value)
    return mask_bare(mask_url(value)) if param == "key" else mask_url(value)
