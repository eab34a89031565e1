"""``install()`` reaches the sessions that others make of botocore's, and leaves them what they are."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import Loader
from botocore.session import Session as BotocoreSession
from botocore.session import get_session

import boto3_client_cache
from boto3_client_cache import cached_boto3, install, uninstall
from boto3_client_cache.exceptions import CacheError
from boto3_client_cache.lean import adopted, checks, shapes
from boto3_client_cache.lean.config import LeanConfigValueStore
from boto3_client_cache.lean.events import _SharingEmitter
from boto3_client_cache.lean.http_session import HTTPSession
from boto3_client_cache.lean.models import SharedLoader

from .conftest import write_model
from .surface import difference, surface

METHODS = tuple(adopted.METHODS)
PARTS = [value for value in vars(checks).values() if isinstance(value, checks.Part)]


class Derived(BotocoreSession):
    """A library's, as role-assuming code has one."""

    def __init__(self, **kwargs: Any) -> None:
        self.made = "mine"
        super().__init__(**kwargs)


@pytest.fixture
def installed() -> Iterator[None]:
    install()
    yield
    uninstall()


def is_lean(session: Any) -> list[bool]:
    client = session.create_client("sqs")
    return [
        isinstance(session.get_component("data_loader"), SharedLoader),
        isinstance(session.get_component("config_store"), LeanConfigValueStore),
        isinstance(session._original_handler, _SharingEmitter),
        isinstance(client._endpoint.http_session, HTTPSession),
        isinstance(client.meta.service_model, shapes.ServiceModel),
    ]


LEAN, PLAIN = [True] * 5, [False] * 5


@pytest.mark.parametrize("make", [BotocoreSession, get_session, Derived, lambda: boto3.Session()._session])
def test_sessions_that_others_make_were_not_lean_under_install(make: Any, installed: None) -> None:
    session = make()
    assert is_lean(session) == LEAN
    assert make is not Derived or (type(session) is Derived and session.made == "mine")


@pytest.mark.parametrize("service", ["sqs", "s3", "ec2"])
def test_their_clients_look_as_without(service: str) -> None:
    plain = surface(Derived().create_client(service), 2)
    with cached_boto3():
        clients = [Derived().create_client(service) for _ in range(2)]
    for client in clients:
        assert difference(surface(client, 2), plain) is None


def test_a_session_from_before_is_as_it_was(installed: None) -> None:
    uninstall()
    session = get_session()
    install()
    assert is_lean(session) == PLAIN


@pytest.mark.parametrize("how", ["models", "environment", "block"])
def test_they_are_left_alone_if_told_so(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "environment":
        monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_MODELS", "0")
    before = dict(vars(BotocoreSession))
    with cached_boto3(models=how == "environment"):
        assert is_lean(get_session()) == PLAIN
        assert how == "environment" or dict(vars(BotocoreSession)) == before


def test_a_wrong_scope_of_connections_is_said_at_the_session(monkeypatch: pytest.MonkeyPatch, installed: None) -> None:
    monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS", "galaxy")
    with pytest.raises(CacheError, match="BOTO3_CLIENT_CACHE_SHARE_CONNECTIONS"):
        get_session()


def test_uninstall_puts_back_every_method_and_what_was_made_works_on() -> None:
    before = dict(vars(BotocoreSession))
    install()
    sessions = [get_session(), Derived()]
    clients = [session.create_client("sqs") for session in sessions]
    uninstall()
    assert dict(vars(BotocoreSession)) == before
    for session, client in zip(sessions, clients, strict=True):
        assert client.meta.region_name == session.create_client("sqs").meta.region_name == "us-east-1"
        assert session.get_credentials().access_key == "test"
    assert is_lean(get_session()) == PLAIN


def test_blocks_and_install_hold_botocores_methods_together() -> None:
    with cached_boto3(models=False):
        assert is_lean(get_session()) == PLAIN
        with cached_boto3():
            assert is_lean(get_session()) == LEAN
        install()
        uninstall()
    assert is_lean(get_session()) == PLAIN
    assert not any(
        isinstance(vars(BotocoreSession)[name], boto3_client_cache._core.InstalledMethod) for name in METHODS
    )


def test_botocore_counts_as_its_own_meanwhile(installed: None) -> None:
    assert all(part.is_own() for part in PARTS)


def test_signatures_and_names_are_botocores(installed: None) -> None:
    uninstall()
    before = {name: (inspect.signature(found), found.__qualname__) for name, found in methods().items()}
    install()
    assert {name: (inspect.signature(found), found.__qualname__) for name, found in methods().items()} == before


def methods() -> dict[str, Any]:
    return {name: getattr(BotocoreSession, name) for name in METHODS}


WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1, 2, 3, 4, 5), {}),
    ((None,), {"session_vars": None}),
    ((), {"nothing": 1}),
    ((None, None, True, None), {"profile": 1}),
]


