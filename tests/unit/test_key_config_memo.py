"""A ``Config`` is read at every call, also where its encoding is remembered until one of its dicts changes."""

from __future__ import annotations

import copy
import gc
import sys
import sysconfig
import threading

import pytest
from botocore.config import Config
from support.child import run_child

from boto3_client_cache import ClientCacheKey


def key(config: Config) -> ClientCacheKey:
    return ClientCacheKey("s3", config=config)


def key_anew(config: Config) -> ClientCacheKey:
    """The key of what the Config holds, by one that no key was made of."""
    twin = Config.__new__(Config)
    vars(twin).update(copy.deepcopy(vars(config)))
    return key(twin)


def make() -> Config:
    return Config(retries={"max_attempts": 3}, max_pool_connections=50, read_timeout=60)


def make_small() -> Config:
    """One of so few attributes that CPython keeps them in the object itself, not in its dict."""
    config = Config.__new__(Config)
    config._user_provided_options = {"retries": {"max_attempts": 3}, "max_pool_connections": 50, "read_timeout": 60}
    config.retries = {"max_attempts": 3}
    config.max_pool_connections = 50
    config.read_timeout = 60
    return config


@pytest.fixture(params=[make, make_small])
def config(request) -> Config:
    made = request.param()
    assert key(made) == key(made)  # from here on it is remembered
    return made


def test_an_assigned_attribute_is_seen(config):
    before = key(config)
    for connections in range(1000):
        config.max_pool_connections = connections
        assert f"max_pool_connections={connections}," in key(config).label
    config.max_pool_connections = 50
    assert key(config) == before


def test_an_attribute_is_seen_that_specialised_code_assigned():
    def assign(config: Config, value: int) -> None:
        config.max_pool_connections = value

    for made in (make, make_small):
        for remembered_before in (False, True):
            for value in range(200):  # CPython puts a quicker instruction in its place, for objects as they were here
                config = made()
                if remembered_before:
                    key(config)
                assign(config, value)
                assert f"max_pool_connections={value}," in key(config).label
                assign(config, -value)
                assert f"max_pool_connections={-value}," in key(config).label


class OtherDict(dict):
    pass


def replace_dict(config: Config, **changes: object) -> None:
    config.__dict__ = vars(config) | changes


