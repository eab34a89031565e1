"""Clients of one service model share method functions and the answer to endpoint discovery, and nobody can tell."""

from __future__ import annotations

import gc
import inspect
import threading
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import botocore.client
import botocore.model
import pytest
from botocore import handlers
from support.child import run_child

from boto3_client_cache import models
from boto3_client_cache.lean.docstrings import SharedDocstring

from .conftest import SharingSession, write_model

# With extras (s3, rds, eks), endpoint discovery (timestream, dynamodb), without rules of its own, with methods removed.
SERVICES = [
    "bedrock-runtime",
    "dynamodb",
    "ec2",
    "eks",
    "lambda",
    "polly",
    "rds",
    "s3",
    "s3control",
    "sqs",
    "sts",
    "timestream-query",
    "timestream-write",
]


def functions(client: Any) -> dict[str, Any]:
    return {name: vars(type(client))[name] for name in client._PY_TO_OP_NAME if name in vars(type(client))}


def loader_of(session: boto3.Session) -> Any:
    return session._session.get_component("data_loader")


def share(*clients: Any) -> bool:
    """Whether all methods of the clients are the same functions; in part is an error."""
    first, *others = map(functions, clients)
    same = {first[name] is other[name] for other in others for name in first.keys() & other.keys()}
    assert len(same) == 1
    return same.pop()


# ---- equal to botocore's ----


@pytest.mark.parametrize("service", SERVICES)
def test_a_further_client_looks_like_a_plain_one(service: str) -> None:
    SharingSession().client(service)
    session = SharingSession()
    session.client(service)
    ours, plain = session.client(service), boto3.Session().client(service)
    assert dir(ours) == dir(plain)
    assert list(vars(type(ours))) == list(vars(type(plain)))
    assert list(ours.meta.method_to_api_mapping.items()) == list(plain.meta.method_to_api_mapping.items())
    assert type(ours).__mro__[1:] == type(plain).__mro__[1:]
    assert (type(ours).__name__, type(ours).__module__) == (type(plain).__name__, type(plain).__module__)
    for name, method in functions(plain).items():
        own = functions(ours)[name]
        for attribute in ("__name__", "__qualname__", "__module__", "__code__", "__defaults__", "__kwdefaults__"):
            assert getattr(own, attribute) == getattr(method, attribute)
        assert vars(own).keys() == vars(method).keys()
        assert inspect.signature(getattr(ours, name)) == inspect.signature(getattr(plain, name))
    for name in list(functions(plain))[::17]:
        assert str(getattr(ours, name).__doc__) == str(getattr(plain, name).__doc__)
        assert inspect.getdoc(getattr(ours, name)) == inspect.getdoc(getattr(plain, name))


@pytest.mark.parametrize("service", ["docdb", "neptune", "rds", "s3", "secretsmanager"])
def test_a_shape_of_the_extras_is_documented_as_botocore_does(service: str) -> None:
    methods = {"s3": "get_object", "secretsmanager": "get_secret_value"}
    name = methods.get(service, "copy_db_cluster_snapshot")
    ours, plain = SharingSession().client(service), boto3.Session().client(service)
    assert isinstance(functions(ours)[name].__doc__, SharedDocstring) or not share(ours, SharingSession().client("s3"))
    assert str(getattr(ours, name).__doc__) == str(getattr(plain, name).__doc__)


# ---- shared ----


@pytest.mark.parametrize("service", SERVICES)
def test_clients_share_their_functions_and_keep_their_classes(service: str) -> None:
    session = SharingSession()
    clients = [session.client(service), session.client(service), SharingSession().client(service)]
    assert share(*clients)
    assert len({type(client) for client in clients}) == 3
    assert len({id(client._PY_TO_OP_NAME) for client in clients}) == 3


def test_clients_of_an_explicit_version_share_functions_too() -> None:
    assert share(SharingSession().client("rds", api_version="2014-10-31"), SharingSession().client("rds"))


def test_a_session_that_has_sent_requests_still_shares_functions() -> None:
    session = SharingSession()
    client = session.client("s3")
    template = client.meta.service_model.operation_model("GetObject").http["requestUri"]
    client.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
    assert client.meta.service_model.operation_model("GetObject").http["requestUri"] != template
    assert share(client, session.client("s3"), SharingSession().client("s3"))


