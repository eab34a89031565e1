"""Random histories of every cache class, checked after each step against a naive oracle."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from support.kinds import Flavour
from support.oracle import NaiveCache

NAMES = "abcdefgh"
SIZES = st.one_of(st.none(), st.integers(-6, 6))
MISSING = object()


def machine_for(flavour: Flavour) -> type[RuleBasedStateMachine]:
    """Build the machine of one cache class."""
    kind = flavour.kind
    keys = {name: kind.key(name, region_name="r") for name in NAMES}
    respelled = {name: kind.key(name, "r", use_ssl=True) for name in NAMES}
    some_name = st.sampled_from(NAMES)

    class CacheMachine(RuleBasedStateMachine):
        caches = Bundle("caches")

        @initialize(target=caches, size=SIZES)
        def create(self, size):
            oracle = NaiveCache(flavour.policy, 10)
            oracle.resize(size)
            self.pairs = [(flavour.cache_class(size), oracle)]
            return self.pairs[0]

        @rule(target=caches, pair=caches)
        def copy(self, pair):
            cache, oracle = pair
            twin = cache.copy(), oracle.copy()
            assert cache == twin[0]
            self.pairs.append(twin)
            return twin

        @rule(pair=caches, name=some_name)
        def store(self, pair, name):
            cache, oracle = pair
            stub = kind.stub()
            if oracle.find(keys[name]):
                with pytest.raises(kind.exists_error):
                    cache[respelled[name]] = stub
            else:
                cache[keys[name]] = stub
                oracle.store(keys[name], stub)

        @rule(pair=caches, name=some_name)
        def subscribe(self, pair, name):
            cache, oracle = pair
            expected = oracle.use(keys[name])
            if expected is None:
                with pytest.raises(kind.not_found_error):
                    cache[keys[name]]
            else:
                assert cache[respelled[name]] is expected

        @rule(pair=caches, name=some_name)
        def get(self, pair, name):
            cache, oracle = pair
            assert cache.get(respelled[name]) is oracle.use(keys[name])

        @rule(pair=caches, name=some_name)
        def pop(self, pair, name):
            cache, oracle = pair
            expected = oracle.remove(keys[name])
            if expected is None:
                assert cache.pop(keys[name], MISSING) is MISSING
                with pytest.raises(kind.not_found_error):
                    cache.pop(keys[name])
            else:
                assert cache.pop(respelled[name]) is expected

        @rule(pair=caches, name=some_name)
        def delete(self, pair, name):
            cache, oracle = pair
            if oracle.remove(keys[name]) is None:
                with pytest.raises(kind.not_found_error):
                    del cache[keys[name]]
            else:
                del cache[respelled[name]]

        @rule(pair=caches)
        def popitem(self, pair):
            cache, oracle = pair
            if not oracle.entries:
                with pytest.raises(kind.not_found_error):
                    cache.popitem()
            else:
                entry = oracle.popitem()
                key, value = cache.popitem()
                assert key == entry.key
                assert value is entry.value

        @rule(pair=caches)
        def clear(self, pair):
            cache, oracle = pair
            cache.clear()
            oracle.entries.clear()

        @rule(pair=caches, size=SIZES)
        def resize(self, pair, size):
            cache, oracle = pair
            cache.max_size = size
            oracle.resize(size)

        @rule(pair=caches, name=some_name, wrong=st.sampled_from(["text", None, 3, [], kind.other.key("a")]))
        def misuse(self, pair, name, wrong):
            cache, _ = pair
            for misuse in (
                lambda: cache[wrong],
                lambda: cache.get(wrong),
                lambda: cache.pop(wrong, None),
                lambda: cache.__delitem__(wrong),
                lambda: cache.__setitem__(wrong, kind.stub()),
                lambda: cache.__setitem__(keys[name], wrong),
                lambda: setattr(cache, "max_size", "text"),
            ):
                with pytest.raises(kind.error):
                    misuse()
            assert wrong not in cache

        @rule(pair=caches, other=caches)
        def compare(self, pair, other):
            def contents(oracle):
                return {entry.key: id(entry.value) for entry in oracle.entries}

            assert (pair[0] == other[0]) is (contents(pair[1]) == contents(other[1]))

        @invariant()
        def contents_and_order_are_the_oracles(self):
            for cache, oracle in getattr(self, "pairs", ()):
                order = oracle.order()
                assert [*cache] == [*cache.keys()] == [entry.key for entry in order]
                assert [*map(id, cache.values())] == [id(entry.value) for entry in order]
                assert [*reversed(cache)] == [*cache][::-1]
                assert len(cache) == len(order)
                assert cache.max_size == oracle.max_size
                assert [name for name in NAMES if keys[name] in cache] == [
                    name for name in NAMES if oracle.find(keys[name])
                ]

    CacheMachine.__qualname__ = f"{flavour}Machine"
    return CacheMachine


def test_any_history_ends_as_the_oracle_says(flavour):
    run_state_machine_as_test(
        machine_for(flavour), settings=settings(max_examples=200, stateful_step_count=60, deadline=None)
    )
