"""A client's operations and shapes are what botocore's are, and what is done to them is done to that client alone."""

from __future__ import annotations

import copy
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import botocore.model
import pytest
from botocore.parsers import ResponseParserFactory
from support.child import run_child

from boto3_client_cache.lean import shapes

from .conftest import SharingSession

KEPT = ("_shape_resolver", "_cache")
OF_OPERATIONS = (
    "name", "wire_name", "documentation", "deprecated", "http", "metadata", "context_parameters", "idempotent_members",
    "static_context_parameters", "operation_context_parameters", "has_event_stream_input", "has_event_stream_output",
    "has_streaming_input", "has_streaming_output", "http_checksum", "auth_type", "error_shapes",
)  # fmt: skip
OF_SHAPES = (
    "name", "type_name", "documentation", "serialization", "metadata", "required_members", "event_stream_name", "enum",
    "error_code", "is_document_type", "is_tagged_union", "_shape_model",
)  # fmt: skip


def plain(value: Any) -> Any:
    """What compares with anything: an ordered dict asks a lazy one for what is in it in no way that it hears."""
    if isinstance(value, dict):
        return [(key, plain(item)) for key, item in value.items()]
    return list(map(plain, value)) if isinstance(value, list) else value


def told(shape: Any, depth: int = 5) -> Any:
    """All that a shape says, and those below it."""
    if not isinstance(shape, botocore.model.Shape):
        return [told(each) for each in shape] if isinstance(shape, list) else plain(shape)
    said: dict[str, Any] = {name: plain(getattr(shape, name, "missing")) for name in OF_SHAPES}
    said["repr"] = repr(shape)
    said["kind"] = next(each for each in type(shape).__mro__ if each.__module__ == "botocore.model").__name__
    for name in ("member", "key", "value"):
        if depth and hasattr(shape, name):
            said[name] = told(getattr(shape, name), depth - 1)
    if depth and hasattr(shape, "members"):
        assert type(shape.members) is OrderedDict
        said["members"] = [(name, told(member, depth - 1)) for name, member in shape.members.items()]
    return said


def operations(service: str) -> Iterator[tuple[Any, Any]]:
    SharingSession().client(service)
    ours, plain = (session.client(service).meta.service_model for session in (SharingSession(), boto3.Session()))
    for name in plain.operation_names:
        yield ours.operation_model(name), plain.operation_model(name)


@pytest.mark.parametrize(
    "service", ["sqs", "dynamodb", "route53", pytest.param("s3", marks=pytest.mark.full), "kinesis"]
)
def test_operations_say_what_botocores_say_in_any_order(service: str) -> None:
    for number, (ours, plain) in enumerate(operations(service)):
        assert type(ours) is shapes.OperationModel
        names = OF_OPERATIONS if number % 2 else OF_OPERATIONS[::-1]
        shown = ("input_shape", "output_shape")
        for name in (*shown, *names) if number % 3 else (*names, *shown):
            one, other = (told(getattr(each, name, "missing")) for each in (ours, plain))  # older ones have not all
            assert one == other, (plain.name, name)
        assert repr(ours) == repr(plain)


# Shapes of s3.get_object's answer, and what may be done to them; a handler or the client's user gets the operation.
def pop_member(shape: Any) -> None:
    shape.members.pop("ETag")


def replace_member(shape: Any) -> None:
    shape.members["ETag"] = shape.members["CacheControl"]


def rename_member(shape: Any) -> None:
    shape.members["Mine"] = shape.members.pop("SSECustomerAlgorithm")


def rename_last_member(shape: Any) -> None:
    name, member = shape.members.popitem()  # whichever it is: versions of the model differ
    shape.members[name + "X"] = member


def reorder_members(shape: Any) -> None:
    shape.members.move_to_end("ETag", last=False)


def empty_members(shape: Any) -> None:
    shape.members.clear()


def rename_header(shape: Any) -> None:
    shape.members["ETag"].serialization["name"] = "X-Mine"


def take_serialization(shape: Any) -> None:
    shape.members["ETag"].serialization.clear()


def give_serialization(shape: Any) -> None:
    shape.members["ETag"].serialization = {"location": "header", "name": "X-Mine"}


def give_type(shape: Any) -> None:
    shape.members["ETag"].type_name = "integer"


def take_payload(shape: Any) -> None:
    shape.serialization.pop("payload")


def change_below(shape: Any) -> None:
    shape.members["Metadata"].key.serialization["mine"] = True
    shape.members["Metadata"].serialization["name"] = "x-mine-"


def give_members(shape: Any) -> None:
    shape.members = OrderedDict(ETag=shape.members["ETag"])


def change_the_model_of_the_shape(shape: Any) -> None:
    shape.members["ETag"]._shape_model["locationName"] = "X-Mine"


