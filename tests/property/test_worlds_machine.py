"""Random histories of two worlds in step, of our sessions and of boto3's: after each step their clients are alike."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test
from models.conftest import SharingSession
from models.exchanges import Exchange, stop_the_clock

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sqs": ("send_message", "SendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "MessageBody": "m"}),
    "s3": ("get_object", "GetObject", {"Bucket": "bucket", "Key": "key"}),
    "dynamodb": ("get_item", "GetItem", {"TableName": "table", "Key": {"id": {"S": "1"}}}),
    "sts": ("assume_role", "AssumeRole", {"RoleArn": "arn:aws:iam::1:role/mine", "RoleSessionName": "mine"}),
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
}  # fmt: skip
CONFIGS: list[dict[str, Any]] = [
    {}, {"user_agent_extra": "mine/1"}, {"use_fips_endpoint": True}, {"s3": {"addressing_style": "path"}},
    {"signature_version": "v4"}, {"parameter_validation": False}, {"retries": {"mode": "standard"}},
]  # fmt: skip


def add_header(params: dict[str, Any], **_: Any) -> None:
    params["headers"]["X-Mine"] = "1"


def add_parameter(params: dict[str, Any], **_: Any) -> None:
    params["Nothing"] = "1"


def add_attribute(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["extra"] = "of a class"


def take_method(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes.pop("list_queues", None)
    class_attributes.pop("get_item", None)


def document_methods(class_attributes: dict[str, Any], **_: Any) -> None:
    for name, method in class_attributes.items():
        if method.__qualname__.startswith("ClientCreator."):
            method.__doc__ = f"{name}, documented by a handler"


def add_base(base_classes: list[Any], **_: Any) -> None:
    base_classes.insert(0, type("Mixin", (), {"mixed_in": True}))


def write_docs(section: Any, **_: Any) -> None:
    section.write("written by a handler")


HANDLERS: dict[str, tuple[str, Callable[..., None]]] = {
    "a header": ("before-call", add_header),
    "a header of one service": ("before-call.sqs", add_header),
    "a parameter": ("provide-client-params.s3.GetObject", add_parameter),
    "an attribute": ("creating-client-class", add_attribute),
    "a method less": ("creating-client-class.*", take_method),
    "methods documented": ("creating-client-class", document_methods),
    "a base": ("creating-client-class.sts", add_base),
    "docs": ("docs.*.*.*.complete-section", write_docs),
}


def edit(service: str, *path: str, to: Any) -> Callable[[Any], None]:
    def change(session: Any) -> None:
        place = session._session.get_component("data_loader").load_service_model(service, "service-2")
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = to

    return change


def drop_rules(session: Any) -> None:
    data = session._session.get_component("data_loader").load_service_model("sqs", "endpoint-rule-set-1")
    data["rules"][:] = [{"conditions": [], "endpoint": {"url": "https://changed.test"}, "type": "endpoint"}]


def touch(session: Any) -> None:
    """Write what is there already."""
    data = session._session.get_component("data_loader").load_service_model("dynamodb", "service-2")
    data["metadata"]["serviceId"] = data["metadata"]["serviceId"]


EDITS: dict[str, Callable[[Any], None]] = {
    "metadata": edit("sqs", "metadata", "targetPrefix", to="Mine"),
    "an operation more": edit(
        "sqs", "operations", "Mine", to={"name": "Mine", "http": {"method": "POST", "requestUri": "/"}}),
    "a path": edit("s3", "operations", "GetObject", "http", "requestUri", to="/mine/{Bucket}/{Key+}"),
    "documentation": edit("dynamodb", "operations", "GetItem", "documentation", to="<p>mine</p>"),
    "a shape": edit("sts", "shapes", "roleSessionNameType", "documentation", to="<p>mine</p>"),
    "a limit": edit("sts", "shapes", "AssumeRoleRequest", "required", to=["RoleArn", "Policy"]),
    "rules": drop_rules,
    "nothing": touch,
}  # fmt: skip


def stub(self: Any, **_: Any) -> str:
    """Say that it was called."""
    return "stubbed"


def set_method(client: Any, method: str) -> None:
    setattr(type(client), method, stub)


def set_on_object(client: Any, method: str) -> None:
    setattr(client, method, stub.__get__(client))


def delete_method(client: Any, method: str) -> None:
    delattr(type(client), method)


def forget_names(client: Any, _: str) -> None:
    client.meta.method_to_api_mapping.clear()


def change_config(client: Any, _: str) -> None:
    client.meta.config.parameter_validation = False
    client.meta.config.extra = "of a config"


def change_model(client: Any, _: str) -> None:
    client.meta.service_model.metadata["mine"] = "yes"


def change_exceptions(client: Any, _: str) -> None:
    client.exceptions._code_to_exception.clear()


CHANGES = {
    "a method": set_method, "a method of the object": set_on_object, "a method deleted": delete_method,
    "the names": forget_names, "the config": change_config, "the model": change_model, "exceptions": change_exceptions,
    "closed": lambda client, _: client.close(),
}  # fmt: skip


def attempt(action: Callable[[], Any]) -> Any:
    """What an action comes to: what it returns, or its exception's class and text."""
    try:
        return action()
    except Exception as error:
        return type(error).__name__, str(error)