CHANGES = {
    "setattr": lambda config: setattr(config, "read_timeout", 5),
    "object.__setattr__": lambda config: object.__setattr__(config, "read_timeout", 5),
    "setitem": lambda config: vars(config).__setitem__("read_timeout", 5),
    "update": lambda config: vars(config).update(read_timeout=5),
    "update by an empty dict's copy": lambda config: (
        (held := dict(vars(config))),
        vars(config).clear(),
        vars(config).update(held | {"read_timeout": 5}),
    ),
    "ior": lambda config: vars(config).__ior__({"read_timeout": 5}),
    "setdefault": lambda config: vars(config).setdefault("unheard_of", 5),
    "a new attribute": lambda config: setattr(config, "unheard_of", 5),
    "delattr": lambda config: delattr(config, "max_pool_connections"),
    "object.__delattr__": lambda config: object.__delattr__(config, "max_pool_connections"),
    "delitem": lambda config: vars(config).__delitem__("max_pool_connections"),
    "pop": lambda config: vars(config).pop("max_pool_connections"),
    "popitem": lambda config: (setattr(config, "unheard_of", 5), key(config), vars(config).popitem()),
    "popitem of an option": lambda config: [vars(config).popitem() for _ in range(len(vars(config)) - 1)],
    "clear": lambda config: vars(config).clear(),
    "clear and set": lambda config: (vars(config).clear(), setattr(config, "read_timeout", 5)),
    "__init__": lambda config: config.__init__(read_timeout=5),
    "a replaced dict": lambda config: replace_dict(config, read_timeout=5),
    "a replaced dict, assigned to": lambda config: (
        replace_dict(config),
        key(config),
        setattr(config, "read_timeout", 5),
    ),
    "a derived dict": lambda config: setattr(config, "__dict__", OtherDict(vars(config), read_timeout=5)),
    "a derived dict, assigned to": lambda config: (
        setattr(config, "__dict__", OtherDict(vars(config))),
        key(config),
        setattr(config, "read_timeout", 5),
    ),
    "a deleted dict": lambda config: delattr(config, "__dict__"),
    "a deleted dict, assigned to": lambda config: (
        delattr(config, "__dict__"),
        key(config),
        setattr(config, "read_timeout", 5),
    ),
    "what the user gave": lambda config: config._user_provided_options.pop("read_timeout"),
    "what the user gave, replaced": lambda config: setattr(config, "_user_provided_options", {}),
    "what the user gave, gone": lambda config: delattr(config, "_user_provided_options"),
    "in an option: setitem": lambda config: config.retries.__setitem__("max_attempts", 4),
    "in an option: a new item": lambda config: config.retries.__setitem__("mode", "standard"),
    "in an option: update": lambda config: config.retries.update(max_attempts=4),
    "in an option: ior": lambda config: config.retries.__ior__({"max_attempts": 4}),
    "in an option: setdefault": lambda config: config.retries.setdefault("mode", "standard"),
    "in an option: delitem": lambda config: config.retries.__delitem__("max_attempts"),
    "in an option: pop": lambda config: config.retries.pop("max_attempts"),
    "in an option: popitem": lambda config: config.retries.popitem(),
    "in an option: clear": lambda config: config.retries.clear(),
    "in an option: update of an empty dict": lambda config: (
        config.retries.clear(),
        key(config),
        config.retries.update({"max_attempts": 4}),
    ),
    "an option replaced": lambda config: setattr(config, "retries", {"max_attempts": 4}),
    "an option replaced, changed": lambda config: (
        setattr(config, "retries", {"max_attempts": 3}),
        key(config),
        config.retries.update(max_attempts=4),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_way_of_changing_it_is_seen(config, change):
    before = key(config)
    change(config)
    assert key(config) == key_anew(config)
    assert key(config).label == key_anew(config).label
    assert key(config) == key(config)
    if change is not CHANGES["popitem"]:  # which only undoes its own
        assert key(config) != before


def test_what_changed_and_changed_back_is_seen(config):
    before = key(config)
    for change, back in ((4, 3), (5, 3)):
        config.retries["max_attempts"] = change
        assert key(config) != before
        config.retries["max_attempts"] = back
        assert key(config) == before


def test_a_change_inside_a_list_of_an_option_is_seen(config):
    config.client_context_params = {"Regions": ["eu-west-1"]}
    before = key(config)
    assert key(config) == before
    config.client_context_params["Regions"].append("eu-west-2")
    assert key(config) != before


def test_a_dict_that_two_share_is_read_for_both():
    retries = {"max_attempts": 3}
    one, two = Config(retries=retries), Config(retries=retries)
    one.retries = two.retries = retries  # botocore copies it
    assert key(one) == key(two)
    for attempts in range(4, 10):
        retries["max_attempts"] = attempts
        for config in (one, two):
            assert key(config) == key(config) == key_anew(config)
            assert f"'max_attempts': {attempts}" in key(config).label


def test_two_that_exchange_their_dicts_are_told_apart():
    one, two = Config(read_timeout=1), Config(read_timeout=2)
    first, second = key(one), key(two)
    one.__dict__, two.__dict__ = vars(two), vars(one)
    assert (key(one), key(two)) == (second, first)
    one.read_timeout = 3
    assert (key(one), key(two)) == (key(Config(read_timeout=3)), first)


def test_one_at_the_address_of_another_that_went_is_read_anew():
    for made in (make, make_small):
        for connections in range(500):
            config = made()
            config.max_pool_connections = connections
            assert f"max_pool_connections={connections}," in key(config).label
            assert key(config) == key_anew(config)
            del config


def test_a_dict_that_outlives_its_config_is_read_anew():
    for made in (make, make_small):
        config = made()
        before = key(config)
        attributes = vars(config)
        del config
        gc.collect()
        attributes["read_timeout"] = 5
        heir = Config.__new__(Config)
        heir.__dict__ = attributes
        assert key(heir) != before
        assert key(heir) == key_anew(heir)


def test_many_are_told_apart():
    configs = [Config(read_timeout=timeout, retries={"max_attempts": timeout}) for timeout in range(1, 1500)]
    for _ in range(2):
        for timeout, config in enumerate(configs, 1):
            assert f"read_timeout={timeout}" in key(config).label
    for config in configs[::7]:
        config.read_timeout = 9999
    assert all(key(config) == key_anew(config) for config in configs)


def test_an_assignment_in_another_thread_is_seen(config):
    for timeout in range(1, 50):
        thread = threading.Thread(target=setattr, args=(config, "read_timeout", timeout))
        thread.start()
        thread.join()
        assert f"read_timeout={timeout}" in key(config).label


@pytest.mark.skipif(sys.version_info < (3, 12), reason="CPython has dict watchers since 3.12")
@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="nothing is remembered without the GIL")
def test_changes_are_seen_where_others_have_every_watcher_of_dicts():
    run_child(
        """
        import ctypes
        from botocore.config import Config
        from boto3_client_cache import ClientCacheKey

        callback = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int, *[ctypes.c_void_p] * 3)(lambda *_: 0)
        try:
            while True:
                ctypes.pythonapi.PyDict_AddWatcher(callback)
        except RuntimeError as error:
            assert "watcher" in str(error), error
        config = Config(retries={"max_attempts": 3})
        for attempts in range(100, 200):
            config.retries["max_attempts"] = config.read_timeout = attempts
            for _ in range(2):
                label = ClientCacheKey("s3", config=config).label
                assert f"'max_attempts': {attempts}" in label, label
                assert f"read_timeout={attempts}" in label, label
        """
    )