CHANGES = [
    pop_member, replace_member, rename_member, rename_last_member, reorder_members, empty_members, rename_header,
    take_serialization, give_serialization, give_type, take_payload, change_below, give_members,
    change_the_model_of_the_shape,
]  # fmt: skip
HEADERS = {
    "ETag": "1", "X-Mine": "2", "Cache-Control": "none", "x-amz-meta-a": "b", "x-mine-c": "d", "Content-Length": "0",
    "x-amz-server-side-encryption-customer-algorithm": "AES", "x-amz-tagging-count": "3",
    "x-amz-object-lock-event-hold-duration-years": "7", "x-amz-object-lock-legal-hold": "ON",
}  # fmt: skip
ANSWER: dict[str, Any] = {"status_code": 200, "headers": HEADERS, "body": b"", "context": {}}


def parsed(client: Any, name: str = "GetObject") -> Any:
    parser = client._endpoint._response_parser_factory.create_parser("rest-xml")
    try:
        answer = parser.parse(copy.deepcopy(ANSWER), client.meta.service_model.operation_model(name).output_shape)
    except Exception as error:  # botocore's, of a shape that somebody has broken
        return type(error), str(error)
    return {key: str(value) if key == "Body" else value for key, value in answer.items()}


def clients(session_class: Any) -> dict[str, Any]:
    one, other = session_class(), session_class()
    return {
        "changed": one.client("s3"),
        "of its session": one.client("s3"),
        "of another session": other.client("s3"),
    }


@pytest.mark.parametrize("used_before", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_shape_was_not_seen_or_seen_by_others(
    change: Callable[[Any], None], *, used_before: bool
) -> None:
    if used_before and change is change_the_model_of_the_shape:
        pytest.skip("botocore's shape has taken what it needs from its model by then, and ours may have not")
    answers = []
    for session_class in (SharingSession, boto3.Session):
        made = clients(session_class)
        before = parsed(made["of another session"])
        if used_before:
            parsed(made["changed"])
        change(made["changed"].meta.service_model.operation_model("GetObject").output_shape)
        made["later"] = session_class().client("s3")
        answers.append({role: parsed(client) for role, client in made.items()})
        assert all(answer == before for role, answer in answers[-1].items() if role != "changed")
        answers[-1]["again"] = parsed(made["changed"])
    assert answers[0] == answers[1]
    assert change is reorder_members or answers[0]["changed"] != answers[0]["later"]


def test_a_list_in_a_shape_is_the_session_s_as_with_botocore() -> None:
    seen = []
    for session_class in (SharingSession, boto3.Session):
        made = clients(session_class)
        shape = made["changed"].meta.service_model.operation_model("GetObject").input_shape
        shape.required_members.append("Mine")
        models = (client.meta.service_model for client in made.values())
        seen.append([model.operation_model("GetObject").input_shape.required_members for model in models])
    assert seen[0] == seen[1]
    assert seen[0][1] == ["Bucket", "Key", "Mine"]
    assert seen[0][2] == ["Bucket", "Key"]


def test_a_handler_that_changes_a_shape_changes_its_client_alone() -> None:
    answers = []
    for session_class in (SharingSession, boto3.Session):
        made = clients(session_class)
        parameters: dict[str, Any] = {"context": {"client_region": "us-east-1"}}
        made["changed"].meta.events.register(
            "before-call.s3.GetObject", lambda model, **_: model.output_shape.members.pop("ETag")
        )
        for client in made.values():
            model = client.meta.service_model.operation_model("GetObject")
            client.meta.events.emit("before-call.s3.GetObject", model=model, params=parameters, context={})
        answers.append({role: parsed(client) for role, client in made.items()})
    assert answers[0] == answers[1]
    assert "ETag" not in answers[0]["changed"]
    assert "ETag" in answers[0]["of its session"]


def test_a_model_that_was_changed_before_an_operation_s_first_use_counts() -> None:
    answers = []
    for session_class in (SharingSession, boto3.Session):
        made = clients(session_class)
        description = made["changed"].meta.service_model._service_description
        description["shapes"]["GetObjectOutput"]["members"].pop("ETag")
        answers.append({role: parsed(client) for role, client in made.items()})
    assert answers[0] == answers[1]
    assert "ETag" not in answers[0]["of its session"]
    assert "ETag" in answers[0]["of another session"]


def test_responses_are_parsed_with_patterns_after_the_handlers_of_s3_have_looked() -> None:
    client = SharingSession().client("s3")
    model = client.meta.service_model.operation_model("GetObject")
    for name in ("before-parse.s3.GetObject", "before-parse.s3"):
        client.meta.events.emit(
            name, operation_model=model, response_dict=copy.deepcopy(ANSWER), customized_response_dict={}
        )
    assert parsed(client)["ETag"] == "1"
    assert shapes.reads_as_pattern(model.output_shape)
    untouched = model.output_shape.members["ETag"]
    assert "_shape_model" not in vars(untouched)


def test_the_reader_of_an_event_stream_keeps_the_client_s_own_shape() -> None:
    client = SharingSession().client("kinesis")
    shape = client.meta.service_model.operation_model("SubscribeToShard").output_shape
    seen = []

    class Parser:
        def parse(self, response: Any, shape: Any) -> None:
            seen.append(shape)

    shapes._Parser(Parser()).parse({}, shape)
    assert seen == [shape]


def test_defaults_given_to_a_session_s_parsers_later_count() -> None:
    dates = []
    for session_class in (SharingSession, boto3.Session):
        session = session_class()
        client = session.client("s3")
        session._session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str.upper)
        parser = client._endpoint._response_parser_factory.create_parser("rest-xml")
        answer = {**ANSWER, "headers": {"Last-Modified": "now"}}
        shape = client.meta.service_model.operation_model("GetObject").output_shape
        dates.append(parser.parse(answer, shape)["LastModified"])
    assert dates == ["NOW", "NOW"]


