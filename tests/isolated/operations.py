"""Every operation of keys, caches and sessions, errors included, as a table of callables that end as they began."""

from __future__ import annotations

import copy
import enum
import json
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore
from botocore.config import Config
from support.kinds import CLIENT, FLAVOURS, KINDS, Flavour, Kind

import boto3_client_cache as package
from boto3_client_cache import CacheError, ClientCache, ClientCacheKey, Session, SessionCacheKey, SessionPool, _core

Operation = Callable[[], Any]
SECRET = "".join(["hun", "ter2"])  # no constant: its references can be counted


class Colour(enum.Enum):
    RED = "red"


class Word(str):
    __slots__ = ()


class Broken:
    """Fails in every way in which an argument can be asked for its value."""

    def __index__(self) -> int:
        raise ZeroDivisionError

    def __fspath__(self) -> str:
        raise ZeroDivisionError


os.PathLike.register(Broken)


def refused(call: Operation, *errors: type[Exception]) -> Operation:
    """Wrap a call that must raise (an error of this package, if nothing else is said), so that it can be repeated."""
    expected = errors or (CacheError,)

    def operation() -> None:
        try:
            call()
        except expected:
            return
        raise AssertionError("no error was raised")

    return operation


def seldom(operation: Operation) -> Operation:
    """Have an operation that takes milliseconds repeated less often."""
    operation.repeats = 200  # type: ignore[attr-defined]
    return operation


def key_operations(kind: Kind) -> tuple[dict[str, Any], dict[str, Operation]]:
    """Making, comparing, showing and pickling keys. Returns the objects to watch, and the operations."""
    key, make = kind.key("s3", region_name="us-east-1"), kind.key
    thing, options, config = object(), [1, {"a": (None, {2, "b"})}], Config(retries={"max_attempts": 3}, s3={"a": 1})
    arguments = {"service_name": "s3", "region_name": Word("us-east-1")}
    held = make("s3", zone=thing)
    loop: list[Any] = []
    loop.append(loop)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    many = ["s3"] * (len(kind.parameters) + 1)
    rebuild, parts, *_ = key.__reduce_ex__(2)
    broken_parts = [part[:-1] if isinstance(part, bytes) else part for part in parts]
    pickles = [pickle.dumps(key, protocol) for protocol in (0, 2, pickle.HIGHEST_PROTOCOL)]
    secrets = {"aws_secret_access_key": SECRET, "endpoint_url": f"http://me:{SECRET}@host"}
    positional_secret = kind.positionally(service_name="s3", aws_session_token=SECRET)
    objects = {"key": key, "thing": thing, "options": options, "config": config, "arguments": arguments, "held": held}
    return objects | {"loop": loop, "the key class": make, "the error class": kind.error}, {
        "make: nothing": make,
        "make: positional": lambda: make("s3", "us-east-1", None, True),
        "make: keywords": lambda: make(service_name="s3", region_name="us-east-1"),
        "make: unpacked": lambda: make(**arguments),
        "make: ignored settings": lambda: make("s3", eviction_policy="LFU", max_size=3),
        "make: positional None, then keyword": lambda: make("s3", None, region_name="us-east-1"),
        "make: secrets": lambda: make("s3", **secrets),
        "make: positional secret": lambda: make(*positional_secret),
        "make: Config": lambda: make("s3", config=config),
        "make: options": lambda: make("s3", zone=options),
        "make: scalars": lambda: make("s3", zone=[2**80, -1, 0.5, b"a", True, None, "\udc80", botocore.UNSIGNED]),
        "make: typed": lambda: make("s3", zone=[Colour.RED, Word("a"), Path("/a")]),
        "make: identity": lambda: make("s3", zone=[thing, {"a": thing}]),
        "make: fresh identity": lambda: make("s3", zone=object()),
        "make: given twice": refused(lambda: make("s3", service_name="sqs")),
        "make: secret given twice": refused(lambda: make(*positional_secret, aws_session_token=SECRET)),
        "make: too many": refused(lambda: make(*many)),
        "make: loop": refused(lambda: make("s3", zone=[thing, options, loop])),
        "make: deep": refused(lambda: make("s3", config=deep)),
        "make: broken": refused(lambda: make("s3", zone=[thing, Broken()]), ZeroDivisionError),
        "label": lambda: key.label,
        "label of everything": lambda: make("s3", None, config=config, zone=[options, thing], **secrets).label,
        "key": lambda: make("s3", None, config=config, zone=[options, thing], **secrets).key,
        "str": lambda: str(key),
        "repr": lambda: repr(key),
        "cache_type": lambda: key.cache_type,
        "hash": lambda: hash(key),
        "equal": lambda: key == make("s3", "us-east-1"),
        "equal to itself": lambda: key == key,  # noqa: PLR0124
        "unequal": lambda: key != make("s3"),
        "compared with the other kind": lambda: key == kind.other.key("s3"),
        "compared with a stranger": lambda: (key == 3, key != "s3"),
        "ordered": refused(lambda: key < key, TypeError),  # noqa: PLR0124
        "assigned to": refused(lambda: setattr(key, "label", "x"), AttributeError),
        "given a new attribute": refused(lambda: setattr(key, "other", "x"), AttributeError),
        "pickled": lambda: pickle.dumps(make("s3", config=config, zone=options, **secrets)),
        "unpickled": lambda: [pickle.loads(each) for each in pickles],
        "pickled with an identity": refused(lambda: pickle.dumps(held)),
        "rebuilt": lambda: rebuild(*parts),
        "rebuilt from a cut encoding": refused(lambda: rebuild(*broken_parts)),
        "copied": lambda: (copy.copy(key), copy.deepcopy(key)),
    }


