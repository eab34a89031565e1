"""Whoever looks at a client (dir, signatures, help, waiters, paginators, exceptions, meta) sees what boto3's shows."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader
from support.child import run_child

from .conftest import SharingSession
from .surface import assert_clients_look_alike

SERVICES = sorted(Loader().list_available_services("service-2"))
# All that differ in kind: resources, models with extras, waiters, paginators, and handlers that document.
QUICK = ["dynamodb", "lambda", "neptune", "s3", "sqs"]


@pytest.mark.parametrize("service", QUICK)
def test_a_client_of_some_services_looks_as_boto3s(service: str) -> None:
    assert_clients_look_alike(SharingSession, service, documented=2)


def test_the_first_client_of_a_process_looks_as_boto3s() -> None:
    program = """
        import sys
        from models.conftest import SharingSession
        from models.surface import assert_clients_look_alike
        for service in sys.argv[1:]:
            assert_clients_look_alike(SharingSession, service, documented=1)
    """
    run_child(program, "s3", "docdb", "sts", timeout=240)


@pytest.mark.full
@pytest.mark.parametrize("service", SERVICES)
def test_a_client_of_every_service_looks_as_boto3s(service: str) -> None:
    assert_clients_look_alike(SharingSession, service, documented=None)
