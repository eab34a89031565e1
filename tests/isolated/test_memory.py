"""Memory stays level: a million keys, 100,000 entries, 300 real clients."""

import sys
from pathlib import Path

import pytest
from support.child import run_child

PROGRAM = Path(__file__).with_name("check_memory.py")
MODELS = Path(__file__).with_name("load_models.py")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")


def growth(scenario):
    """Run a scenario in a process of its own; return its growth in MiB."""
    return float(run_child(PROGRAM, scenario, timeout=250))


# A bound is a small part of what the least leak would cost: 16 bytes for each key or entry, 150 KiB for each client.
@pytest.mark.parametrize(("scenario", "bound"), [("keys", 4), ("entries", 2), ("clients", 10)])
def test_memory_stays_level(scenario, bound):
    assert growth(scenario) < bound


def test_the_measurement_sees_a_leak_of_16_bytes_each():
    assert growth("leak") > 15


def test_what_parsers_used_stayed_with_the_thread_that_loaded_models():
    in_main, in_thread = (float(run_child(MODELS, where)) for where in ("main", "thread"))
    assert in_thread < in_main * 1.4