def cache_operations(flavour: Flavour) -> tuple[dict[str, Any], dict[str, Operation]]:
    """All that can be done to a cache."""
    kind, make = flavour.kind, flavour.cache_class
    key, new, value, default = kind.key("a"), kind.key("new"), kind.stub(), object()
    cache, full, empty, none = make(5), make(3), make(), make(0)
    for name in "bcd":
        full[kind.key(name)] = value
    cache[key] = cache[kind.key("b")] = value
    other_kind, stranger = kind.other.key("a"), kind.other.stub()

    def stored(operation: Operation) -> Operation:
        def store_first() -> None:
            cache[new] = value
            operation()

        return store_first

    def evicting_store() -> None:
        full[kind.key("x")] = value
        full[kind.key("y")] = kind.stub()
        del full[kind.key("x")]
        del full[kind.key("y")]
        full[kind.key("z")] = value
        full[kind.key("v")] = value
        full.pop(kind.key("z"))
        full.pop(kind.key("v"))

    def resizing() -> None:
        twin = cache.copy()
        twin.max_size = 1
        twin.max_size = None
        twin.max_size = -7

    def half_walked() -> None:
        next(iter(cache))
        next(reversed(cache))

    objects = {"key": key, "new": new, "value": value, "default": default, "cache": cache, "other kind": other_kind}
    return objects | {"a stranger": stranger, "the value class": kind.stub}, {
        "hit": lambda: cache[key],
        "miss": refused(lambda: cache[new]),
        "wrong key": refused(lambda: cache["text"]),
        "key of the other kind": refused(lambda: cache[other_kind]),
        "get: hit": lambda: cache.get(key, default),
        "get: miss": lambda: cache.get(new),
        "get: default": lambda: cache.get(new, default=default),
        "get: wrong key": refused(lambda: cache.get(default, default)),
        "get: no argument": refused(cache.get, TypeError),
        "store and del": stored(lambda: cache.__delitem__(new)),
        "store and pop": stored(lambda: cache.pop(new)),
        "store into a cache of size zero": lambda: none.__setitem__(new, value),
        "store: exists": refused(lambda: cache.__setitem__(key, value)),
        "store: wrong value": refused(lambda: cache.__setitem__(new, stranger)),
        "store: wrong key": refused(lambda: cache.__setitem__(other_kind, value)),
        "store: evicting": evicting_store,
        "pop: default": lambda: cache.pop(new, default),
        "pop: miss": refused(lambda: cache.pop(new)),
        "pop: wrong key": refused(lambda: cache.pop("text", default)),
        "popitem": lambda: [cache.copy().popitem() for _ in range(2)],
        "popitem: empty": refused(empty.popitem),
        "del: miss": refused(lambda: cache.__delitem__(new)),
        "del: wrong key": refused(lambda: cache.__delitem__(default)),
        "clear": lambda: cache.copy().clear(),
        "in": lambda: (key in cache, new in cache, default in cache, other_kind in cache),
        "len": lambda: (len(cache), bool(empty)),
        "walk": lambda: ([*cache], [*reversed(cache)]),
        "half walked": half_walked,
        "views": lambda: (cache.keys(), cache.values(), cache.items()),
        "copy": lambda: (cache.copy(), copy.copy(cache)),
        "equal": lambda: (cache == cache.copy(), cache != full, cache == empty),
        "compared with a stranger": lambda: (cache == {}, cache != default),
        "max_size": lambda: cache.max_size,
        "resize": resizing,
        "resize: no integer": refused(lambda: setattr(cache, "max_size", "7")),
        "resize: overflow": refused(lambda: setattr(cache, "max_size", 2**200)),
        "resize: broken": refused(lambda: setattr(cache, "max_size", Broken()), ZeroDivisionError),
        "resize: deleted": refused(lambda: delattr(cache, "max_size"), AttributeError, TypeError),
        "make": lambda: (make(), make(3), make(max_size=None)),
        "make: no integer": refused(lambda: make("7")),
        "make: wrong keyword": refused(lambda: make(size=3), TypeError),
        "factory": lambda: kind.factory(flavour.policy, 3),
        "factory: wrong policy": refused(lambda: kind.factory("FIFO")),
        "factory: wrong size": refused(lambda: kind.factory(flavour.policy, 2.5)),
        "isinstance": lambda: (isinstance(cache, kind.factory), isinstance(cache, kind.other.factory)),
        "text": lambda: (str(cache), repr(empty)),
        "hash": refused(lambda: hash(cache), TypeError),
        "union": refused(lambda: cache | cache, TypeError),
    }


