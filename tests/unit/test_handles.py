"""A handle is a call that travels: small, immutable, comparable, and the process's own cached object wherever it is."""

from __future__ import annotations

import copy
import enum
import pickle
import threading
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from botocore.config import Config
from support.building import Builder
from support.child import run_child
from support.ids import name_of
from support.kinds import SECRET_PARAMETERS

import boto3_client_cache

SECRET = "hunter2"
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "service": (("s3",), {}),
    "as written": (("s3", None), {"endpoint_url": None, "verify": False}),
    "service by keyword": ((), {"service_name": "s3", "region_name": "us-east-1"}),
    "settings": (("s3",), {"eviction_policy": "LFU", "max_size": 3}),
    "Config": (("s3",), {"config": Config(retries={"max_attempts": 3}, s3={"addressing_style": "path"})}),
    "every kind": (("s3",), {"zone": [None, True, 2**100, -1, 0.5, b"\0", "\udc80", {"a": (1,)}, {1, "b"}]}),
    "path": (("s3",), {"verify": Path("/ca.pem")}),
    "unknown keyword": (("s3",), {"zone": "a", "not an identifier": 1}),
}
each_call = pytest.mark.parametrize(("args", "kwargs"), CALLS.values(), ids=CALLS)


class DerivedConfig(Config):
    pass


class Colour(enum.Enum):
    RED = "red"


def handle_of(kind, *args, **kwargs):
    return getattr(boto3_client_cache, f"{kind}_handle")(*args, **kwargs)


def travelled(handle, protocol=pickle.HIGHEST_PROTOCOL):
    """Unpickle a handle as another process does, which has not read it before."""
    boto3_client_cache.handles._read_once.cache_clear()
    return pickle.loads(pickle.dumps(handle, protocol))


# ---- what it gives ---------------------------------------------------------------------------------------------------


@each_call
def test_a_handle_gives_the_cached_object_of_its_call(kind, args, kwargs, monkeypatch):
    builder = Builder(kind).install(kind, monkeypatch)
    handle = handle_of(kind, *args, **kwargs)
    assert builder.count == 0, "something was built before it was asked for"
    made = handle.get()
    assert kind.function(*args, **kwargs) is handle.get() is travelled(handle).get() is made
    assert builder.count == 1
    settings = {"eviction_policy", "max_size"}
    (_, got_args, got_kwargs) = builder.calls[0]
    assert got_args == args
    assert got_kwargs.keys() == kwargs.keys() - settings


def test_a_handle_asks_the_default_session_of_the_moment(kind, monkeypatch):
    Builder(kind).install(kind, monkeypatch)
    handle = handle_of(kind, "s3")
    first = handle.get()
    session = boto3_client_cache.setup_default_session(region_name="eu-west-1")
    assert handle.get() is not first
    assert handle.get() is kind.get(session, "s3")


def test_a_derived_sessions_own_method_is_asked(kind, monkeypatch):
    asked = []

    class Derived(boto3_client_cache.Session):
        pass

    setattr(Derived, kind.name, lambda _self, *args, **kwargs: asked.append((args, kwargs)))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", Derived())
    handle_of(kind, "s3", region_name="us-east-1", max_size=3).get()
    assert asked == [(("s3",), {"region_name": "us-east-1", "max_size": 3})]


def test_the_policy_and_the_size_are_those_of_the_call(kind, session, monkeypatch):
    Builder(kind).install(kind, monkeypatch)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    handle = travelled(handle_of(kind, "s3", eviction_policy="LFU", max_size=3))
    handle.get()
    assert handle.key in kind.caches(session).LFU
    assert kind.caches(session).LFU.max_size == 3
    assert handle.key not in kind.caches(session).LRU


def test_threads_that_share_a_handle_share_one_object(kind, monkeypatch):
    builder = Builder(kind).install(kind, monkeypatch)
    handle, gate, got = handle_of(kind, "s3"), threading.Barrier(8), []

    def work():
        gate.wait()
        got.append(handle.get())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, got))) == builder.count == 1


def test_what_the_call_raises_reaches_who_resolves_it(kind):
    handle = travelled(handle_of(kind, "no-such-service"))
    with pytest.raises((botocore.exceptions.UnknownServiceError, boto3.exceptions.ResourceNotExistsError)):
        handle.get()
    with pytest.raises(TypeError, match="service_name"):
        handle_of(kind).get()