def test_a_client_does_not_build_the_models_of_its_operations() -> None:
    for service, built in (("ec2", 0), ("dynamodb", 1)):  # the one for endpoint discovery
        SharingSession().client(service)
        service_model = SharingSession().client(service).meta.service_model
        assert len(service_model._instance_cache) == built
        assert service_model.operation_model("TagResource" if built else "RunInstances")
        assert len(service_model._instance_cache) == built + 1


# ---- each client apart ----


def test_a_method_set_on_one_client_s_class_is_not_seen_by_another() -> None:
    session = SharingSession()
    one, other = session.client("sqs"), session.client("sqs")
    type(one).send_message = lambda self: "mine"
    del type(one).list_queues
    one.meta.method_to_api_mapping.clear()
    for client in (other, session.client("sqs")):
        assert client.send_message.__name__ == "send_message"
        assert "list_queues" in vars(type(client))
        assert client.can_paginate("list_queues")


def change_metadata(model: Any) -> None:
    model["metadata"]["uid"] = "changed-uid"


def change_operation(model: Any) -> None:
    model["operations"]["SendMessage"]["documentation"] = "<p>changed</p>"


def change_shape(model: Any) -> None:
    model["shapes"]["SendMessageRequest"]["members"]["QueueUrl"]["documentation"] = "<p>changed</p>"


@pytest.mark.parametrize("change", [change_metadata, change_operation, change_shape])
def test_a_session_that_changed_its_model_has_functions_that_say_so(change: Any) -> None:
    before = SharingSession().client("sqs")
    session, plain = SharingSession(), boto3.Session()
    for each in (session, plain):
        change(loader_of(each).load_service_model("sqs", "service-2", api_version=None))
    changed, expected = session.client("sqs"), plain.client("sqs")
    assert not share(before, changed)
    assert "changed" in str(changed.send_message.__doc__)
    assert str(changed.send_message.__doc__) == str(expected.send_message.__doc__)
    after = SharingSession().client("sqs")
    assert "changed" not in str(after.send_message.__doc__)
    assert "changed" not in str(before.send_message.__doc__)


def test_a_change_after_the_first_client_is_seen_by_the_session_s_next() -> None:
    session = SharingSession()
    session.client("sqs")
    model = loader_of(session).load_service_model("sqs", "service-2", api_version=None)
    model["operations"]["NewOne"] = {**model["operations"].pop("SendMessage"), "name": "NewOne"}
    client = session.client("sqs")
    assert "new_one" in dir(client)
    assert "send_message" not in dir(client)
    assert client.meta.method_to_api_mapping["new_one"] == "NewOne"
    assert "send_message" in dir(SharingSession().client("sqs"))


def test_a_session_that_changed_what_the_extras_gave_has_functions_of_its_own() -> None:
    sessions = [SharingSession(), SharingSession(), boto3.Session()]
    for session in sessions[1:]:
        model = loader_of(session).load_service_model("rds", "service-2", api_version=None)
        member = model["shapes"]["CopyDBClusterSnapshotMessage"]["members"]["SourceRegion"]
        member["documentation"] = "<p>changed</p>"
    shared, changed, expected = (session.client("rds") for session in sessions)
    assert not share(shared, changed)
    texts = [str(client.copy_db_cluster_snapshot.__doc__) for client in (shared, changed, expected)]
    assert texts[1] == texts[2] != texts[0]


HTTP = {"method": "POST", "requestUri": "/"}
THING = {
    "version": "2.0",
    "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "thing", "protocol": "json", "serviceId": "Thing"},
    "operations": {"Old": {"name": "Old", "http": HTTP, "documentation": "<p>old</p>"}},
    "shapes": {},
}


def test_sessions_of_other_extras_have_other_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    write_model(tmp_path, THING)
    for kind in ("sdk", "my"):
        new = {"name": "New", "http": HTTP, "documentation": f"<p>of {kind}</p>"}
        extras = {"operations": {"New": new, "Old": {"documentation": f"<p>{kind}</p>"}}}
        write_model(tmp_path, {"merge": extras}, f"thing/2020-01-01/service-2.{kind}-extras")
    for kinds in (["sdk"], ["my"], ["sdk", "my"], [], ["sdk"], ["my"]):
        ours, plain = SharingSession(), boto3.Session()
        for session in (ours, plain):
            loader_of(session).extras_types[:] = kinds
        for _ in range(2):
            clients = ours.client("thing"), plain.client("thing")
            texts = [{name: str(method.__doc__) for name, method in functions(client).items()} for client in clients]
            assert texts[0] == texts[1]
            assert list(texts[0]) == (["old", "new"] if kinds else ["old"])


