"""The errors that this package raises. None of them ever holds a secret."""

from __future__ import annotations

from typing import Any

from boto3_client_cache._masking import MASK, SECRET_PARAMETERS, mask_field

__all__ = [
    "CacheError",
    "ClientCacheError",
    "ClientCacheExistsError",
    "ClientCacheNotFoundError",
    "ResourceCacheError",
    "ResourceCacheExistsError",
    "ResourceCacheNotFoundError",
    "SessionCacheError",
    "SessionCacheExistsError",
    "SessionCacheNotFoundError",
]

_FIELDS = ("code", "status_code", "param", "value", "details")


class CacheError(Exception):
    """The base of all errors of this package.

    Args:
        message: What was wrong and what to do, in words.
        code: A short, stable name of the error.
        status_code: A number, where one fits.
        details: Anything more.
        param: The parameter that was wrong.
        value: What was given for it; a secret parameter's value is kept as ``"***"``.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        status_code: int | None = None,
        details: Any = None,
        param: str | None = None,
        value: Any = None,
    ) -> None:
        """Keep each argument as an attribute; ``message`` is ``""`` for None."""
        self.message = "" if message is None else message
        self.code = code
        self.status_code = status_code
        self.details = details
        self.param = param
        self.value = MASK if param in SECRET_PARAMETERS and value is not None else value
        super().__init__(self.message)

    def _fields(self) -> dict[str, Any]:
        return {name: value for name in _FIELDS if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        """Return the message, followed by the fields that are set; the fields alone if there is no message."""
        fields = ", ".join(f"{name}={mask_field(value)}" for name, value in self._fields().items())
        return f"{self.message} ({fields})" if self.message and fields else self.message or fields

    def __repr__(self) -> str:
        """Return the class name with the message and the fields that are set."""
        arguments = [repr(self.message), *(f"{name}={mask_field(value)}" for name, value in self._fields().items())]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy with all fields, which are no positional arguments, and with what was added since."""
        fields = self._fields()
        others = {name: value for name, value in vars(self).items() if name != "message" and name not in _FIELDS}
        return _restore, (type(self), self.message, fields), others or None


def _restore(error_type: type[CacheError], message: str, fields: dict[str, Any]) -> CacheError:
    return error_type(message, **fields)


class ClientCacheError(CacheError):
    """An error of a client cache, or of a key for one."""


class ClientCacheExistsError(ClientCacheError):
    """A client is already stored under this key: remove it first, or use the one that is there."""


class ClientCacheNotFoundError(ClientCacheError, KeyError):
    """No client is stored under this key. It is a ``KeyError`` too, as a dict's would be."""


class ResourceCacheError(CacheError):
    """An error of a resource cache, or of a key for one."""


class ResourceCacheExistsError(ResourceCacheError):
    """A resource is already stored under this key: remove it first, or use the one that is there."""


class ResourceCacheNotFoundError(ResourceCacheError, KeyError):
    """No resource is stored under this key. It is a ``KeyError`` too, as a dict's would be."""


class SessionCacheError(CacheError):
    """An error of a pool of sessions, of a key for one, or of a role that a session is to assume."""


class SessionCacheExistsError(SessionCacheError):
    """A session is already stored under this key."""


class SessionCacheNotFoundError(SessionCacheError, KeyError):
    """No session is in the pool under this key. It is a ``KeyError`` too, as a dict's would be."""