@pytest.mark.parametrize(("args", "kwargs"), WRONG)
def test_wrong_arguments_are_told_as_by_botocore(args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError) as plain:
        BotocoreSession(*args, **kwargs)
    with cached_boto3(), pytest.raises(TypeError) as ours:
        BotocoreSession(*args, **kwargs)
    assert str(ours.value) == str(plain.value)


def test_what_is_given_to_a_session_is_its_own(installed: None) -> None:
    emitter = HierarchicalEmitter()
    session = BotocoreSession(None, emitter, profile="mine")
    assert session._original_handler is emitter
    assert session.profile == "mine"
    assert emitter._handlers.prefix_search("creating-client-class.s3")
    bare = BotocoreSession(include_builtin_handlers=False)
    assert type(bare._original_handler) is HierarchicalEmitter
    assert not bare._original_handler._handlers.prefix_search("creating-client-class.s3")
    named = BotocoreSession({"region": (None, "MY_REGION", "eu-west-1", None)})
    assert named.get_config_variable("region") == "eu-west-1"


def test_what_a_class_does_otherwise_it_does(installed: None) -> None:
    class Own(BotocoreSession):
        """Replaces what can be replaced."""

        called: list[str]

        def _register_builtin_handlers(self, events: Any) -> None:
            self.called = ["handlers"]
            super()._register_builtin_handlers(events)

        def _register_data_loader(self) -> None:
            self.register_component("data_loader", Loader())

        def create_client(self, *args: Any, **kwargs: Any) -> Any:
            self.called.append("client")
            return super().create_client(*args, **kwargs)

    session = Own()
    client = session.create_client("sqs")
    assert session.called == ["handlers", "client"]
    assert type(session.get_component("data_loader")) is Loader
    assert isinstance(client._endpoint.http_session, HTTPSession)


def test_variables_of_a_class_s_own_count(installed: None) -> None:
    class Own(BotocoreSession):
        def instance_variables(self) -> Any:
            return {"region": "mars-north-1"}

    assert Own().get_config_variable("region") == "mars-north-1"


def test_where_models_are_looked_for_may_be_said_after_the_session_is_made(tmp_path: Path, installed: None) -> None:
    metadata = {"apiVersion": "2020-01-01", "endpointPrefix": "thing", "protocol": "json", "serviceId": "Thing"}
    write_model(tmp_path, {"metadata": metadata, "operations": {}, "shapes": {}})
    session = get_session()
    session.set_config_variable("data_path", str(tmp_path))
    assert "thing" in session.get_available_services()
    assert isinstance(session.get_component("data_loader"), SharedLoader)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("wrapped_before", [False, True])
@pytest.mark.parametrize("undone_before", [False, True])
def test_wrappers_of_others_are_called_and_undone_in_any_order(
    name: str, *, wrapped_before: bool, undone_before: bool
) -> None:
    before, calls = dict(vars(BotocoreSession)), list[str]()

    def wrap() -> Any:
        found = vars(BotocoreSession)[name]

        @functools.wraps(found)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return found(*args, **kwargs)

        setattr(BotocoreSession, name, wrapper)
        return found

    found = wrap() if wrapped_before else None
    install()
    found = found or wrap()
    session = get_session()
    assert session.create_client("sqs").list_queues
    assert session.get_credentials()
    assert calls
    if undone_before:
        setattr(BotocoreSession, name, found)
    uninstall()
    if not undone_before:
        setattr(BotocoreSession, name, found)
    if vars(BotocoreSession)[name] is not before[name]:  # ours came back when the other's was undone: it passes on
        assert is_lean(get_session()) == PLAIN
        setattr(BotocoreSession, name, before[name])
    assert dict(vars(BotocoreSession)) == before


def test_a_mock_of_create_client_is_called(installed: None) -> None:
    session = get_session()
    with mock.patch("botocore.session.Session.create_client", return_value="mocked"):
        assert session.create_client("sqs") == "mocked"
    assert is_lean(session) == LEAN


def test_a_session_given_to_boto3_caches_its_clients(installed: None) -> None:
    for made in (Derived(), get_session()):
        session = boto3.Session(botocore_session=made, region_name="eu-west-1")
        assert session.client("sqs") is session.client("sqs")
        assert session._session is made
        assert is_lean(made) == LEAN


def test_choices_for_an_adopted_session_count(installed: None) -> None:
    for made in (Derived(), get_session()):
        boto3_client_cache.Session(botocore_session=made, share_trust=False, share_connections="process")
        sharing = made.create_client("sqs")._endpoint.http_session._sharing
        assert sharing == (False, "process")


def test_threads_make_sessions_while_boto3_is_patched_and_restored() -> None:
    stop, errors = threading.Event(), list[BaseException]()

    def make() -> None:
        try:
            while not stop.is_set():
                assert Derived().create_client("sqs").meta.region_name == "us-east-1"
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        with cached_boto3():
            get_session()
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
