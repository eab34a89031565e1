"""Who replaces or wraps what lean sessions pass over in botocore is called, whenever he came; all is lean after him."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.client
import botocore.docs.docstring
import botocore.endpoint_provider
import botocore.hooks
import botocore.loaders
import botocore.session
import pytest
from botocore.loaders import Loader
from support.child import run_child

from boto3_client_cache import Session
from boto3_client_cache.lean import checks, shapes
from boto3_client_cache.lean.config import LeanConfigValueStore
from boto3_client_cache.lean.credentials import _ContainerMetadataFetcher
from boto3_client_cache.lean.docstrings import SharedDocstring
from boto3_client_cache.lean.events import _SharingEmitter
from boto3_client_cache.lean.http_session import HTTPSession
from boto3_client_cache.lean.models import SharedLoader
from boto3_client_cache.lean.trust import ClientContext
from boto3_client_cache.models import preload

PARTS = {name: value for name, value in vars(checks).items() if isinstance(value, checks.Part)}
PAGE = Path(__file__).parents[2] / "docs" / "lean-sessions.md"


def methods(name: str) -> list[str]:
    """The names of a class's methods, as they lie in it."""
    held = vars(checks._found(name))
    return [f"{name}.{key}" for key, member in held.items() if callable(member) and not isinstance(member, type)]


def all_names(part: str) -> list[str]:
    each = PARTS[part]
    return [*each.names, *(method for name in each.classes for method in methods(name))]


# With a function in their place, plain boto3 makes no client either.
USED_AS_CLASSES = {"botocore.hooks.NodeList", "botocore.endpoint_provider.RuleCreator"}
USED_AS_ITSELF = {"ssl.SSLContext"}  # with another class neither: tests/trust/test_guards.py has truststore's

NAMES = [(part, name) for part in PARTS for name in all_names(part) if name not in USED_AS_ITSELF]


def wrapped(name: str, calls: list[str]) -> Any:
    """What stands at ``name``, wrapped as libraries do it, by ``functools.wraps``; or a class derived from it."""
    found = checks._found(name)
    if name in USED_AS_CLASSES:
        return type(found.__name__, (found,), {})

    @functools.wraps(found)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return found(*arguments, **options)

    return wrapper


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(name: str, replacement: Any) -> None:
        monkeypatch.setattr(name, replacement)

    return put


def is_lean(session: Any) -> dict[str, bool]:
    own, client, another = session._session, session.client("sqs"), Session().client("sqs")
    providers = {type(each).__name__: each for each in own.get_component("credential_provider").providers}
    sends = isinstance(client._endpoint.http_session, HTTPSession)
    rules = [each._ruleset_resolver._provider.ruleset.rules[0] for each in (client, another)]
    return {
        "SESSION": isinstance(own._original_handler, _SharingEmitter)
        or isinstance(own.get_component("data_loader"), SharedLoader),
        "EVENTS": isinstance(own._original_handler, _SharingEmitter),
        "LOADER": isinstance(own.get_component("data_loader"), SharedLoader),
        "CONFIG": isinstance(own.get_component("config_store"), LeanConfigValueStore),
        "CREDENTIALS": isinstance(providers["ContainerProvider"]._fetcher, _ContainerMetadataFetcher),
        "PROXIES": checks.PROXIES.is_own(),  # nobody can tell an empty dict from another
        "CREATOR": sends,
        "TRANSPORT": sends,
        "TRUST": type(client._endpoint.http_session._get_ssl_context()) is ClientContext,
        "METHODS": isinstance(vars(type(client))["send_message"].__doc__, SharedDocstring),
        "SHAPES": isinstance(client.meta.service_model, shapes.ServiceModel),
        "RULES": rules[0] is rules[1],
    }


def test_all_is_lean_where_nobody_has_touched_botocore() -> None:
    assert is_lean(Session()) == dict.fromkeys(PARTS, True)