@pytest.mark.parametrize("extras", [[], ["merge"], {"merge": None}, {"merge": []}, {"merge": {"operations": None}}, 1])
def test_extras_of_no_sense_do_what_they_do_with_botocore(
    extras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    write_model(tmp_path, THING)
    write_model(tmp_path, extras, "thing/2020-01-01/service-2.sdk-extras")
    ends: list[Any] = []
    for session in (boto3.Session(), SharingSession(), SharingSession()):
        try:
            ends.append(dir(session.client("thing")))
        except Exception as error:
            ends.append(type(error))
    assert ends == [ends[0]] * 3


@pytest.mark.parametrize("event", ["docs.request-params.sqs.SendMessage.complete-section", "docs.*.sqs.*.*", "*.*.sqs"])
def test_documentation_handlers_of_a_session_write_its_docstrings_alone(event: str) -> None:
    def add(section: Any, **_: Any) -> None:
        section.write("added by one session")

    before = SharingSession().client("sqs")
    session, plain = SharingSession(), boto3.Session()
    for each in (session, plain):
        each.events.register(event, add)
    texts = [str(each.client("sqs").send_message.__doc__) for each in (session, plain)]
    assert "added by one session" in texts[0]
    assert texts[0] == texts[1]
    for client in (before, SharingSession().client("sqs")):
        assert "added by one session" not in str(client.send_message.__doc__)


def test_a_documentation_handler_among_the_built_in_ones_writes_later_sessions_docstrings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def add(section: Any, **_: Any) -> None:
        section.write("added to the built-in ones")

    old = SharingSession()
    old.client("sqs")
    added = ("docs.request-params.sqs.SendMessage.complete-section", add)
    with monkeypatch.context() as patch:
        patch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS, added])
        assert "added to the" in str(SharingSession().client("sqs").send_message.__doc__)
        assert "added to the" not in str(old.client("sqs").send_message.__doc__)
    assert "added to the" not in str(SharingSession().client("sqs").send_message.__doc__)


# ---- handlers of class creation ----


class Mixin:
    """A user's."""

    def mine(self) -> str:
        return "mine"


def change_the_class(class_attributes: dict[str, Any], base_classes: list[type], **_: Any) -> None:
    class_attributes["send_message"].__doc__ = "Told by the user."
    class_attributes["send_message"].mark = "of the user"
    class_attributes["receive_message"] = lambda self: "mine"
    del class_attributes["list_queues"]
    base_classes.insert(0, Mixin)


def check_changed(client: Any, *, is_changed: bool) -> None:
    send = vars(type(client))["send_message"]
    assert (send.__doc__ == "Told by the user.") is is_changed
    assert hasattr(send, "mark") is is_changed
    assert (functions(client)["receive_message"].__name__ == "<lambda>") is is_changed
    assert ("list_queues" not in dir(client)) is is_changed
    assert isinstance(client, Mixin) is is_changed


@pytest.mark.parametrize("event", ["creating-client-class.sqs", "creating-client-class", "*.sqs", "*"])
def test_a_handler_of_class_creation_changes_its_session_s_next_clients_and_no_other(event: str) -> None:
    session = SharingSession()
    before = session.client("sqs")

    def handle(event_name: str, **arguments: Any) -> None:
        if event_name == "creating-client-class.sqs":
            change_the_class(**arguments)

    session.events.register(event, handle)
    check_changed(session.client("sqs"), is_changed=True)
    check_changed(session.client("sqs"), is_changed=True)
    check_changed(before, is_changed=False)
    check_changed(SharingSession().client("sqs"), is_changed=False)


def test_the_event_is_emitted_for_each_client_with_all_of_its_class() -> None:
    seen: list[Any] = []

    def see(class_attributes: dict[str, Any], base_classes: list[type], event_name: str, **more: Any) -> None:
        seen.append((event_name, list(class_attributes), list(base_classes), sorted(more)))

    for session in (boto3.Session(), SharingSession()):
        session.events.register_first("creating-client-class", see)
        for _ in range(2):
            session.client("s3")
    assert seen == [seen[0]] * 4


