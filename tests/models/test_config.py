"""Config variables are found where botocore finds them, and what is set in one session or client stays there."""

from __future__ import annotations

import copy
import itertools
import logging
import os
from pathlib import Path
from typing import Any

import botocore.configprovider
import botocore.session
import pytest
from botocore.config import Config
from botocore.configprovider import ChainProvider, ConfigValueStore, ConstantProvider
from botocore.exceptions import ProfileNotFound

from boto3_client_cache.lean.config import LeanConfigValueStore
from boto3_client_cache.lean.session import botocore_session

PROVIDER: Any = botocore.configprovider
VARIABLES: dict[str, Any] = PROVIDER.BOTOCORE_DEFAUT_SESSION_VARIABLES
SECTIONS = {"s3": PROVIDER.DEFAULT_S3_CONFIG_VARS, "proxies_config": PROVIDER.DEFAULT_PROXIES_CONFIG_VARS}
NAMES = [*VARIABLES, *SECTIONS, "no_such_variable"]
TABLES = [VARIABLES, *SECTIONS.values()]
RETRY_MODE = VARIABLES["retry_mode"][2]
VALUES = {"true": "false", "7": "8"}  # as strings, of which each conversion takes one kind


def several(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def lean() -> Any:
    session: Any = botocore_session()
    assert type(store_of(session)) is LeanConfigValueStore
    return session


def store_of(session: Any) -> Any:
    return session.get_component("config_store")


def answer(ask: Any, *arguments: Any) -> Any:
    try:
        value = ask(*arguments)
    except Exception as error:
        return type(error), str(error)
    return type(value), value


def answers(session: Any) -> dict[str, Any]:
    """What each variable is, asked in the session's way and then again of a copy of its store."""
    copied = copy.copy(store_of(session))
    return {
        name: (answer(session.get_config_variable, name), answer(copied.get_config_variable, name)) for name in NAMES
    }


def write_config(path: Path, value: str, section: str = "default") -> None:
    """Write every option that a variable may be found under, in its section if it has one."""
    lines, nested = [], dict[str, list[str]]()
    for _, (places, *_rest) in itertools.chain.from_iterable(table.items() for table in TABLES):
        for place in several(places):
            if isinstance(place, tuple):
                nested.setdefault(place[0], []).append(f"  {place[1]} = {value}")
            else:
                lines.append(f"{place} = {value}")
    for name, options in nested.items():
        lines += [f"{name} =", *options]
    path.write_text("\n".join([f"[{section}]", *lines, ""]))


@pytest.fixture
def sides() -> tuple[Any, Any]:
    return lean(), botocore.session.Session()


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("places", [set(each) for size in range(4) for each in itertools.combinations("ief", size)])
def test_every_variable_is_what_it_is_in_botocore(
    value: str, places: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    if "f" in places:
        write_config(file, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    if "e" in places:
        for table in TABLES:
            for _, variables, *_rest in table.values():
                for variable in several(variables):
                    if variable not in {"AWS_CONFIG_FILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"}:
                        monkeypatch.setenv(variable, VALUES[value])
    ours, theirs = lean(), botocore.session.Session()
    if "i" in places:
        for session in (ours, theirs):
            for name in (*VARIABLES, "addressing_style", "proxy_ca_bundle"):
                if name not in {"profile", "config_file"}:
                    session.set_config_variable(name, value)
    assert answers(ours) == answers(theirs)
    assert ours.get_scoped_config() == theirs.get_scoped_config()
    if places == {"i", "e", "f"}:
        assert not any(found == (type(None), None) for found in answers(ours)["region"]), "nothing was set"


def test_each_variable_alone_is_what_it_is_in_botocore(monkeypatch: pytest.MonkeyPatch, sides: tuple[Any, Any]) -> None:
    ours, theirs = sides
    for variable in {each for table in TABLES for _, names, *_rest in table.values() for each in several(names)}:
        with monkeypatch.context() as patch:
            patch.setenv(variable, "")
            assert answers(ours) == answers(theirs), variable
            patch.setenv(variable, "12")
            assert answers(ours) == answers(theirs), variable


def test_a_profile_that_is_not_there_is_an_error_wherever_it_is_one(monkeypatch: Any, sides: tuple[Any, Any]) -> None:
    monkeypatch.setenv("AWS_PROFILE", "none-such")
    ours, theirs = sides
    assert answers(ours) == answers(theirs)
    with pytest.raises(ProfileNotFound):
        ours.get_config_variable("s3")


def test_a_section_that_is_none_is_passed_over_and_said_in_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config"
    file.write_text("[default]\ns3 = nonsense\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    caplog.set_level(logging.DEBUG, "botocore.configprovider")
    ours, theirs = lean(), botocore.session.Session()
    texts = []
    for session in (ours, theirs):
        caplog.clear()
        assert session.get_config_variable("s3") is None
        texts.append(caplog.messages)
    assert texts[0] == texts[1] != []


def test_what_is_set_counts_until_it_is_cleared(sides: tuple[Any, Any]) -> None:
    for session in sides:
        store = store_of(session)
        store.set_config_variable("region", "eu-west-1")
        assert (store.get_config_provider("region"), session.get_config_variable("region")) == (None, "eu-west-1")
        store.clear_config_variable("region")
        store.set_config_provider("region", ConstantProvider("eu-west-2"))
        assert session.get_config_variable("region") == "eu-west-2"
        session.session_var_map["region"] = (None, "MY_REGION", "eu-west-3", None)
        assert session.get_config_variable("region") == "eu-west-3"
        assert session.get_config_variable("region", methods=("env",)) == "eu-west-3"


def test_what_is_set_in_a_copy_stays_there(sides: tuple[Any, Any]) -> None:
    for session in sides:
        store = store_of(session)
        store.set_config_variable("output", "text")
        copied = copy.copy(store)
        store.set_config_variable("output", "table")
        copied.set_config_variable("retry_mode", "adaptive")
        copied.set_config_provider("region", ConstantProvider("eu-west-2"))
        values = [
            [each.get_config_variable(name) for name in ("output", "retry_mode", "region")] for each in (store, copied)
        ]
        assert values == [["table", RETRY_MODE, os.environ["AWS_DEFAULT_REGION"]], ["text", "adaptive", "eu-west-2"]]


def test_the_providers_are_botocores_and_those_of_all_copies(sides: tuple[Any, Any]) -> None:
    ours, theirs = (store_of(session) for session in sides)
    for name in NAMES:
        assert (
            repr(ours.get_config_provider(name)).partition("session=")[0]
            == repr(theirs.get_config_provider(name)).partition("session=")[0]
        )
    for store in (ours, theirs):
        copied = copy.copy(store)
        assert isinstance(store.get_config_provider("retry_mode"), ChainProvider)
        assert copied.get_config_provider("retry_mode") is store.get_config_provider("retry_mode")
        store.get_config_provider("retry_mode").set_default_provider(ConstantProvider("adaptive"))
        assert {each.get_config_variable("retry_mode") for each in (store, copied)} == {"adaptive"}


def test_a_deep_copy_has_providers_of_its_own(sides: tuple[Any, Any]) -> None:
    for session in sides:
        store = store_of(session)
        store.set_config_variable("output", "text")
        copied = copy.deepcopy(store)
        assert type(copied) is ConfigValueStore
        copied.get_config_provider("retry_mode").set_default_provider(ConstantProvider("adaptive"))
        assert (copied.get_config_variable("output"), copied.get_config_variable("retry_mode")) == ("text", "adaptive")
        assert store.get_config_variable("retry_mode") == RETRY_MODE


@pytest.mark.parametrize("mode", ["legacy", "standard", "in-region", "cross-region", "mobile"])
def test_smart_defaults_are_those_of_the_client_alone(mode: str) -> None:
    configs = []
    for session in (lean(), botocore.session.Session()):
        clients = [session.create_client("s3", config=config) for config in (Config(defaults_mode=mode), None)]
        configs.append([(vars(client.meta.config), client.meta.endpoint_url) for client in clients])
        assert session.get_config_variable("retry_mode") == RETRY_MODE
    for ours, theirs in zip(*configs, strict=True):
        assert {**ours[0], "_user_provided_options": 0} == {**theirs[0], "_user_provided_options": 0}
        assert ours[1] == theirs[1]


def test_a_variable_added_to_botocores_table_is_one_of_later_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    before = lean()
    monkeypatch.setitem(VARIABLES, "shoe_size", ("shoe_size", "SHOE_SIZE", 42, int))
    monkeypatch.setenv("SHOE_SIZE", "43")
    for session in (lean(), botocore.session.Session()):
        assert session.get_config_variable("shoe_size") == 43
    assert before.get_config_variable("shoe_size") is None


def test_the_environment_is_that_which_was_there_when_the_session_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = lean(), botocore.session.Session()
    monkeypatch.setattr(os, "environ", {"AWS_RETRY_MODE": "adaptive"})
    assert answer(ours.get_config_variable, "retry_mode") == answer(theirs.get_config_variable, "retry_mode")


def test_chains_that_somebody_replaced_are_asked_for_the_next_client(monkeypatch: pytest.MonkeyPatch) -> None:
    session = lean()
    session.create_client("sqs")
    monkeypatch.setattr(ChainProvider, "provide", lambda self: None)
    assert type(copy.copy(store_of(session))) is ConfigValueStore
    monkeypatch.undo()
    assert type(copy.copy(store_of(session))) is LeanConfigValueStore


def test_a_session_whose_class_has_variables_of_its_own_keeps_botocores_chains() -> None:
    class Own(type(lean())):  # type: ignore[misc]
        def instance_variables(self) -> dict[str, Any]:
            return {"region": "moon-1"}

    assert Own().get_config_variable("region") == "moon-1"


def test_a_session_could_not_be_copied_in_depth() -> None:
    session = lean()
    copied = copy.deepcopy(session)
    copied.register("an-event.sqs", lambda **_: None)
    assert copied.create_client("sqs").meta.events.emit("an-event.sqs.ListQueues") != []
    assert session.create_client("sqs").meta.events.emit("an-event.sqs.ListQueues") == []


REPLACED = {
    "get_scoped_config": lambda *_: {"region": "replaced"},
    "_build_profile_map": lambda *_: {"other": {"region": "replaced"}},
    "get_config_variable": lambda self, name: None if name == "profile" else GET_CONFIG_VARIABLE(self, name),
}
GET_CONFIG_VARIABLE = botocore.session.Session.get_config_variable


@pytest.mark.parametrize("where", ["session", "its class", "botocore's class"])
@pytest.mark.parametrize("name", REPLACED)
def test_a_way_to_the_config_file_that_somebody_replaced_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, where: str
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = default\n[profile other]\nregion = other\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    seen = []
    for session in (botocore.session.Session(), lean()):
        session.set_config_variable("profile", "other")
        before = store_of(session).get_config_variable("region")
        with monkeypatch.context() as patch:
            if where == "session":
                patch.setattr(session, name, REPLACED[name].__get__(session))
            else:
                patch.setattr(type(session) if where == "its class" else botocore.session.Session, name, REPLACED[name])
            seen.append((before, store_of(session).get_config_variable("region")))
        assert store_of(session).get_config_variable("region") == before
    assert seen[0] == seen[1]
    assert seen[0] != ("other", "other")


def test_a_store_that_stands_in_the_sessions_place_says_what_the_profile_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = default\n[profile other]\nregion = other\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for session in (botocore.session.Session(), lean()):
        store = store_of(session)
        assert store.get_config_variable("region") == "default"
        session.register_component("config_store", ConfigValueStore({"profile": ConstantProvider("other")}))
        assert store.get_config_variable("region") == "other"
        session.register_component("config_store", ConfigValueStore({"profile": ConstantProvider("missing")}))
        with pytest.raises(ProfileNotFound):
            store.get_config_variable("region")
