"""The metrics as OpenTelemetry's SDK reads them."""

import gc

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from support.child import run_child
from support.kinds import ALL_FLAVOURS
from support.metrics import RISES, eventful_cache

import boto3_client_cache
from boto3_client_cache.opentelemetry import observe_client_caches

UNITS = {
    "boto3_client_cache.hits": "{hit}",
    "boto3_client_cache.misses": "{miss}",
    "boto3_client_cache.evictions": "{eviction}",
    "boto3_client_cache.expirations": "{expiration}",
    "boto3_client_cache.regrets": "{miss}",
    "boto3_client_cache.creations": "{creation}",
    "boto3_client_cache.creation.time": "s",
    "boto3_client_cache.entries": "{entry}",
    "boto3_client_cache.max_entries": "{entry}",
}
LEVELS = {"boto3_client_cache.entries", "boto3_client_cache.max_entries"}


@pytest.fixture
def collect():
    """Return a function that collects, and gives the scope and its metrics by name."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    observe_client_caches(provider)

    def collect():
        [of_resource] = reader.get_metrics_data().resource_metrics
        [of_scope] = of_resource.scope_metrics
        return of_scope.scope, {metric.name: metric for metric in of_scope.metrics}

    yield collect
    provider.shutdown()


def values(metrics):
    return {
        (name, point.attributes["boto3_client_cache.kind"], point.attributes["boto3_client_cache.policy"]): point.value
        for name, metric in metrics.items()
        for point in metric.data.data_points
    }


def test_the_names_units_and_kinds_are_these(collect):
    scope, metrics = collect()
    assert (scope.name, scope.version) == ("boto3_client_cache", boto3_client_cache.__version__)
    assert {name: metric.unit for name, metric in metrics.items()} == UNITS
    assert {name for name, metric in metrics.items() if not metric.data.is_monotonic} == LEVELS
    assert all(metric.description for metric in metrics.values())


def test_there_is_one_series_for_each_kind_and_policy(collect):
    _, metrics = collect()
    flavours = {(str(flavour.kind), flavour.policy) for flavour in ALL_FLAVOURS}
    assert set(values(metrics)) == {(name, *flavour) for name in UNITS for flavour in flavours}


def test_everything_that_happens_is_counted_under_its_kind_and_policy(collect, any_flavour):
    gc.collect()
    before = values(collect()[1])
    cache = eventful_cache(any_flavour)
    rises = {name: value - before[name] for name, value in values(collect()[1]).items() if value != before[name]}
    assert 0 < rises.pop(("boto3_client_cache.creation.time", str(any_flavour.kind), any_flavour.policy)) < 60
    assert rises == {
        (f"boto3_client_cache.{name}", str(any_flavour.kind), any_flavour.policy): rise for name, rise in RISES.items()
    }
    assert len(cache) == 1


def test_a_provider_that_is_set_later_gets_them_too():
    run_child("""
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from boto3_client_cache.opentelemetry import observe_client_caches

        observe_client_caches()
        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        [of_resource] = reader.get_metrics_data().resource_metrics
        assert of_resource.scope_metrics[0].scope.name == "boto3_client_cache"
    """)
