"""Metrics for OpenTelemetry: ``pip install boto3-client-cache[opentelemetry]``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from opentelemetry.metrics import Observation, get_meter

from boto3_client_cache import __version__
from boto3_client_cache._metrics import COUNTERS, CREATION_TIME, LEVELS, Signal, totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.metrics import CallbackOptions, MeterProvider

__all__ = ["observe_client_caches"]

_PREFIX = "boto3_client_cache."


def _observe(signal: Signal, _: CallbackOptions) -> Iterator[Observation]:
    for kind, policy, info in totals():
        yield Observation(signal.value(info), {f"{_PREFIX}kind": kind, f"{_PREFIX}policy": policy})


def observe_client_caches(meter_provider: MeterProvider | None = None) -> None:
    """Have all caches of the process observed, by kind and policy; to be called once in a process.

    Args:
        meter_provider: Whose metrics they become; None for the global one, also when that is set later.
    """
    meter = get_meter("boto3_client_cache", __version__, meter_provider)
    for signal in COUNTERS:
        meter.create_observable_counter(
            _PREFIX + signal.name, [partial(_observe, signal)], f"{{{signal.unit}}}", signal.meaning
        )
    meter.create_observable_counter(
        f"{_PREFIX}creation.time", [partial(_observe, CREATION_TIME)], CREATION_TIME.unit, CREATION_TIME.meaning
    )
    for signal in LEVELS:
        meter.create_observable_up_down_counter(
            _PREFIX + signal.name, [partial(_observe, signal)], f"{{{signal.unit}}}", signal.meaning
        )