def session_operations(kind: Kind) -> tuple[dict[str, Any], dict[str, Operation]]:
    """Hits, misses and errors of a session and of the module-level function; boto3's part is a stand-in."""
    session, plain = Session(region_name="us-east-1"), boto3.Session(region_name="us-east-1")
    stub, config, endless, thing = kind.stub(), Config(s3={"a": 1}), [], object()
    endless.append(endless)
    arguments = {"service_name": "hit", "region_name": "us-east-1"}
    secrets = {"aws_access_key_id": SECRET, "aws_secret_access_key": SECRET}

    def build(_self: Any, service_name: str, *_args: Any, zone: Any = None, **_kwargs: Any) -> Any:
        return {"hit": lambda: stub, "new": kind.stub, "no object": lambda: thing}[service_name]()

    setattr(boto3.Session, kind.name, build)
    get, caches = getattr(session, kind.name), kind.caches(session)
    get("hit"), get("hit", eviction_policy="LFU"), get("hit", config=config, **secrets)

    def miss(**settings: Any) -> None:
        get("new", **settings)
        caches[settings.get("eviction_policy", "LRU")].pop(kind.key("new"), None)

    def in_default(default: boto3.Session | None, *args: Any, **kwargs: Any) -> Operation:
        def operation() -> Any:
            boto3.DEFAULT_SESSION = default
            return kind.function(*args, **kwargs)

        return operation

    make_handle, call = getattr(package, f"{kind}_handle"), getattr(_core, f"call_{kind}")
    handle = make_handle(config=config, eviction_policy="LFU", **arguments)
    pickled = pickle.dumps(handle)

    def resolve() -> Any:
        boto3.DEFAULT_SESSION = session
        return handle.get()

    objects = {"session": session, "plain session": plain, "stub": stub, "config": config, "arguments": arguments}
    return objects | {"thing": thing, "handle": handle}, {
        "handle": lambda: make_handle("hit", include_secrets=True, **secrets),
        "handle: refused": refused(lambda: make_handle("hit", **secrets)),
        "handle: hit": resolve,
        "handle: unpickled": lambda: pickle.loads(pickled),
        "kept call: no tuples": refused(lambda: call(["hit"], ()), TypeError),
        "kept call: more names than values": refused(lambda: call((), ("service_name",)), TypeError),
        "hit: positional": lambda: get("hit", "us-east-1"),
        "hit: keywords": lambda: get("hit", region_name="us-east-1"),
        "hit: unpacked": lambda: get(**arguments),
        "hit: unbound": lambda: getattr(Session, kind.name)(session, "hit"),
        "hit: LFU": lambda: get("hit", eviction_policy="LFU"),
        "hit: Config and secrets": lambda: get("hit", config=config, **secrets),
        "hit: resizing": lambda: get("hit", max_size=10),
        "hit: identity": lambda: get("hit", zone=thing),
        "miss": miss,
        "miss: LFU": lambda: miss(eviction_policy="LFU"),
        "miss: resizing": lambda: miss(max_size=10),
        "no object": lambda: get("no object"),
        "fresh identity": lambda: (get("new", zone=object()), caches.LRU.max_size),
        "error of boto3": refused(lambda: get("unknown"), KeyError),
        "no service": refused(get, TypeError),
        "given twice": refused(lambda: get("hit", None, service_name="hit"), TypeError),
        "wrong policy": refused(lambda: get("hit", eviction_policy="FIFO")),
        "wrong size": refused(lambda: get("hit", max_size="7")),
        "broken size": refused(lambda: get("hit", max_size=Broken()), ZeroDivisionError),
        "endless option": refused(lambda: get("hit", zone=endless)),
        "caches": lambda: (session.cache[kind.name]["LRU"], getattr(session.cache, kind.name).LFU),
        "new session": seldom(lambda: getattr(Session(), kind.name)("hit")),
        "default session: hit": in_default(session, "hit"),
        "default session: plain, hit": in_default(plain, "hit"),
        "default session: plain, wrong policy": refused(in_default(plain, "hit", eviction_policy="FIFO")),
        "default session: plain, error of boto3": refused(in_default(plain, "unknown"), KeyError),
        "default session: none yet": seldom(in_default(None, "hit")),
    }


