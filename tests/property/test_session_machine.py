"""Random calls of a session, checked against one naive cache for each policy."""

import boto3
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from support.kinds import POLICIES, Kind
from support.oracle import NaiveCache

from boto3_client_cache import Session

SPELLINGS = [
    lambda name: ((name, "us-east-1"), {}),
    lambda name: ((), {"region_name": "us-east-1", "service_name": name}),
    lambda name: ((name, "us-east-1", None, True), {"verify": None}),
]


class BuildError(Exception):
    """What the stand-in for boto3 raises."""


def machine_for(kind: Kind) -> type[RuleBasedStateMachine]:
    """Build the machine of one kind of object."""

    class SessionMachine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.patch = pytest.MonkeyPatch()
            self.patch.setattr(boto3.Session, kind.name, lambda *_args, **_kwargs: self.build())
            self.session = Session(region_name="us-east-1")
            self.caches = kind.caches(self.session)
            self.oracles = {policy: NaiveCache(policy, 10) for policy in POLICIES}
            self.fails, self.built = False, []

        def teardown(self):
            self.patch.undo()

        def build(self):
            if self.fails:
                raise BuildError
            self.built.append(kind.stub())
            return self.built[-1]

        @rule(
            name=st.sampled_from("abcdef"),
            policy=st.sampled_from(POLICIES),
            spelling=st.sampled_from(SPELLINGS),
            size=st.one_of(st.none(), st.none(), st.integers(-5, 5)),
            fails=st.booleans(),
        )
        def get(self, name, policy, spelling, size, fails):
            oracle = self.oracles[policy]
            key = kind.key(name, "us-east-1")
            args, kwargs = spelling(name)
            kwargs |= {"eviction_policy": policy} if policy != "LRU" or size else {}
            kwargs |= {} if size is None else {"max_size": size}
            expected, self.fails, self.built = oracle.use(key), fails, []
            if expected is None and fails:
                with pytest.raises(BuildError):
                    kind.get(self.session, *args, **kwargs)
                return
            made = kind.get(self.session, *args, **kwargs)
            if size is not None:
                oracle.resize(size, keep=key)
            if expected is None:
                assert [*map(id, self.built)] == [id(made)]
                oracle.store(key, made)
            else:
                assert self.built == []
                assert made is expected

        @rule(policy=st.sampled_from(POLICIES), size=st.integers(0, 6))
        def resize(self, policy, size):
            self.caches[policy].max_size = size
            self.oracles[policy].resize(size)

        @rule(policy=st.sampled_from(POLICIES))
        def clear(self, policy):
            self.caches[policy].clear()
            self.oracles[policy].entries.clear()

        @invariant()
        def the_caches_are_the_oracles(self):
            for policy, oracle in self.oracles.items():
                cache, order = self.caches[policy], oracle.order()
                assert [*cache] == [entry.key for entry in order]
                assert [*map(id, cache.values())] == [id(entry.value) for entry in order]
                assert cache.max_size == oracle.max_size

    return SessionMachine


def test_any_sequence_of_calls_ends_as_the_oracle_says(kind):
    run_state_machine_as_test(
        machine_for(kind), settings=settings(max_examples=100, stateful_step_count=50, deadline=None)
    )
