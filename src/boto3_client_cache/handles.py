"""References to cached clients and resources that travel between processes.

A client cannot be pickled: it holds sockets, locks and classes made at run time. A handle is the call that makes it.
Wherever it is unpickled, ``get`` returns what ``client`` or ``resource`` returns for that call in that process: the
cached object of its default session, built there once.

A handle is made of its own pickle: what it holds is what a copy of it in another process holds, later changes of a
``Config`` or a list that was passed do not reach it, and what cannot be pickled is refused when the handle is made.
That pickle, the *payload*, is a versioned tuple of the call, pickled apart from whatever the handle travels in, so that
a process that gets the same handle with every task reads it once.

A handle is no proxy. Attributes of the client are reached through ``handle.get()`` alone: what looks like a client but
is none fails ``isinstance`` and ``Stubber``, hides that a name's first use may build a client and raise what boto3
raises, and invites to keep bound methods, which would hold one client for ever.
"""

from __future__ import annotations

import inspect
import io
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Generic, NoReturn, TypeVar, final

import boto3.session
from botocore import UNSIGNED
from botocore.config import Config

from boto3_client_cache import _core
from boto3_client_cache._masking import MASK, shown
from boto3_client_cache.cache import CacheType, ClientCache, ClientCacheKey, ResourceCache, ResourceCacheKey
from boto3_client_cache.exceptions import CacheError, ClientCacheError, ResourceCacheError

__all__ = ["ClientHandle", "ResourceHandle", "client_handle", "resource_handle"]

_VERSION = 1
_REMEMBERED = 128  # payloads that a process has read already: of no more memory than their handles
_SETTINGS = ("eviction_policy", "max_size")

_Object = TypeVar("_Object")
_Self = TypeVar("_Self", bound="_Handle[Any]")


