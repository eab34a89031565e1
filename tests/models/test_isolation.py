"""What one session or client does to what is its own, others see as they see it with boto3: not at all, mostly.

Two worlds, one of ours and one of boto3's, have the same clients in the same order, and one of them is changed in the
same way. Then each other client of a world shows and sends what the one in its place in the other world does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader

from .conftest import SharingSession, write_model
from .exchanges import Exchange, stop_the_clock
from .surface import difference, surface

CALLS = {
    "sqs": ("send_message", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "MessageBody": "text"}),
    "s3": ("get_object", {"Bucket": "bucket", "Key": "key"}),
    "rds": ("describe_db_instances", {"DBInstanceIdentifier": "mine"}),
    "neptune": ("describe_db_instances", {"DBInstanceIdentifier": "mine"}),
    "docdb": ("describe_db_instances", {"DBInstanceIdentifier": "mine"}),
}


def made(session: Any, service: str) -> Any:
    # No Config for all: its dicts would be all clients' in boto3 too.
    return session.client(service, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_the_clock(monkeypatch)


def look(client: Any, service: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a client shows and sends."""
    method, parameters = CALLS[service]
    with monkeypatch.context() as patch:
        exchange = Exchange(client, patch)
        try:
            result = getattr(client, method)(**parameters)
            result.pop("Body", None)
        except (AttributeError, BotoCoreError, ClientError, KeyError, TypeError) as error:
            result = type(error).__name__, str(error)
        client.meta.events.unregister("before-send", exchange.answer)
    shown = surface(client, 0)
    try:
        shown["called"] = {
            "signature": [result, exchange.sent],
            "docs": str(getattr(client, method, None).__doc__),
            "extra": [
                getattr(client, "extra", None),
                getattr(client.meta, "extra", None),
                getattr(type(client), "extra", 0),
            ],
            "waiter": dict(vars(client.get_waiter(client.waiter_names[0]).config)) if client.waiter_names else None,
            "exceptions": sorted(vars(client.exceptions)),
            "pools": str(vars(client._endpoint.http_session)["_timeout"]),
        }
    except (AttributeError, BotoCoreError, KeyError) as error:
        shown["called"] = {"error": (type(error).__name__, str(error))}
    return shown


# ---- what is done to a session before it has clients, and to a client ----


def stub(self: Any, **_: Any) -> dict[str, Any]:
    """Say nothing."""
    return {"stubbed": True}


def model(session: Any, service: str) -> Any:
    return session._session.get_component("data_loader").load_service_model(service, "service-2")


def operation_of(service: str) -> str:
    return {"sqs": "SendMessage", "s3": "GetObject"}.get(service, "DescribeDBInstances")


def write_into_docs(section: Any, **_: Any) -> None:
    section.write("written by a session's own handler")


def change_class(class_attributes: dict[str, Any], base_classes: list[Any], **_: Any) -> None:
    class_attributes["extra"] = "by a handler"
    class_attributes.pop("can_paginate", None)
    base_classes.insert(0, type("Mixin", (), {"mixed_in": True}))


def wrap_methods(class_attributes: dict[str, Any], **_: Any) -> None:
    for name, method in class_attributes.items():
        if method.__qualname__.startswith("ClientCreator."):  # not those that are all clients' with boto3 too
            method.extra = "by a handler"
            method.__doc__ = f"{name}, wrapped"


def change_request(params: dict[str, Any], **_: Any) -> None:
    params["headers"]["X-Mine"] = "1"


def register(event: str, handler: Callable[..., Any]) -> Callable[[Any, str], None]:
    return lambda session, _: session.events.register(event, handler)


def edit(*path: str, to: Any) -> Callable[[Any, str], None]:
    def change(session: Any, service: str) -> None:
        place = model(session, service)
        for name in path[:-1]:
            place = place[operation_of(service) if name == "OPERATION" else name]
        place[path[-1]] = to

    return change


def edit_shape(session: Any, service: str) -> None:
    data = model(session, service)
    shape = data["shapes"][data["operations"][operation_of(service)]["input"]["shape"]]
    name = next(iter(shape["members"]))
    shape["members"][name]["documentation"] = "written by a session"
    shape["members"]["Added"] = {"shape": shape["members"][name]["shape"]}


def edit_rules(session: Any, service: str) -> None:
    data = session._session.get_component("data_loader").load_service_model(service, "endpoint-rule-set-1")
    data["rules"][:] = [{"conditions": [], "endpoint": {"url": "https://changed.test"}, "type": "endpoint"}]


def edit_waiters(session: Any, service: str) -> None:
    data = session._session.get_component("data_loader").load_service_model(service, "waiters-2")
    for waiter in data["waiters"].values():
        waiter["delay"] = 77


def edit_endpoints(session: Any, _: str) -> None:
    session._session.get_component("data_loader").load_data("endpoints")["partitions"].clear()


def search_elsewhere(session: Any, service: str) -> None:
    """The tmp_path of the test is where a model lies that nobody else is to find."""
    session._session.get_component("data_loader").search_paths.insert(0, str(search_elsewhere.path))  # type: ignore[attr-defined]


