"""No operation, errors included, leaves a reference, an object or a byte behind."""

import json
from pathlib import Path

import pytest
from operations import tables
from support.child import run_child

PROGRAM = Path(__file__).with_name("check_references.py")


def drifts(table):
    return json.loads(run_child(PROGRAM, table, timeout=200))


@pytest.mark.parametrize("table", [name for name, _ in tables()])
def test_operations_leave_nothing_behind(table):
    found = drifts(table)
    assert len(found) > 20
    assert {operation: drift for operation, drift in found.items() if drift} == {}


def test_the_check_sees_every_kind_of_leak():
    found = drifts("stand-ins")
    assert found["a reference too many"].keys() == {"references to thing"}
    assert found["a reference too few"].keys() == {"references to owned"}
    assert "memory blocks" in found["an object"]
    assert "heap bytes" in found["native memory"]
    assert found["nothing"] == {}