def test_a_factory_of_somebody_s_own_gets_the_client_s_shapes() -> None:
    class Factory(ResponseParserFactory):  # type: ignore[misc]
        """A user's."""

    session = SharingSession()
    given = Factory()
    session._session.register_component("response_parser_factory", given)
    assert session.client("s3")._endpoint._response_parser_factory is given


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_shape_is_botocores(copied: Callable[[Any], Any]) -> None:
    ours, plain = next((ours, plain) for ours, plain in operations("sqs") if plain.name == "SendMessage")
    for one, other in ((ours.input_shape, plain.input_shape), (ours.input_shape.members["MessageBody"],) * 2):
        copy_of_ours = copied(one)
        assert type(copy_of_ours).__module__ == "botocore.model"
        assert told(copy_of_ours) == told(other)


def test_a_shape_can_be_pickled_as_botocores() -> None:
    ours, plain = next((ours, plain) for ours, plain in operations("sqs") if plain.name == "SendMessage")
    one, other = (pickle.loads(pickle.dumps(each.input_shape)) for each in (ours, plain))
    assert told(one) == told(other)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_whose_operations_were_used_could_not_be_copied(copied: Callable[[Any], Any]) -> None:
    ours, plain = (session.client("sqs").meta.service_model for session in (SharingSession(), boto3.Session()))
    for each in (ours, plain):
        each.operation_model("SendMessage").input_shape.members["MessageBody"].documentation
    operations = [copied(each.operation_model("SendMessage")) for each in (ours, plain)]
    operations += [copied(each).operation_model("ReceiveMessage") for each in (ours, plain)]
    for one, other in (operations[:2], operations[2:]):
        assert type(one).__module__ in ("botocore.model", shapes.__name__)
        assert told(one.input_shape) == told(other.input_shape)
        assert told(one.output_shape) == told(other.output_shape)
    assert type(copied(ours)) is botocore.model.ServiceModel


def test_what_no_shape_has_is_missing() -> None:
    shape = SharingSession().client("sqs").meta.service_model.operation_model("SendMessage").input_shape
    assert not hasattr(shape, "nothing")
    with pytest.raises(AttributeError, match="'StructureShape' object has no attribute 'nothing'"):
        shape.nothing


def test_a_class_of_shapes_that_somebody_added_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blob(botocore.model.Shape):
        """A user's."""

    monkeypatch.setitem(botocore.model.ShapeResolver.SHAPE_CLASSES, "blob", Blob)
    for session in (SharingSession(), boto3.Session()):
        model = session.client("kms").meta.service_model.operation_model("Decrypt")
        assert type(model.input_shape.members["CiphertextBlob"]) is Blob


def test_threads_that_resolve_one_operation_at_once_get_one_shape() -> None:
    client = SharingSession().client("s3")
    model = client.meta.service_model.operation_model("PutObject")
    barrier = threading.Barrier(8)

    def members(_: int) -> Any:
        barrier.wait()
        return list(model.input_shape.members.values())

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(members, range(8)))
    assert all(told(each) == told(found[0]) for each in found)
    assert shapes.reads_as_pattern(model.input_shape)


def test_patterns_keep_no_model_from_being_released() -> None:
    run_child("""
        import gc
        from boto3_client_cache import Session, _core

        def held():
            return [used for path, _, used in _core.held_models() if b"service-2" in path]

        client = Session(region_name="us-east-1").client("sqs")
        assert client.meta.service_model.operation_model("SendMessage").input_shape.members["MessageBody"].documentation
        assert held() == [True]
        del client
        gc.collect()
        gc.collect()  # the patterns, which the first has let go: a service model and its operations lead to each other
        assert held() == [False]
    """)