def look(client: Any, service: str) -> Any:
    """What a client shows and sends."""
    method, operation, parameters = CALLS[service]
    with pytest.MonkeyPatch.context() as patch:
        exchange = Exchange(client, patch)
        result = attempt(lambda: getattr(client, method)(**parameters))
        client.meta.events.unregister("before-send", exchange.answer)
    if isinstance(result, dict):
        result.pop("Body", None)
    meta, cls = client.meta, type(client)
    return {
        "called": result,
        "sent": exchange.sent,
        "dir": dir(client),
        "class": (cls.__name__, list(vars(cls)), [base.__name__ for base in cls.__mro__]),
        "docs": attempt(lambda: str(getattr(client, method).__doc__)),
        "extra": (getattr(client, "extra", None), getattr(meta.config, "extra", None)),
        "names": dict(meta.method_to_api_mapping),
        "metadata": dict(meta.service_model.metadata),
        "operation": attempt(lambda: dict(meta.service_model.operation_model(operation).http)),
        "exceptions": attempt(lambda: sorted(client.exceptions._code_to_exception)),
        "place": (meta.endpoint_url, meta.region_name, meta.partition),
    }


class Worlds(RuleBasedStateMachine):
    """Pairs of sessions, and of clients: each first ours, then boto3's."""

    sessions = Bundle("sessions")
    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        for name, value in ENVIRONMENT.items():
            self.patch.setenv(name, value)
        self.patch.setenv("AWS_CONFIG_FILE", os.devnull)
        self.patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        stop_the_clock(self.patch)
        self.living: list[tuple[Any, Any, str]] = []

    def teardown(self) -> None:
        self.patch.undo()

    @initialize(target=sessions)
    def begin(self) -> Any:
        return multiple(self.new_pair(), self.new_pair())

    def new_pair(self) -> Any:
        return SharingSession(), boto3.Session()

    @rule(target=sessions)
    def make_session(self) -> Any:
        return self.new_pair()

    @rule(
        target=clients,
        pair=sessions,
        service=st.sampled_from(sorted(CALLS)),
        region=st.sampled_from(["us-east-1", "eu-west-1", "cn-north-1"]),
        config=st.sampled_from(CONFIGS),
    )
    def make_client(self, pair: Any, service: str, region: str, config: dict[str, Any]) -> Any:
        ours, theirs = (
            attempt(lambda each=each: each.client(service, region, config=Config(**config))) for each in pair
        )
        if isinstance(ours, tuple) or isinstance(theirs, tuple):
            assert ours == theirs
            return multiple()
        for client in (ours, theirs):  # handlers that come later are not seen by what was read
            str(getattr(getattr(client, CALLS[service][0], None), "__doc__", None))
        self.living.append((ours, theirs, service))
        del self.living[:-5]
        self.compare()
        return self.living[-1]

    @rule(pair=sessions, name=st.sampled_from(sorted(HANDLERS)), registers=st.booleans())
    def handle_events_of_session(self, pair: Any, name: str, registers: bool) -> None:
        for session in pair:
            (session.events.register if registers else session.events.unregister)(*HANDLERS[name])
        self.compare()

    @rule(clients=clients, name=st.sampled_from(sorted(HANDLERS)), registers=st.booleans())
    def handle_events_of_client(self, clients: Any, name: str, registers: bool) -> None:
        for client in clients[:2]:
            (client.meta.events.register if registers else client.meta.events.unregister)(*HANDLERS[name])
        self.compare()

    @rule(pair=sessions, name=st.sampled_from(sorted(EDITS)))
    def edit_model(self, pair: Any, name: str) -> None:
        for session in pair:
            EDITS[name](session)
        self.compare()

    @rule(clients=clients, name=st.sampled_from(sorted(CHANGES)))
    def change_client(self, clients: Any, name: str) -> None:
        method = CALLS[clients[2]][0]
        ours, theirs = (attempt(lambda each=each: CHANGES[name](each, method)) for each in clients[:2])
        assert ours == theirs
        self.compare()

    @rule(clients=clients)
    def look_at_any(self, clients: Any) -> None:
        ours, theirs, service = clients
        assert look(ours, service) == look(theirs, service)

    @rule()
    def forget_clients(self) -> None:
        self.living.clear()
        gc.collect()

    def compare(self) -> None:
        for ours, theirs, service in self.living:
            mine, expected = look(ours, service), look(theirs, service)
            for name, value in mine.items():
                assert value == expected[name], (service, name)


def test_two_worlds_in_step_stay_alike() -> None:
    run_state_machine_as_test(Worlds, settings=settings(max_examples=8, stateful_step_count=12, deadline=None))


@pytest.mark.full
@pytest.mark.timeout(3_000)
def test_two_worlds_in_step_stay_alike_for_long() -> None:
    run_state_machine_as_test(Worlds, settings=settings(max_examples=200, stateful_step_count=30, deadline=None))
