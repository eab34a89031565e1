"""Everything at once, in processes of their own: nothing lost, nothing twice, nothing hung."""

from itertools import product
from pathlib import Path

import pytest
from support.child import run_child

FOLDER = Path(__file__).parent
VALUES = ("plain", "storing", "collecting", "subclasses", "mocks")
LIFETIMES = ("never", "injected", "real")
SHORT = {
    (f"{policy}ClientCache", values, LIFETIMES[number % 3])
    for number, (policy, values) in enumerate(product(("LRU", "LFU"), VALUES))
} | {("LRUResourceCache", "plain", "injected"), ("LFUResourceCache", "plain", "never")}


def weighed(cases, is_short):
    """Mark what takes too long for every run."""
    return [pytest.param(*case, marks=() if is_short(case) else pytest.mark.full) for case in cases]


@pytest.mark.parametrize(
    ("flavour_name", "values", "lifetime"),
    weighed(
        product([f"{p}{k}Cache" for k in ("Client", "Resource") for p in ("LRU", "LFU")], VALUES, LIFETIMES),
        SHORT.__contains__,
    ),
)
def test_every_object_is_accounted_for(flavour_name, values, lifetime):
    run_child(FOLDER / "storm.py", flavour_name, values, lifetime, "2000", "1", timeout=250)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("lifetime", LIFETIMES)
def test_every_object_is_accounted_for_in_a_long_storm(flavour, lifetime, seed):
    run_child(FOLDER / "storm.py", str(flavour), "storing", lifetime, "6000", str(seed), timeout=280)


@pytest.mark.parametrize(
    ("kind_name", "build", "steps"),
    weighed(
        [
            ("client", "stubs", "800"),
            ("resource", "stubs", "800"),
            ("client", "real", "30"),
            ("client", "stubs", "10000"),
            ("resource", "stubs", "10000"),
            ("client", "real", "600"),
        ],
        lambda case: int(case[2]) < 1000 and case != ("client", "real", "600"),
    ),
)
def test_sessions_keep_their_promises(kind_name, build, steps):
    run_child(FOLDER / "session_storm.py", kind_name, build, steps, "1", timeout=280)
