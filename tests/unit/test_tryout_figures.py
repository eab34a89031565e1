"""What a try-out counts: against caches of the package that are really asked, and against figures by hand."""

from __future__ import annotations

import random

import pytest
from botocore.client import BaseClient

from boto3_client_cache import ClientCache, ClientCacheKey
from boto3_client_cache_tryout.figures import figures, loaded_models
from boto3_client_cache_tryout.records import Call, Failure, Gone, Made, Process


def call(owner=0, key=0, kind="client", service="sqs", client=0, loader=100, seconds=0.5):
    return Call(owner, kind, key, 1, seconds, client, service, "us-east-1", loader)


def process(*events):
    labels = {event.key: f"'{event.service}'" for event in events if isinstance(event, Call)}
    return Process(pid=1, events=list(events), lines={1: "a.py:1 in f", 2: "b.py:2 in g"}, keys=labels)


@pytest.mark.parametrize("seed", range(20))
def test_hits_and_the_size_that_keeps_all_are_those_of_a_real_cache(seed):
    draw = random.Random(seed)
    asked = [draw.randrange(draw.choice([2, 6, 12])) for _ in range(300)]
    counted = figures([process(*(call(key=key) for key in asked))])["max_size"]
    client = object.__new__(BaseClient)

    def hits(max_size):
        cache = ClientCache("LRU", max_size=max_size)
        for number in asked:
            cache.get_or_create(ClientCacheKey("sqs", f"region-{number}"), lambda: client)
        return cache.cache_info().hits

    assert counted["hits"] == {size: hits(int(size)) for size in counted["hits"]}
    again = len(asked) - len(set(asked))
    assert hits(counted["needed"]) == again
    assert hits(counted["needed"] - 1) < again


def test_each_session_and_each_kind_has_a_cache_of_its_own():
    events = [call(owner, 5, kind) for _ in range(3) for owner in (1, 2) for kind in ("client", "resource")]
    counted = figures([process(*events)])
    assert counted["max_size"]["needed"] == 1
    assert counted["max_size"]["hits"]["1"] == 8
    assert counted["different"] == 4
    assert counted["different_of_equal_sessions"] == 4


def test_clients_of_botocores_sessions_are_asked_for_and_not_cached():
    counted = figures([process(call(kind="botocore"), call(kind="botocore"))])
    assert counted["asked"] == {"client": 0, "resource": 0, "botocore": 2}
    assert (counted["different"], counted["max_size"]["needed"]) == (0, 0)


def test_sessions_of_equal_arguments_would_share():
    sessions = [Made(number, "boto3", 7 if number < 3 else 8, None, 2) for number in range(4)]
    calls = [call(owner=number, key=1, client=10 + number) for number in range(4)]
    counted = figures([process(*sessions, *calls)])
    assert (counted["different"], counted["different_of_equal_sessions"]) == (4, 2)
    assert counted["sessions"]["different_arguments"] == 2
    assert counted["sessions"]["by_line"][0]["name"] == ["b.py:2 in g"]


def test_a_call_without_a_key_is_like_no_other():
    counted = figures([process(call(key=None, client=1), call(key=None, client=2))])
    assert (counted["different"], counted["max_size"]["needed"]) == (2, 0)


def test_processes_have_caches_of_their_own():
    counted = figures([process(call(), call()), process(call(), call())])
    assert (counted["different"], counted["max_size"]["hits"]["1"], counted["processes"]) == (2, 2, 2)


def test_failures_and_seconds_are_summed_up():
    failure = Failure(0, "client", 0, 1, 0.1, "NoRegionError")
    counted = figures([process(failure, call(), failure, call(service="s3", key=2, seconds=2.0))])
    assert counted["failed"] == {"NoRegionError": 2}
    assert counted["building_seconds"] == 2.5
    assert [row["name"] for row in counted["by_service"]] == [["s3", "us-east-1"], ["sqs", "us-east-1"]]


def test_nothing_is_counted_of_a_program_that_asked_for_nothing():
    counted = figures([])
    assert counted["processes"] == counted["different"] == counted["max_size"]["needed"] == 0


def test_models_are_held_as_long_as_their_loader():
    one, other = call(loader=100), call(loader=101, service="s3")
    services, memory = loaded_models([process(one, one, other, Gone(100), call(loader=101), Gone(101))])
    assert services == ["s3", "sqs"]
    counted = memory({"": 1000, "sqs": 10, "s3": 200})
    assert counted == {"copies": 3, "bytes": 2220, "most_bytes": 2210}