def test_a_handle_is_no_proxy(kind):
    handle = handle_of(kind, "s3")
    assert not isinstance(handle, kind.base)
    assert not hasattr(handle, "meta")


# ---- what it is ------------------------------------------------------------------------------------------------------


@each_call
def test_a_handle_is_equal_to_its_pickle_and_its_copies(kind, args, kwargs):
    handle = handle_of(kind, *args, **kwargs)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        same = travelled(handle, protocol)
        assert type(same) is type(handle)
        assert same == handle
        assert hash(same) == hash(handle)
        assert same.key == handle.key == kind.key(*args, **kwargs)
        assert repr(same) == repr(handle)
        assert travelled(same) == handle
    assert copy.copy(handle) is copy.deepcopy(handle) is handle


def test_handles_compare_by_the_meaning_of_the_call_and_the_policy(kind):
    handle = handle_of(kind, "s3", "us-east-1")
    assert handle == handle_of(kind, service_name="s3", region_name="us-east-1", use_ssl=True)
    assert handle == handle_of(kind, "s3", "us-east-1", eviction_policy="LRU", max_size=3)
    assert handle != handle_of(kind, "s3", "us-east-1", eviction_policy="LFU")
    assert handle != handle_of(kind, "s3", "us-east-2")
    assert handle != handle_of(kind.other, "s3", "us-east-1")
    assert handle != handle.key
    assert len({handle, handle_of(kind, "s3", region_name="us-east-1"), handle.key}) == 2


def test_a_handle_cannot_be_changed(kind):
    handle = handle_of(kind, "s3")
    for name in ("_key", "_values", "key", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(handle, name, None)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(handle, name)
    assert not hasattr(handle, "__dict__")


def test_later_changes_of_what_was_passed_do_not_reach_a_handle(kind, monkeypatch):
    builder = Builder(kind).install(kind, monkeypatch)
    config, zone = Config(read_timeout=5, s3={"addressing_style": "path"}), [{"a": 1}]
    handle = handle_of(kind, "s3", config=config, zone=zone)
    before = hash(handle), repr(handle)
    config.read_timeout = 6
    config.s3["addressing_style"] = "virtual"
    zone[0]["a"] = 2
    handle.get()
    ((_, _, kwargs),) = builder.calls
    assert kwargs["zone"] == [{"a": 1}]
    assert (kwargs["config"].read_timeout, kwargs["config"].s3) == (5, {"addressing_style": "path"})
    assert (hash(handle), repr(handle)) == before


def test_the_text_of_a_handle_is_the_call(kind):
    assert repr(handle_of(kind, "s3", region_name="us-east-1")) == f"{kind}_handle('s3', region_name='us-east-1')"
    handle = handle_of(kind, "s3", None, max_size=3, eviction_policy="LFU", use_ssl=False)
    assert repr(handle) == f"{kind}_handle('s3', None, use_ssl=False, eviction_policy='LFU', max_size=3)"
    assert repr(handle_of(kind, max_size=None)) == f"{kind}_handle()"


def test_a_handle_is_small(kind):
    assert len(pickle.dumps(handle_of(kind, "s3", region_name="us-east-1"))) < 200


def test_a_process_reads_the_same_handle_once(kind):
    pickled = pickle.dumps(handle_of(kind, "s3", region_name="us-east-1"))
    assert pickle.loads(pickled) is pickle.loads(pickled)


# ---- a Config --------------------------------------------------------------------------------------------------------


def config_that_arrives(kind, config, monkeypatch):
    builder = Builder(kind).install(kind, monkeypatch)
    handle = handle_of(kind, "s3", config=config)
    assert travelled(handle).key == kind.key("s3", config=config)
    travelled(handle).get()
    ((_, _, kwargs),) = builder.calls
    return kwargs["config"]


def test_the_unsigned_singleton_arrives_as_itself(kind, monkeypatch):
    config = config_that_arrives(kind, Config(signature_version=botocore.UNSIGNED), monkeypatch)
    assert config.signature_version is botocore.UNSIGNED


def test_attributes_assigned_to_a_config_arrive(kind, monkeypatch):
    config = Config(read_timeout=5, retries={"max_attempts": 3})
    config.read_timeout = 7
    config.signature_version = botocore.UNSIGNED
    config.zone = "a"
    arrived = config_that_arrives(kind, config, monkeypatch)
    assert (arrived.read_timeout, arrived.zone, arrived.retries) == (7, "a", {"max_attempts": 3})
    assert arrived.signature_version is botocore.UNSIGNED
    assert vars(arrived).keys() == vars(config).keys()


def test_a_config_of_a_derived_class_arrives_as_one(kind, monkeypatch):
    config = DerivedConfig(read_timeout=5, signature_version=botocore.UNSIGNED)
    arrived = config_that_arrives(kind, config, monkeypatch)
    assert type(arrived) is DerivedConfig
    assert arrived.read_timeout == 5
    assert arrived.signature_version is botocore.UNSIGNED


# ---- what is refused -------------------------------------------------------------------------------------------------

URL = f"http://me:{SECRET}@host:1"
SECRETS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {name: SECRET}) for name in SECRET_PARAMETERS},
    "user-info in a URL": ("endpoint_url", {"endpoint_url": URL}),
    "user-info in an endpoint without scheme": ("endpoint_url", {"endpoint_url": f"me:{SECRET}@host"}),
    "user-info in a proxy": ("config.proxies", {"config": Config(read_timeout=5, proxies={"http": URL})}),
    "user-info in a proxy without scheme": (
        "config.proxies",
        {"config": Config(proxies={"http": f"me:{SECRET}@host"})},
    ),
    "user-info in a proxy of a derived Config": ("config.proxies", {"config": DerivedConfig(proxies={"http": URL})}),
    "user-info in a Config in a list": ("zone", {"zone": [Config(proxies={"http": URL})]}),
    "user-info deep inside": ("zone", {"zone": [{"a": (URL,)}]}),
    "user-info in bytes": ("zone", {"zone": URL.encode()}),
    "user-info in a set": ("zone", {"zone": {URL}}),
}
each_secret = pytest.mark.parametrize(("param", "options"), SECRETS.values(), ids=SECRETS)


