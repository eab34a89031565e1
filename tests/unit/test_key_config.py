"""What of a botocore ``Config`` counts: what it would configure, read at every call."""

import copy

import pytest
from botocore.config import Config


def with_config(kind, *args, **options):
    return kind.key("s3", config=Config(*args, **options))


def test_two_configs_of_the_same_options_are_the_same(kind):
    one = with_config(kind, region_name="us-east-1", s3={"addressing_style": "path", "use_arn_region": True})
    other = with_config(kind, s3={"use_arn_region": True, "addressing_style": "path"}, region_name="us-east-1")
    assert one == other
    assert hash(one) == hash(other)


def test_a_config_by_position_is_a_config_by_keyword(kind):
    config = Config(read_timeout=5)
    assert kind.key(*kind.positionally(service_name="s3", config=config)) == kind.key("s3", config=config)


def test_an_option_of_the_config_given_by_position_is_the_same_option(kind):
    assert with_config(kind, "us-east-1") == with_config(kind, region_name="us-east-1")


@pytest.mark.parametrize(
    "options",
    [
        {"region_name": "us-east-1"},
        {"read_timeout": 5},
        {"connect_timeout": 5},
        {"proxies": {"http": "http://proxy"}},
        {"s3": {"addressing_style": "path"}},
        {"retries": {"mode": "standard"}},
        {"inject_host_prefix": False},
        {"client_cert": ("cert", "key")},
    ],
    ids=str,
)
def test_any_option_makes_another_key(kind, options):
    assert with_config(kind, **options) != with_config(kind)
    assert with_config(kind, **options) != kind.key("s3", **options)


def test_a_config_is_not_the_dict_of_its_options(kind):
    assert with_config(kind, read_timeout=5) != kind.key("s3", config={"read_timeout": 5})


@pytest.mark.parametrize("attempts", [0, 1, 7])
@pytest.mark.parametrize("mode", [{}, {"mode": "standard"}])
def test_max_attempts_is_one_less_than_total_max_attempts(kind, attempts, mode):
    key = with_config(kind, retries={"max_attempts": attempts, **mode})
    assert key == with_config(kind, retries={**mode, "total_max_attempts": attempts + 1})
    assert key != with_config(kind, retries={"total_max_attempts": attempts + 2, **mode})
    assert key != with_config(kind, retries={"max_attempts": attempts + 1, **mode})


def test_total_max_attempts_wins_over_max_attempts_as_in_botocore(kind):
    both = with_config(kind, retries={"max_attempts": 9, "total_max_attempts": 3})
    assert both == with_config(kind, retries={"total_max_attempts": 3})


def test_an_attribute_assigned_after_construction_is_seen(kind):
    config = Config(read_timeout=5)
    before = kind.key("s3", config=config)
    config.max_pool_connections = 9
    after = kind.key("s3", config=config)
    assert after != before
    assert after == with_config(kind, read_timeout=5, max_pool_connections=9)
    config.read_timeout = 6
    assert kind.key("s3", config=config) == with_config(kind, read_timeout=6, max_pool_connections=9)


def test_an_attribute_assigned_back_is_as_if_never_assigned(kind):
    config = Config(read_timeout=5)
    before = kind.key("s3", config=config)
    config.read_timeout = 6
    config.read_timeout = 5
    assert kind.key("s3", config=config) == before


def test_an_assigned_inject_host_prefix_is_seen(kind):
    config = Config()
    config.inject_host_prefix = False
    assert kind.key("s3", config=config) == with_config(kind, inject_host_prefix=False)


def test_an_option_changed_in_place_is_seen(kind):
    config = Config(s3={"addressing_style": "auto"}, retries={"max_attempts": 1})
    before = kind.key("s3", config=config)
    config.s3["addressing_style"] = "path"
    changed = kind.key("s3", config=config)
    assert changed == with_config(kind, s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    assert changed != before
    assert before == with_config(kind, s3={"addressing_style": "auto"}, retries={"max_attempts": 1})
    config.retries["max_attempts"] = 2
    assert kind.key("s3", config=config) != changed


def test_a_config_is_never_remembered_by_its_address(kind):
    # Each Config dies before the next is made, so the allocator hands out the same address again.
    keys = {kind.key("s3", config=Config(read_timeout=seconds)) for seconds in range(1, 200)}
    assert len(keys) == 199


def test_a_merged_config_counts_by_the_result(kind):
    merged = Config(read_timeout=5).merge(Config(region_name="us-east-1"))
    assert kind.key("s3", config=merged) == with_config(kind, read_timeout=5, region_name="us-east-1")


def test_making_a_key_leaves_the_config_alone(kind):
    config = Config(retries={"max_attempts": 3}, proxies={"http": "http://u:p@proxy"})
    before = copy.deepcopy(vars(config))
    key = kind.key("s3", config=config)
    assert key.label
    assert key.key
    assert vars(config) == before
