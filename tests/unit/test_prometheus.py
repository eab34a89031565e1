"""The metrics as Prometheus scrapes them."""

import gc
import os
import threading
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from support.child import run_child
from support.kinds import ALL_FLAVOURS, CLIENT
from support.metrics import RISES, eventful_cache

from boto3_client_cache import ClientCache, ClientCacheKey, Session
from boto3_client_cache.prometheus import ClientCacheCollector

COUNTERS = {
    *(
        f"boto3_client_cache_{name}_total"
        for name in ("hits", "misses", "evictions", "expirations", "regrets", "creations")
    ),
    "boto3_client_cache_creation_seconds_total",
}
GAUGES = {"boto3_client_cache_entries", "boto3_client_cache_max_entries"}


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    registry.register(ClientCacheCollector())
    return registry


@pytest.fixture
def scrape(registry):
    """Return the samples of a scrape, by name, kind and policy; their text is parsed as strictly as OpenMetrics is."""

    def scrape():
        text = generate_latest(registry).decode()
        return {
            (sample.name, sample.labels["kind"], sample.labels["policy"]): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return scrape


def test_the_names_and_labels_are_these(scrape):
    flavours = {(str(flavour.kind), flavour.policy) for flavour in ALL_FLAVOURS}
    assert set(scrape()) == {(name, *flavour) for name in COUNTERS | GAUGES for flavour in flavours}


def test_the_types_are_these(registry):
    families = text_string_to_metric_families(generate_latest(registry).decode())
    types = {family.name: family.type for family in families}
    assert types == {
        **{name.removesuffix("_total"): "counter" for name in COUNTERS},
        **dict.fromkeys(GAUGES, "gauge"),
    }


def test_everything_that_happens_is_counted_under_its_kind_and_policy(scrape, any_flavour):
    gc.collect()
    before = scrape()
    cache = eventful_cache(any_flavour)
    rises = {name: value - before[name] for name, value in scrape().items() if value != before[name]}
    seconds = rises.pop(("boto3_client_cache_creation_seconds_total", str(any_flavour.kind), any_flavour.policy))
    assert 0 < seconds < 60
    assert rises == {
        (
            f"boto3_client_cache_{name}{'' if 'entries' in name else '_total'}",
            str(any_flavour.kind),
            any_flavour.policy,
        ): rise
        for name, rise in RISES.items()
    }
    assert len(cache) == 1


def test_counters_do_not_fall_when_caches_die(scrape, any_flavour):
    gc.collect()
    cache = eventful_cache(any_flavour)
    before = scrape()
    del cache
    gc.collect()
    after = scrape()
    changed = {name: after[name] - value for name, value in before.items() if after[name] != value}
    assert changed == {
        ("boto3_client_cache_entries", str(any_flavour.kind), any_flavour.policy): -RISES["entries"],
        ("boto3_client_cache_max_entries", str(any_flavour.kind), any_flavour.policy): -RISES["max_entries"],
    }


def test_what_a_session_counted_between_two_scrapes_is_there_when_it_is_gone(scrape, builder):
    hits = ("boto3_client_cache_hits_total", "client", "LRU")
    before = scrape()[hits]
    for _ in range(3):
        session = Session()
        session.client("sqs")
        session.client("sqs")
    del session
    gc.collect()
    assert scrape()[hits] == before + 3


def test_counters_never_fall_while_caches_are_made_and_die(scrape):
    stop = threading.Event()

    def make_and_drop():
        while not stop.is_set():
            for flavour in ALL_FLAVOURS:
                eventful_cache(flavour)

    threads = [threading.Thread(target=make_and_drop) for _ in range(3)]
    for thread in threads:
        thread.start()
    scrapes = [scrape() for _ in range(100)]
    stop.set()
    for thread in threads:
        thread.join()
    for name in scrapes[0]:
        if name[0] in COUNTERS:
            values = [samples[name] for samples in scrapes]
            assert values == sorted(values)
    assert scrapes[-1] != scrapes[0]


def test_nothing_secret_and_nothing_unbounded_is_in_a_scrape(registry):
    text = generate_latest(registry).decode()
    caches = [ClientCache() for _ in range(20)]
    for number, cache in enumerate(caches):
        cache[ClientCacheKey("s3", aws_secret_access_key=f"secret{number}", region_name=f"region{number}")] = (
            CLIENT.stub()
        )
    later = generate_latest(registry).decode()
    assert len(later.splitlines()) == len(text.splitlines())
    assert "secret" not in later
    assert "region" not in later


def test_a_real_scrape(registry):
    server, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as response:
            assert b'boto3_client_cache_hits_total{kind="client",policy="LRU"}' in response.read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_registering_two_is_refused_by_the_registry(registry):
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(ClientCacheCollector())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_counts_from_zero():
    run_child("""
        import os
        from boto3_client_cache._metrics import totals
        from support.kinds import ALL_FLAVOURS
        from support.metrics import eventful_cache

        alive = [eventful_cache(flavour) for flavour in ALL_FLAVOURS]
        for flavour in ALL_FLAVOURS:
            eventful_cache(flavour)
        counted = [(info.hits, info.misses, info.evictions, info.expirations, info.creations) for *_, info in totals()]
        assert all(map(all, counted)), counted
        child = os.fork()
        if child == 0:
            counted = [info for *_, info in totals()]
            os._exit(any(info._replace(maxsize=0) != (0,) * len(info) for info in counted))
        assert os.waitpid(child, 0)[1] == 0
        assert [(i.hits, i.misses, i.evictions, i.expirations, i.creations) for *_, i in totals()] == counted
    """)