def spellings(kind, options):
    yield ("s3",), options
    if options.keys() <= kind.parameters.keys():
        yield kind.positionally(service_name="s3", **options), {}


@each_secret
def test_a_secret_is_refused_by_the_name_of_its_parameter(kind, param, options):
    for args, kwargs in spellings(kind, options):
        with pytest.raises(kind.error, match="include_secrets=True") as caught:
            handle_of(kind, *args, **kwargs)
        assert caught.value.param == param
        assert_shows_no_secret(caught.value)


def assert_shows_no_secret(raised):
    error: BaseException | None = raised
    while error is not None:
        assert SECRET not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__


@each_secret
def test_a_secret_travels_when_the_caller_says_so_and_is_never_shown(kind, param, options, monkeypatch):
    builder = Builder(kind).install(kind, monkeypatch)
    handle = handle_of(kind, "s3", include_secrets=True, **options)
    same = travelled(handle)
    assert same == handle
    assert SECRET not in f"{handle!r} {same!r} {handle} {handle.key}"
    same.get()
    ((_, _, kwargs),) = builder.calls
    assert kwargs.keys() == options.keys()
    if not isinstance(next(iter(options.values())), (Config, list)):
        assert kwargs == options


def test_a_process_does_not_remember_a_handle_with_secrets(kind):
    boto3_client_cache.handles._read_once.cache_clear()
    pickled = pickle.dumps(handle_of(kind, "s3", aws_session_token=SECRET, include_secrets=True))
    assert pickle.loads(pickled) is not pickle.loads(pickled)
    assert boto3_client_cache.handles._read_once.cache_info().currsize == 0


def test_no_secret_is_in_the_pickle_of_a_handle_without_them(kind):
    handle = handle_of(kind, "s3", endpoint_url="http://host:1", config=Config(proxies={"http": "http://host:2"}))
    assert SECRET.encode() not in pickle.dumps(handle)


class ByIdentity:
    """Can be pickled, but is another object then."""