def test_who_wraps_the_making_of_methods_is_called_for_each_client() -> None:
    session = SharingSession()
    session.client("sqs")
    original = botocore.client.ClientCreator._create_api_method
    with mock.patch("botocore.client.ClientCreator._create_api_method", autospec=True, side_effect=original) as wrapper:
        client = session.client("sqs")
        assert wrapper.call_count == len(client.meta.method_to_api_mapping)


# ---- endpoint discovery ----


@pytest.mark.parametrize("service", ["timestream-query", "timestream-write", "dynamodb", "sqs"])
def test_endpoint_discovery_is_botocore_s(service: str) -> None:
    def discovery(client: Any) -> Any:
        service_model = client.meta.service_model
        operation = service_model.endpoint_discovery_operation
        found = [
            type(getattr(handler, "__self__", handler)).__name__
            for event in ("before-parameter-build", "needs-retry", "choose-signer", "request-created")
            for handler in client.meta.events._emitter._handlers.prefix_search(f"{event}.{service}.DescribeEndpoints")
        ]
        shape = operation and operation.input_shape
        return operation and operation.name, shape, service_model.endpoint_discovery_required, found

    SharingSession().client(service)
    ours, plain = SharingSession().client(service), boto3.Session().client(service)
    assert repr(discovery(ours)) == repr(discovery(plain))
    operation = ours.meta.service_model.endpoint_discovery_operation
    if operation is not None:
        assert operation is ours.meta.service_model.operation_model("DescribeEndpoints")
        assert operation.service_model is ours.meta.service_model


def test_a_session_that_took_away_its_discovery_operation_has_none() -> None:
    SharingSession().client("timestream-query")
    session = SharingSession()
    model = loader_of(session).load_service_model("timestream-query", "service-2", api_version=None)
    del model["operations"]["DescribeEndpoints"]["endpointoperation"]
    assert session.client("timestream-query").meta.service_model.endpoint_discovery_operation is None


def test_a_discovery_operation_that_is_none_any_more_when_the_class_was_made_is_none() -> None:
    SharingSession().client("timestream-query")
    for session in (boto3.Session(), SharingSession()):
        model = loader_of(session).load_service_model("timestream-query", "service-2", api_version=None)

        def change(model: Any = model, **_: Any) -> None:
            del model["operations"]["DescribeEndpoints"]["endpointoperation"]

        session.events.register("creating-client-class", change)
        client = session.client("timestream-query")
        assert client.meta.service_model.endpoint_discovery_operation is None


# ---- threads, forks, memory ----


def test_threads_that_make_the_first_clients_of_a_service_get_whole_ones() -> None:
    found: list[Any] = []
    start = threading.Barrier(8)

    def make() -> None:
        session = SharingSession()
        start.wait()
        client = session.client("glacier")
        found.append((client, sorted(functions(client)), str(client.list_vaults.__doc__)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    plain = boto3.Session().client("glacier")
    assert [each[1:] for each in found] == [(sorted(functions(plain)), str(plain.list_vaults.__doc__))] * 8


def test_a_child_uses_what_its_parent_has_made() -> None:
    run_child(
        """
        import os
        from boto3_client_cache import Session
        client = Session(region_name="us-east-1").client("sqs")
        child = os.fork()
        if not child:
            other = Session(region_name="us-east-1").client("sqs")
            assert str(other.send_message.__doc__) == str(client.send_message.__doc__) != ""
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """
    )


def test_functions_die_with_the_last_session_and_models_are_released() -> None:
    run_child(
        """
        import gc, weakref
        from boto3_client_cache import Session, models_info, release_models

        def held():
            return any("/xray/" in model.path for model in models_info().models)

        session = Session(region_name="us-east-1")
        client = session.client("xray")
        str(client.get_groups.__doc__)
        function = vars(type(client))["get_groups"]
        kept, gone = vars(type(client))["get_group"], weakref.ref(function)
        del session, client, function
        while gc.collect():
            pass
        assert gone() is None
        assert release_models() and held()  # what is kept has its model to write of
        assert len(str(kept.__doc__)) > 1_000
        del kept
        while gc.collect():
            pass
        release_models()
        assert not held()
        """
    )


def test_a_docstring_is_written_after_its_session_has_gone() -> None:
    client = SharingSession().client("codestar-notifications")
    function = vars(type(client))["list_targets"]
    expected = str(boto3.Session().client("codestar-notifications").list_targets.__doc__)
    del client
    gc.collect()
    models.release_models()
    assert str(function.__doc__) == expected