class _Handle(Generic[_Object]):
    """What both kinds of handle are. Immutable, so threads may share one, and a copy is the handle itself."""

    __slots__ = ("__weakref__", "_cache_class", "_key", "_names", "_payload", "_reader", "_values")

    _kind: ClassVar[CacheType]
    _key_type: ClassVar[type[ClientCacheKey | ResourceCacheKey]]
    _cache_type: ClassVar[Callable[..., ClientCache[Any] | ResourceCache[Any]]]
    _error: ClassVar[type[CacheError]]
    _parameters: ClassVar[tuple[str, ...]]

    _key: ClientCacheKey | ResourceCacheKey
    _cache_class: type  # stands for the policy
    _values: tuple[Any, ...]  # of the call, the keywords' last
    _names: tuple[str, ...]  # of the keywords
    _payload: bytes
    _reader: Any  # what reads the payload

    def __init__(self, *args: Any, include_secrets: bool = False, **kwargs: Any) -> None:
        """Take what the function of the same name in small letters takes."""
        self._check(args, kwargs, include_secrets)
        payload = _dumps((_VERSION, self._kind, args, {str.__str__(name): kwargs[name] for name in kwargs}))
        self._hold(payload, *_call_of(payload)[1:])

    def _check(self, args: tuple[Any, ...], kwargs: dict[str, Any], include_secrets: bool) -> None:
        """Refuse what another process could not use, and what it should not be told."""
        given = dict(self._named(args, kwargs.items()))
        masked = dict(self._named(*self._key_type(*args, **kwargs).key))
        for param, value, seen in _options(given, masked):
            if not include_secrets and _has_mask(seen):
                message = (
                    "A handle carries no secrets: leave this parameter to the credentials and settings of the process "
                    "that uses the handle, or say include_secrets=True to have it pickled"
                )
                raise self._error(message, param=param, value=MASK)
            try:
                self._key_type(**{param: value}).__reduce__()  # refuses what counts by identity
                _dumps(value)
            except Exception as error:
                message = "A handle cannot carry this option: it cannot be pickled, or would be another object then"
                raise self._error(message, param=param, value=shown(value, param)) from error

    @classmethod
    def _named(cls, args: Iterable[Any], keywords: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
        yield from zip(cls._parameters, args, strict=False)  # the key has refused what is more
        yield from keywords

    @classmethod
    def _of(cls: type[_Self], payload: bytes, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Self:
        handle = cls.__new__(cls)
        handle._hold(payload, args, kwargs)
        return handle

    def _hold(self, payload: bytes, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Become the handle of a payload and its call, which is checked once more: it may come from anywhere."""
        key = self._key_type(*args, **kwargs)
        settings = {name: kwargs[name] for name in _SETTINGS if kwargs.get(name) is not None}
        parts = {
            "_key": key,
            "_cache_class": type(self._cache_type(**settings)),  # which judges the policy and the size
            "_values": (*args, *kwargs.values()),
            "_names": tuple(map(sys.intern, kwargs)),  # as the compiler does, by which the core finds them at once
            "_payload": payload,
            "_reader": _read if _has_mask(key.key) else _read_once,
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    @property
    def key(self) -> Any:
        """The key under which the process's cache holds the object."""
        return self._key

    def __eq__(self, other: object) -> bool:
        """Whether both mean the same object: of equal keys, in the cache of the same policy."""
        if not isinstance(other, _Handle):
            return NotImplemented
        return self._key == other._key and self._cache_class is other._cache_class

    def __hash__(self) -> int:
        """Hash the key."""
        return hash(self._key)

    def __repr__(self) -> str:
        """Show the call, secrets as ``***``."""
        keywords = dict(zip(reversed(self._names), reversed(self._values), strict=False))
        settings = [f"{name}={keywords[name]!r}" for name in _SETTINGS if keywords.get(name) is not None]
        return f"{self._kind}_handle({', '.join(filter(None, (self._key.label, *settings)))})"

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        """Refuse: a handle is immutable."""
        raise AttributeError(f"a {type(self).__name__} is immutable: make another for another call")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse: a handle is immutable."""
        raise AttributeError(f"a {type(self).__name__} is immutable")

    def __copy__(self) -> _Handle[_Object]:
        """Return the handle itself."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> _Handle[_Object]:
        """Return the handle itself."""
        return self

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        """Pickle the call, and nothing but the call."""
        return self._reader, (self._payload,)


@final
class ClientHandle(_Handle[_Object]):
    """A reference to the process's own client of a call. ``client_handle`` makes it."""

    __slots__ = ()

    _kind = "client"
    _key_type = ClientCacheKey
    _cache_type = ClientCache
    _error = ClientCacheError
    _parameters = tuple(inspect.signature(boto3.session.Session.client).parameters)[1:]

    def get(self) -> _Object:
        """Return this process's cached client of the call, building it if there is none, as ``client`` does.

        Raises:
            Exception: Whatever ``client`` raises for the call.
        """
        made: _Object = _core.call_client(self._values, self._names)
        return made


@final
class ResourceHandle(_Handle[_Object]):
    """A reference to the process's own resource of a call. ``resource_handle`` makes it."""

    __slots__ = ()

    _kind = "resource"
    _key_type = ResourceCacheKey
    _cache_type = ResourceCache
    _error = ResourceCacheError
    _parameters = tuple(inspect.signature(boto3.session.Session.resource).parameters)[1:]

    def get(self) -> _Object:
        """Return this process's cached resource of the call, building it if there is none, as ``resource`` does.

        boto3's resources may not be shared by threads: call it where one thread uses resources.

        Raises:
            Exception: Whatever ``resource`` raises for the call.
        """
        made: _Object = _core.call_resource(self._values, self._names)
        return made


def client_handle(*args: Any, include_secrets: bool = False, **kwargs: Any) -> ClientHandle[Any]:
    """Make a picklable reference to a client: ``handle.get()`` is ``client(*args, **kwargs)``, in whatever process.

    Nothing is built, and no credentials are looked for, before ``get`` is called.

    Args:
        *args: As for ``client``.
        include_secrets: Let the handle and its pickles hold the credentials and passwords that are among the arguments.
            Whoever reads such a pickle reads them.
        **kwargs: As for ``client``, ``eviction_policy`` and ``max_size`` included.

    Raises:
        ClientCacheError: A secret without ``include_secrets=True``; an option that cannot be pickled, or that would
            be another object then; what a key, a policy or a size must not be. It names the parameter.
    """
    return ClientHandle(*args, include_secrets=include_secrets, **kwargs)


def resource_handle(*args: Any, include_secrets: bool = False, **kwargs: Any) -> ResourceHandle[Any]:
    """Make a picklable reference to a resource: ``handle.get()`` is ``resource(*args, **kwargs)``, in whatever process.

    Nothing is built, and no credentials are looked for, before ``get`` is called.

    Args:
        *args: As for ``resource``.
        include_secrets: Let the handle and its pickles hold the credentials and passwords that are among the arguments.
            Whoever reads such a pickle reads them.
        **kwargs: As for ``resource``, ``eviction_policy`` and ``max_size`` included.

    Raises:
        ResourceCacheError: A secret without ``include_secrets=True``; an option that cannot be pickled, or that would
            be another object then; what a key, a policy or a size must not be. It names the parameter.
    """
    return ResourceHandle(*args, include_secrets=include_secrets, **kwargs)


def _options(given: Mapping[str, Any], masked: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield every parameter, every option of a ``Config`` by itself, with its value and what a key shows of it."""
    for param, value in given.items():
        if isinstance(value, Config):
            seen = dict(masked.get(param, ()))
            for option, part in _core.given_options(value).items():
                yield f"{param}.{option}", part, seen.get(option)
        else:
            yield param, value, masked.get(param)


def _has_mask(seen: Any) -> bool:
    """Whether a key shows a secret's mask somewhere in this part of it: the core alone decides what a secret is."""
    if isinstance(seen, str):
        return MASK in seen
    return isinstance(seen, (tuple, frozenset)) and any(map(_has_mask, seen))


# ---- the payload -----------------------------------------------------------------------------------------------------


def _make_config(options: dict[str, Any]) -> Config:
    """Make a ``Config`` of its options: its attributes are another botocore's own business."""
    config = Config(**{name: value for name, value in options.items() if name in Config.OPTION_DEFAULTS})
    vars(config).update((name, value) for name, value in options.items() if name not in Config.OPTION_DEFAULTS)
    return config


class _CallPickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        """Pickle a ``Config`` as its options, and botocore's singleton by its name, since its class has none."""
        if type(obj) is Config:
            return _make_config, (_core.given_options(obj),)
        return "UNSIGNED" if obj is UNSIGNED else NotImplemented


def _dumps(value: Any) -> bytes:
    file = io.BytesIO()
    _CallPickler(file, protocol=4).dump(value)
    return file.getvalue()


def _call_of(payload: bytes) -> tuple[CacheType, tuple[Any, ...], dict[str, Any]]:
    """Return the kind, the positionals and the keywords of a payload, if it is one."""
    try:
        call = pickle.loads(payload)  # noqa: S301 - it was inside a pickle, and may do no more than that
    except Exception as error:
        message = "The pickle of a handle is damaged, or needs what is not installed here: see the cause of this error"
        raise CacheError(message) from error
    match call:
        case (version, *_) if version != _VERSION:
            raise CacheError("The pickle is of a handle of another version", param="version", value=shown(version))
        case (_, ("client" | "resource") as kind, tuple(args), dict(kwargs)) if set(map(type, kwargs)) <= {str}:
            return kind, args, kwargs
    raise CacheError("The pickle is of no handle, or damaged: it holds no call")


def _read(payload: bytes) -> ClientHandle[Any] | ResourceHandle[Any]:
    """Make the handle that was pickled to a payload."""
    kind, args, kwargs = _call_of(payload)
    return (ClientHandle if kind == "client" else ResourceHandle)._of(payload, args, kwargs)


@lru_cache(_REMEMBERED)
def _read_once(payload: bytes) -> ClientHandle[Any] | ResourceHandle[Any]:
    """Do the same, and remember it: for handles without secrets, which would else outlive their use."""
    return _read(payload)