def pool_operations() -> tuple[dict[str, Any], dict[str, Operation]]:
    """Hits, misses and errors of pools of sessions, and their keys."""
    role, source, endless, thing = "arn:aws:iam::111111111111:role/reader", Session(), [], object()
    endless.append(endless)
    options = {"max_size": 3}
    pool, own = SessionPool(5), SessionPool(5, region_name="us-east-1", client_cache=options, keep_credentials=True)
    closed, one = SessionPool(), SessionPool(1)
    closed.close()
    given = {"external_id": SECRET, "policy": json.dumps({"hidden": SECRET}), "tags": {"a": "b"}, "policy_arns": []}
    file = "/token"
    for each in (pool, own):
        each.session(), each.session(region_name="a"), each.assume_role(role), each.assume_role(role, source=source)
    pool.assume_role_with_web_identity(role, web_identity_token_file=file)
    key = pool.key(role_arn=role)

    def miss(each: SessionPool, ask: Operation) -> Operation:
        def operation() -> None:
            ask()
            each.invalidate(lambda key, _: "fresh" in key.label)

        return seldom(operation)

    objects = {"pool": pool, "own": own, "source": source, "thing": thing, "role": role, "given": given, "key": key}
    return objects | {"options": options, "a file": file, "the key class": SessionCacheKey, "endless": endless}, {
        "make": seldom(lambda: SessionPool(3, keep_credentials=True, region_name="us-east-1", client_cache=options)),
        "make: wrong size": seldom(refused(lambda: SessionPool(-1))),
        "make: wrong option": seldom(refused(lambda: SessionPool(regio_name="a"), TypeError)),
        "hit": pool.session,
        "hit: keywords": lambda: pool.session(region_name="a"),
        "hit: positional": lambda: pool.session(None, None, None, "a"),
        "hit: the pool's options": lambda: own.session(region_name="us-east-1"),
        "hit: more options": lambda: own.session(client_cache={"max_size": 3}),
        "hit: role": lambda: pool.assume_role(role),
        "hit: role by keyword": lambda: own.assume_role(role_arn=role, external_id=None),
        "hit: source": lambda: own.assume_role(role, source=source),
        "hit: web identity": lambda: pool.assume_role_with_web_identity(role, web_identity_token_file=file),
        "miss": miss(pool, lambda: pool.session(region_name="fresh", aws_account_id=None)),
        "miss: role": miss(own, lambda: own.assume_role(role, source=source, region_name="fresh", **given)),
        "miss: evicting": seldom(lambda: (one.session(), one.assume_role(role))),
        "miss: by identity": miss(
            own, lambda: own.session(region_name="fresh", client_cache={"on_evict": lambda *_: None})
        ),
        "no role": seldom(refused(lambda: pool.assume_role("reader", **given))),
        "no source": seldom(refused(lambda: pool.assume_role(role, source=thing))),
        "no role_arn": refused(pool.assume_role, TypeError),
        "credentials": seldom(refused(lambda: pool.assume_role(role, aws_session_token=SECRET))),
        "no token": seldom(refused(lambda: pool.assume_role_with_web_identity(role))),
        "given twice": refused(lambda: pool.session(SECRET, aws_access_key_id=SECRET), TypeError),
        "too many": refused(lambda: pool.session(*[None] * 9), TypeError),
        "endless option": refused(lambda: pool.session(client_cache=endless)),
        "closed": refused(closed.session),
        "begun twice": refused(lambda: pool._begin(pool._cache, {}, {}), TypeError),
        "keys": lambda: (pool.key(role_arn=role), own.key(None, region_name="a"), key in pool, [*own]),
        "key: secrets": lambda: SessionCacheKey(SECRET, role_arn=role, source=source, **given).label,
        "key: pickled": lambda: pickle.loads(pickle.dumps(key)),
        "text": lambda: repr(pool),
    }


