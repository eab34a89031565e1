"""Metrics for Prometheus, by ``prometheus_client``: ``pip install boto3-client-cache[prometheus]``.

``prometheus_client.REGISTRY.register(ClientCacheCollector())``, once in a process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from boto3_client_cache._metrics import COUNTERS, CREATION_TIME, LEVELS, Signal, totals

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClientCacheCollector"]

_PREFIX = "boto3_client_cache_"
_LABELS = ("kind", "policy")


def _families() -> Iterator[tuple[Signal, CounterMetricFamily | GaugeMetricFamily]]:
    for signal in COUNTERS:
        yield signal, CounterMetricFamily(_PREFIX + signal.name, signal.meaning, labels=_LABELS)
    yield CREATION_TIME, CounterMetricFamily(f"{_PREFIX}creation_seconds", CREATION_TIME.meaning, labels=_LABELS)
    for signal in LEVELS:
        yield signal, GaugeMetricFamily(_PREFIX + signal.name, signal.meaning, labels=_LABELS)


class ClientCacheCollector(Collector):
    """Collects ``boto3_client_cache_hits_total`` and its like from all caches of the process, by kind and policy.

    Nothing is counted twice: the values are read when they are scraped. ``prometheus_client``'s multi-process mode has
    no collectors; there, each process is to serve its own.
    """

    def describe(self) -> Iterator[Metric]:
        """Yield the metrics without values, for the registry to know their names."""
        for _, family in _families():
            yield family

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics with their values of this moment."""
        rows = totals()
        for signal, family in _families():
            for kind, policy, info in rows:
                family.add_metric((kind, policy), signal.value(info))
            yield family