@pytest.mark.parametrize(("part", "name"), NAMES)
def test_a_wrapped_name_was_passed_over_by_lean_sessions(part: str, name: str, patch: Any, monkeypatch: Any) -> None:
    Session().client("sqs")  # lean: what was seen then is no answer for later
    patch(name, wrapped(name, []))
    assert not PARTS[part].is_own()
    session = Session()
    session.client("sqs")
    assert not is_lean(session)[part]
    monkeypatch.undo()
    assert PARTS[part].is_own()


@pytest.mark.parametrize(("part", "name"), NAMES)
def test_a_mock_in_its_place_is_seen_and_so_is_its_end(part: str, name: str) -> None:
    with mock.patch(name):
        assert not PARTS[part].is_own()
    assert PARTS[part].is_own()


def test_a_name_exchanged_for_another_of_botocores_own_is_seen(patch: Any) -> None:
    patch("botocore.loaders.Loader.load_data", vars(Loader)["load_data_with_path"])
    assert not PARTS["LOADER"].is_own()


def test_a_users_function_in_botocores_decorator_is_seen(patch: Any) -> None:
    def load_service_model(self: Any, *arguments: Any) -> Any:
        """Load nothing."""

    patch("botocore.loaders.Loader.load_service_model", botocore.loaders.instance_cache(load_service_model))
    assert not PARTS["LOADER"].is_own()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("botocore.session.get_session", set(PARTS) - {"PROXIES"}),
        ("botocore.hooks.HierarchicalEmitter.emit", {"EVENTS", "METHODS", "SHAPES"}),  # whose handlers write docstrings
        ("botocore.loaders.create_loader", {"LOADER", "METHODS", "SHAPES", "RULES"}),  # whose models are shared
        (
            "botocore.client.ClientCreator._create_methods",
            {"CREATOR", "TRANSPORT", "TRUST", "METHODS", "SHAPES", "RULES"},
        ),
        ("botocore.client.ServiceModel", {"METHODS", "SHAPES"}),
        ("botocore.regions.EndpointProvider", {"RULES"}),
    ],
)
def test_the_session_is_lean_in_all_other_parts(name: str, parts: set[str], patch: Any) -> None:
    patch(name, wrapped(name, []))
    lean = is_lean(Session())
    assert {part for part in PARTS if not lean[part]} == parts


@pytest.mark.parametrize(
    "name",
    [
        "botocore.session.get_session",
        "botocore.session.create_loader",
        "botocore.session.Session._register_data_loader",
        "botocore.session.Session._register_builtin_handlers",
        "botocore.session.HierarchicalEmitter",
        "botocore.loaders.Loader.load_service_model",
        "botocore.loaders.Loader.list_available_services",
        "botocore.loaders.Loader.load_data",
        "botocore.loaders.Loader.load_data_with_path",
        "botocore.loaders.Loader.determine_latest_version",
        "botocore.loaders.JSONFileLoader.load_file",
        "botocore.loaders.JSONFileLoader.exists",
        "botocore.client.ClientCreator.create_client",
        "botocore.client.ClientCreator._load_service_model",
    ],
)
def test_what_was_put_there_is_really_called(name: str, patch: Any) -> None:
    calls: list[str] = []
    patch(name, wrapped(name, calls))
    Session().client("sqs")
    assert calls


@pytest.mark.parametrize("name", ["Loader.load_service_model", "Loader.load_data", "JSONFileLoader.load_file"])
def test_a_session_that_was_made_before_the_patch_calls_it_for_later_clients(name: str, patch: Any) -> None:
    session, calls = Session(), list[str]()
    assert isinstance(session._session.get_component("data_loader"), SharedLoader)
    patch(f"botocore.loaders.{name}", wrapped(f"botocore.loaders.{name}", calls))
    session.client("sqs")
    assert calls


def test_a_wrapped_load_service_model_sees_every_load(patch: Any) -> None:
    session, calls = Session(), list[str]()
    loader = session._session.get_component("data_loader")
    loader.load_service_model("sqs", "service-2")
    patch("botocore.loaders.Loader.load_service_model", wrapped("botocore.loaders.Loader.load_service_model", calls))
    for _ in range(3):
        loader.load_service_model("sqs", "service-2")
    assert len(calls) == 3