@pytest.mark.parametrize("value", [object(), ByIdentity(), threading.Lock(), lambda: None, [ByIdentity()]], ids=name_of)
def test_an_option_that_another_process_could_not_have_is_refused_by_name(kind, value):
    config = Config(read_timeout=5, s3={"a": value})
    for param, options in (("zone", {"zone": value}), ("config.s3", {"config": config})):
        with pytest.raises(kind.error, match="carry") as caught:
            handle_of(kind, "s3", **options)
        assert caught.value.param == param


def test_an_enum_of_a_module_travels_and_one_of_a_function_does_not(kind):
    assert travelled(handle_of(kind, "s3", zone=Colour.RED)).key == kind.key("s3", zone=Colour.RED)
    local = enum.Enum("local", "RED")
    with pytest.raises(kind.error, match="carry") as caught:
        handle_of(kind, "s3", zone=local.RED)
    assert caught.value.param == "zone"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eviction_policy": "MRU"}, "eviction_policy"),
        ({"max_size": 2.5}, "max_size"),
        ({"service_name": "sqs"}, "service_name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_call_is_refused_at_once(kind, options, message):
    with pytest.raises(kind.error, match=message):
        handle_of(kind, "s3", **options)


# ---- what is read ----------------------------------------------------------------------------------------------------


def reading(handle):
    reader, (payload,) = handle.__reduce__()
    return reader, payload


def repacked(kind, *parts):
    reader, payload = reading(handle_of(kind, "s3"))
    version, *_ = pickle.loads(payload)
    return reader, pickle.dumps((version, *parts))


def test_a_handle_of_another_version_is_refused(kind):
    reader, payload = reading(handle_of(kind, "s3"))
    version, *call = pickle.loads(payload)
    for other in (version + 1, 0, -1, "1", None):
        with pytest.raises(boto3_client_cache.CacheError, match="version"):
            reader(pickle.dumps((other, *call)))


@pytest.mark.parametrize(
    "call",
    [
        (),
        ("client",),
        ("client", ("s3",)),
        ("session", ("s3",), {}),
        (None, ("s3",), {}),
        ("client", ["s3"], {}),
        ("client", "s3", {}),
        ("client", ("s3",), None),
        ("client", ("s3",), {1: 2}),
        ("client", ("s3",), {None: 2}),
        ("client", ("s3",), {}, None),
        ("client", ("s3",), {"service_name": "sqs"}),
        ("resource", ("s3",), {"eviction_policy": "MRU"}),
        ("resource", ("s3",) * 20, {}),
    ],
    ids=name_of,
)
def test_what_is_no_call_is_refused(kind, call):
    reader, payload = repacked(kind, *call)
    with pytest.raises(boto3_client_cache.CacheError):
        reader(payload)


def test_what_is_no_payload_is_refused(kind):
    reader, payload = reading(handle_of(kind, "s3", region_name="us-east-1"))
    for damaged in (b"", b"text", pickle.dumps(None), pickle.dumps("text"), payload[1:]):
        with pytest.raises(boto3_client_cache.CacheError):
            reader(damaged)
    for end in range(len(payload)):
        with pytest.raises(boto3_client_cache.CacheError):
            reader(payload[:end])


def test_handles_mean_the_same_in_another_process(kind):
    calls = """[
        (("s3", "us-east-1"), {}),
        (("s3",), {"aws_secret_access_key": "hunter2", "include_secrets": True}),
        (("s3",), {"verify": Path("/ca.pem"), "eviction_policy": "LFU"}),
        (("s3",), {"config": Config(retries={"max_attempts": 3}, signature_version=botocore.UNSIGNED)}),
        (("s3",), {"zone": [{"a", "b", "c", 1}, {"x": 1, "y": 2}]}),
    ]"""
    handles = [handle_of(kind, *args, **kwargs) for args, kwargs in eval(calls)]
    program = """
        import pickle, sys
        handles = pickle.loads(bytes.fromhex(sys.argv[3]))  # nothing is imported before
        import botocore, boto3_client_cache
        from botocore.config import Config
        from pathlib import Path

        for (args, kwargs), handle in zip(eval(sys.argv[2]), handles, strict=True):
            own = getattr(boto3_client_cache, sys.argv[1])(*args, **kwargs)
            assert own == handle and hash(own) == hash(handle) and repr(own) == repr(handle), (own, handle)
        """
    for seed in ("0", "1"):
        run_child(program, f"{kind}_handle", calls, pickle.dumps(handles).hex(), PYTHONHASHSEED=seed)