def forget_handlers(session: Any, _: str) -> None:
    session.events.unregister("before-parameter-build.s3", botocore.handlers.validate_bucket_name)
    session.events.unregister("creating-client-class.s3", botocore.handlers.remove_lex_v2_start_conversation)


OF_SESSIONS: dict[str, Callable[[Any, str], None]] = {
    "a handler of classes": register("creating-client-class", change_class),
    "a handler that changes methods": register("creating-client-class", wrap_methods),
    "a handler of docs": register("docs.*.*.*.complete-section", write_into_docs),
    "a handler of requests": register("before-call", change_request),
    "handlers unregistered": forget_handlers,
    "the metadata of the model": edit("metadata", "serviceId", to="Mine"),
    "the endpoint of the model": edit("metadata", "endpointPrefix", to="mine"),
    "the documentation of an operation": edit("operations", "OPERATION", "documentation", to="<p>mine</p>"),
    "the path of an operation": edit("operations", "OPERATION", "http", "requestUri", to="/mine"),
    "an operation more": edit("operations", "Mine", to={"name": "Mine", "http": {"method": "GET", "requestUri": "/"}}),
    "a shape": edit_shape,
    "the endpoint rules": edit_rules,
    "the waiters": edit_waiters,
    "the endpoints": edit_endpoints,
    "the user agent": lambda session, _: setattr(session._session, "user_agent_extra", "mine/1"),
    "the default config": lambda session, _: session._session.set_default_client_config(Config(user_agent="mine")),
    "a variable": lambda session, _: session._session.set_config_variable("parameter_validation", False),
    "the loader's extras": lambda session, _: session._session.get_component("data_loader").extras_types.clear(),
    "a search path": search_elsewhere,
}  # fmt: skip


def replace_method(client: Any, service: str) -> None:
    setattr(type(client), CALLS[service][0], stub)


def delete_method(client: Any, service: str) -> None:
    delattr(type(client), CALLS[service][0])


def change_mapping(client: Any, _: str) -> None:
    client.meta.method_to_api_mapping.clear()
    type(client)._PY_TO_OP_NAME["mine"] = "Mine"


def change_model(client: Any, service: str) -> None:
    description = client.meta.service_model._service_description
    description["operations"][operation_of(service)]["http"]["requestUri"] = "/mine"
    client.meta.service_model.metadata["jsonVersion"] = "9"


def change_shapes(client: Any, service: str) -> None:
    str(getattr(client, CALLS[service][0]).__doc__)  # which shows no later change, here or once it was read
    shape = client.meta.service_model.operation_model(operation_of(service)).input_shape
    shape.members.pop(next(iter(shape.members)))
    shape.required_members.append("Nothing")


def change_config(client: Any, _: str) -> None:
    client.meta.config.region_name = "mars-north-1"
    client.meta.config.retries["mine"] = 1
    client.meta.config._user_provided_options["mine"] = 1


def change_rules(client: Any, _: str) -> None:
    rules = client._ruleset_resolver._provider.ruleset
    region = rules.parameters["Region"] = copy.copy(rules.parameters["Region"])
    region.default = "mars-north-1"
    rules.rules = rules.rules[-1:]


def change_exceptions(client: Any, _: str) -> None:
    client.exceptions.extra = 1
    client.exceptions._code_to_exception.clear()
    type(client.exceptions).ClientError = KeyError
    for error in list(vars(client.exceptions).values()):
        if isinstance(error, type):
            error.extra = 1


def change_pools(client: Any, _: str) -> None:
    session = client._endpoint.http_session
    session._timeout = 1
    session._max_pool_connections = 1
    session._proxy_config._proxies = {"https": "http://127.0.0.1:1"}
    session.close()


def change_waiters(client: Any, _: str) -> None:
    client._get_waiter_config()["waiters"].clear()


def change_paginators(client: Any, service: str) -> None:
    client.can_paginate(CALLS[service][0])
    client._cache["page_config"].clear()


def change_bases(client: Any, _: str) -> None:
    type(client).__bases__ = (type("Mixin", (), {"mixed_in": True}), *type(client).__bases__)


def change_serializer(client: Any, _: str) -> None:
    vars(client._serializer)["extra"] = 1
    vars(client._response_parser)["_timestamp_parser"] = None
    client._request_signer._signature_version = "v9"


def register_on_client(event: str, handler: Callable[..., Any]) -> Callable[[Any, str], None]:
    return lambda client, _: client.meta.events.register(event, handler)