def shared_operations() -> tuple[dict[str, Any], dict[str, Operation]]:
    """What sessions do with a client cache that they share, and with their parts of it."""
    boto3.Session.client = lambda *_, **__: CLIENT.stub()
    shared = ClientCache(max_size=6)
    one, other = (Session(region_name="us-east-1", client_cache=shared) for _ in range(2))
    part, key, fresh = one.cache.client.LRU, ClientCacheKey("a"), ClientCacheKey("fresh")
    for session in (one, other):
        session.client("a"), session.client("b")
    theirs, thing = next(iter(shared)), object()

    def miss() -> None:
        one.client("fresh")
        del part[fresh]

    def evict() -> None:
        for number in range(7):
            other.client(f"fresh {number}")
        other.cache.invalidate(lambda key, _: "fresh" in key.label)
        one.client("a"), one.client("b"), other.client("a"), other.client("b")

    def copied() -> None:
        made = part.copy()
        made.max_size = 1

    def live_and_die() -> None:
        session = Session(client_cache=shared)
        session.client("fresh")

    return {"shared": shared, "part": part, "key": key, "fresh": fresh, "thing": thing}, {
        "hit": lambda: one.client("a"),
        "miss": seldom(miss),
        "evict": seldom(evict),
        "a session": seldom(live_and_die),
        "copy": seldom(copied),
        "items": lambda: (part.keys(), part.values(), part.items(), list(reversed(part)), len(part), key in part),
        "look up": lambda: (part[key], part.get(key), part.get(fresh), shared[next(iter(shared))]),
        "replace": lambda: part.replace(key, part[key]),
        "pin": lambda: (part.pin(key), part.unpin(key)),
        "store and pop": lambda: (part.__setitem__(fresh, part[key]), part.pop(fresh)),
        "popitem": lambda: part.__setitem__(*part.popitem()),
        "a key of the shared cache": refused(lambda: part.get(next(iter(shared)))),
        "a size": refused(lambda: one.client("a", max_size=7)),
        "a policy": refused(lambda: one.client("a", eviction_policy="LFU")),
        "a part to share": seldom(refused(lambda: Session(client_cache=part))),
        "no cache to share": seldom(refused(lambda: Session(client_cache=thing))),
        "pickle": seldom(refused(lambda: pickle.dumps(theirs))),
        "keys": lambda: [(str(key), repr(key), hash(key), key == theirs) for key in shared],
        "text": lambda: (repr(shared), repr(part)),
        "explain": seldom(lambda: (part.explain(fresh), shared.explain(fresh))),
        "counts": lambda: (part.cache_info(), shared.cache_info(), shared.size_advice()),
    }


def tables() -> Iterator[tuple[str, Callable[[], tuple[dict[str, Any], dict[str, Operation]]]]]:
    """Name each table; a table is built only where it is run, for it may patch boto3."""
    for kind in KINDS:
        yield f"{kind.word}CacheKey", lambda kind=kind: key_operations(kind)
    for flavour in FLAVOURS:
        yield f"{flavour}", lambda flavour=flavour: cache_operations(flavour)
    yield "SessionPool", pool_operations
    yield "a shared ClientCache", shared_operations
    for kind in KINDS:
        yield f"Session.{kind.name}", lambda kind=kind: session_operations(kind)