def test_a_replaced_create_loader_gives_the_loader(patch: Any) -> None:
    given = Loader()
    patch("botocore.session.create_loader", lambda _: given)
    assert Session()._session.get_component("data_loader") is given
    preload("sqs")


def test_a_replaced_get_session_makes_the_session(patch: Any) -> None:
    given = botocore.session.Session()
    patch("botocore.session.get_session", lambda: given)
    assert Session()._session is given


def test_a_replaced_class_makes_the_session(patch: Any) -> None:
    class Own(botocore.session.Session):
        """A library's."""

    patch("botocore.session.Session", Own)
    assert type(Session()._session) is Own


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("SESSION", "botocore.session.get_session"),
        ("LOADER", "botocore.session.create_loader"),
        ("LOADER", "botocore.loaders.Loader.load_service_model"),
        ("LOADER", "botocore.loaders.JSONFileLoader.load_file"),
        ("CREATOR", "botocore.client.ClientCreator.create_client"),
        ("EVENTS", "botocore.hooks.HierarchicalEmitter.emit"),
    ],
)
def test_a_patch_that_was_there_before_the_package_is_seen_and_its_end_too(part: str, name: str) -> None:
    run_child(f"""
        import functools, importlib
        import boto3, botocore.session, botocore.loaders, botocore.client, botocore.hooks
        owner = botocore
        *path, last = {name!r}.split(".")[1:]
        for each in path:
            owner = getattr(owner, each)
        found, calls = vars(owner)[last], []

        @functools.wraps(found)
        def wrapper(*arguments, **options):
            calls.append(last)
            return found(*arguments, **options)

        setattr(owner, last, wrapper)
        from boto3_client_cache import Session
        from boto3_client_cache.lean import checks
        assert not checks.{part}.is_own()
        Session(region_name="us-east-1").client("sqs")
        assert calls
        setattr(owner, last, found)
        assert checks.{part}.is_own()
    """)


NO_FUNCTIONS = USED_AS_CLASSES | USED_AS_ITSELF
CLASSES = [(part, name) for part, each in PARTS.items() for name in each.classes if name not in NO_FUNCTIONS]


@pytest.mark.parametrize(("part", "name"), CLASSES)
def test_a_function_in_a_class_s_place_had_the_import_fail(part: str, name: str) -> None:
    run_child(f"""
        import functools, importlib
        module, last = {name!r}.rsplit(".", 1)
        module = importlib.import_module(module)
        found = getattr(module, last)

        @functools.wraps(found)
        def wrapper(*arguments, **options):
            return found(*arguments, **options)

        setattr(module, last, wrapper)
        from boto3_client_cache import Session
        from boto3_client_cache.lean import checks
        assert not checks.{part}.is_own()
        assert Session(region_name="us-east-1").client("sqs").meta.region_name == "us-east-1"
        setattr(module, last, found)
        assert not checks.{part}.is_own()  # what derives from the class could not
        assert Session(region_name="us-east-1").client("sqs").meta.region_name == "us-east-1"
    """)


def test_a_patch_that_came_while_the_names_were_judged_was_remembered_for_what_was_there_before() -> None:
    name = "botocore.session.get_session"
    others = mock.patch(name, wrapped(name, []))
    answers = [others.start, lambda: True]
    part = checks.Part(functions=(name,), is_as_expected=lambda: answers.pop(0)() is True)
    assert not part.is_own()
    others.stop()
    assert part.is_own()


def test_botocore_taken_from_sys_modules_is_judged_by_what_the_package_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in checks._MODULES:
        monkeypatch.delitem(sys.modules, name)
    with mock.patch.object(Loader, "load_data"):
        assert not PARTS["LOADER"].is_own()
    assert PARTS["LOADER"].is_own()


def test_the_page_lists_what_is_checked() -> None:
    section = PAGE.read_text().partition("## When a session is not lean")[2].partition("\n## ")[0]
    listed = [
        set(re.findall(r"`((?:botocore|ssl)\.[\w.]+)`", line)) for line in section.splitlines() if line.startswith("| ")
    ]
    assert [names for names in listed if names] == [set(part.names) for part in PARTS.values()]
