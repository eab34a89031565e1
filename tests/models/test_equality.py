"""What the shared loader loads is what botocore's loads: in value, class and key order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel

from boto3_client_cache import _core, models
from boto3_client_cache.lean.models import SharedFileLoader, SharedLoader

DATA_ROOTS = [Path(package.__file__).parent / "data" for package in (botocore, boto3)]
SERVICES = sorted(Loader().list_available_services("service-2"))
SOME_SERVICES = ["cloudfront", "cloudwatch", "dynamodb", "ec2", "lambda", "s3", "sqs"]


def assert_same(ours: Any, theirs: Any, path: str = "") -> None:
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), path
        # By key first, then as a whole: the two ways to read a view.
        for key, value in theirs.items():
            assert_same(ours[key], value, f"{path}/{key}")
        assert list(ours) == list(theirs), path
        assert all(one is two for one, two in zip(ours.values(), map(ours.get, ours), strict=True)), path
    elif isinstance(theirs, list):
        assert type(ours) is list, path
        assert len(ours) == len(theirs), path
        for i, (one, two) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(one, two, f"{path}/{i}")
    else:
        assert type(ours) is type(theirs), path
        assert repr(ours) == repr(theirs), path


def model_files() -> Iterator[str]:
    """Every model file that is installed, without its extension."""
    for root in DATA_ROOTS:
        for path in sorted(root.rglob("*.json*")):
            yield str(path).removesuffix(".gz").removesuffix(".json")


@pytest.mark.full
def test_every_installed_file_loads_alike() -> None:
    count = 0
    for path in model_files():
        ours = SharedFileLoader().load_file(path)
        assert_same(ours, JSONFileLoader().load_file(path), path)
        assert SharedFileLoader().load_file(path) == ours
        count += 1
    assert count > 1_000
    models.release_models()


def test_every_installed_file_is_taken_by_the_store() -> None:
    """None is left to botocore's own reader, which would be right but not lean."""
    for path in model_files():
        views = [_core.load_model(os.fsencode(path + extension)) for extension in (".json", ".json.gz")]
        assert any(views), path
        assert False not in views, path
    models.release_models()


@pytest.mark.parametrize("service", SOME_SERVICES)
def test_models_of_some_services_load_alike(service: str) -> None:
    loader, plain = SharedLoader(), Loader()
    for type_name in ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"):
        if service in plain.list_available_services(type_name):
            assert_same(loader.load_service_model(service, type_name), plain.load_service_model(service, type_name))


@pytest.mark.parametrize("name", ["endpoints", "partitions", "sdk-default-configuration", "_retry"])
def test_data_that_every_client_needs_loads_alike(name: str) -> None:
    assert_same(SharedLoader().load_data(name), Loader().load_data(name))


def describe(shape: Any, seen: frozenset[str] = frozenset()) -> Any:
    """A shape with everything that serialisers, parsers and documentation read of it."""
    if shape is None:
        return None
    described: list[Any] = [
        shape.name, shape.type_name, shape.documentation, dict(shape.serialization), dict(shape.metadata),
    ]  # fmt: skip
    if shape.name in seen:
        return described
    seen |= {shape.name}
    if shape.type_name == "structure":
        described.append([(name, describe(member, seen)) for name, member in shape.members.items()])
    elif shape.type_name == "list":
        described.append(describe(shape.member, seen))
    elif shape.type_name == "map":
        described += [describe(shape.key, seen), describe(shape.value, seen)]
    return described


def describe_operations(model: ServiceModel) -> Iterator[Any]:
    walked: set[str] = set()

    def once(shape: Any) -> Any:
        if shape is None or shape.name in walked:
            return shape and shape.name
        walked.add(shape.name)
        return describe(shape)

    for name in model.operation_names:
        operation = model.operation_model(name)
        yield (
            name, operation.wire_name, operation.documentation, dict(operation.http), operation.deprecated,
            once(operation.input_shape), once(operation.output_shape), [once(e) for e in operation.error_shapes],
            operation.idempotent_members, operation.get_event_stream_output() and True,
        )  # fmt: skip


def assert_operations_walk_alike(service: str) -> None:
    plain = Loader()
    for version in plain.list_api_versions(service, "service-2"):
        ours = ServiceModel(SharedLoader().load_service_model(service, "service-2", version), service)
        theirs = ServiceModel(plain.load_service_model(service, "service-2", version), service)
        assert dict(ours.metadata) == dict(theirs.metadata)
        assert ours.shape_names == theirs.shape_names
        for one, two in zip(describe_operations(ours), describe_operations(theirs), strict=True):
            assert one == two, (service, version, two[0])


@pytest.mark.parametrize("service", ["cloudwatch", "lambda", "s3", "sqs"])
def test_operations_of_some_services_walk_alike(service: str) -> None:
    assert_operations_walk_alike(service)


@pytest.mark.full
def test_operations_of_every_service_walk_alike() -> None:
    for service in SERVICES:
        assert_operations_walk_alike(service)