OF_CLIENTS: dict[str, Callable[[Any, str], None]] = {
    "a method of the class": replace_method,
    "a method of the object": lambda client, service: setattr(client, CALLS[service][0], stub.__get__(client)),
    "a method deleted": delete_method,
    "an attribute of the class": lambda client, _: setattr(type(client), "extra", "of a class"),
    "an attribute of the object": lambda client, _: setattr(client, "extra", "of an object"),
    "an attribute of meta": lambda client, _: setattr(client.meta, "extra", "of meta"),
    "the name of the class": lambda client, _: setattr(type(client), "__name__", "Mine"),
    "the bases of the class": change_bases,
    "the names of the operations": change_mapping,
    "the model": change_model,
    "shapes": change_shapes,
    "the config": change_config,
    "the endpoint rules": change_rules,
    "the exceptions": change_exceptions,
    "the pools": change_pools,
    "the waiters": change_waiters,
    "the paginators": change_paginators,
    "the serializer, the parser and the signer": change_serializer,
    "a handler": register_on_client("before-call", change_request),
    "a handler of docs": register_on_client("docs.*.*.*.complete-section", lambda **_: None),
    "closed": lambda client, _: client.close(),
}  # fmt: skip

WITH_WAITERS = {"the waiters", "a search path"}  # which sqs has not
QUICK = {
    "a handler of classes", "a handler that changes methods", "a handler of docs", "the metadata of the model",
    "the documentation of an operation", "a shape", "the endpoint rules", "the waiters",
} | OF_CLIENTS.keys() - {"a handler of docs", "closed", "an attribute of meta", "the name of the class"}  # fmt: skip


def choices(changes: dict[str, Any], *services: str) -> list[Any]:
    """Each change with each service; what is quick with one service, the others where all is to be run."""
    chosen = []
    for service in services:
        for name in changes:
            quick = name in QUICK and service == ("s3" if name in WITH_WAITERS else "sqs")
            if service != "sqs" or name not in WITH_WAITERS:
                chosen.append(pytest.param(name, service, marks=[] if quick else [pytest.mark.full]))
    return chosen


def assert_worlds_look_alike(ours: dict[str, Any], theirs: dict[str, Any], service: str, patch: Any) -> None:
    for role, client in ours.items():
        found = difference(look(client, service, patch), look(theirs[role], service, patch))
        assert found is None, f"{role}: {found}"


@pytest.mark.parametrize(("name", "service"), choices(OF_SESSIONS, "sqs", "s3", "neptune", "rds"))
def test_a_change_of_one_session_is_not_anothers(
    name: str, service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    search_elsewhere.path = tmp_path  # type: ignore[attr-defined]
    version = Loader().determine_latest_version(service, "service-2")
    write_model(tmp_path, {"version": 2, "waiters": {}}, f"{service}/{version}/waiters-2")
    worlds = []
    for session_class in (SharingSession, boto3.Session):
        changed, earlier, later = (session_class() for _ in range(3))
        clients = {"earlier": made(earlier, service)}
        OF_SESSIONS[name](changed, service)
        try:
            clients["changed"] = made(changed, service)
            clients["changed, the second"] = made(changed, service)
        except Exception as error:
            clients["earlier"].meta.extra = type(error), str(error)
        clients["later"] = made(later, service)
        clients["earlier, the second"] = made(earlier, service)
        worlds.append(clients)
    assert_worlds_look_alike(*worlds, service, monkeypatch)
    if "changed" in worlds[0]:
        changed, other = (look(worlds[0][role], service, monkeypatch) for role in ("changed", "later"))
        assert difference(changed, other) or name in UNSEEN, "the change was none"


# What the look at a client does not show; it is compared all the same.
UNSEEN = {"handlers unregistered", "the endpoints", "a variable", "the loader's extras", "the path of an operation"}


@pytest.mark.parametrize(("name", "service"), choices(OF_CLIENTS, "sqs", "s3", "docdb"))
def test_a_change_of_one_client_is_not_anothers(name: str, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = []
    for session_class in (SharingSession, boto3.Session):
        one, other = session_class(), session_class()
        clients = {role: made(one, service) for role in ("changed", "of its session")}
        clients["of another session"] = made(other, service)
        try:
            OF_CLIENTS[name](clients["changed"], service)
        except Exception as error:
            clients["of its session"].meta.extra = type(error), str(error)
        clients["later"] = made(one, service)
        clients["later, of another session"] = made(session_class(), service)
        worlds.append(clients)
    assert_worlds_look_alike(*worlds, service, monkeypatch)


def test_a_changed_list_of_built_in_handlers_reaches_later_sessions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    worlds = []
    for session_class in (SharingSession, boto3.Session):
        earlier = session_class()
        clients = {"earlier": earlier.client("sqs")}
        with monkeypatch.context() as patch:
            added = ("creating-client-class", lambda class_name=None, **_: seen.append("called"))
            changed = [*botocore.handlers.BUILTIN_HANDLERS, added, ("docs.*.*.*.complete-section", write_into_docs)]
            patch.setattr(botocore.handlers, "BUILTIN_HANDLERS", changed)
            session = session_class()
            clients["of a session made meanwhile"] = session.client("sqs")
            clients["of an earlier session"] = earlier.client("sqs")
        clients["later"] = session_class().client("sqs")
        clients["of the session made meanwhile, later"] = session.client("sqs")
        worlds.append((clients, len(seen)))
        seen.clear()
    assert worlds[0][1] == worlds[1][1] == 2
    assert_worlds_look_alike(worlds[0][0], worlds[1][0], "sqs", monkeypatch)
