"""Clients of one rule set share its rules, made once, and resolve what a plain client resolves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader

from .conftest import SharingSession, write_model


def rule_set_of(client: Any) -> Any:
    return client._ruleset_resolver._provider.ruleset


def data_of(session: boto3.Session, service: str) -> Any:
    return session._session.get_component("data_loader").load_service_model(
        service, "endpoint-rule-set-1", api_version=None
    )


def told(rule: Any) -> Any:
    """A rule, and all below it, as data."""
    inner = {**vars(rule), "type": type(rule).__name__}
    if "rules" in inner:
        inner["rules"] = [told(each) for each in inner["rules"]]
    return inner


@pytest.mark.parametrize("service", ["s3", "sqs", "sts", "dynamodb", "s3control", "timestream-query", "ec2"])
def test_shared_rules_are_what_botocore_makes(service: str) -> None:
    SharingSession().client(service)
    ours, plain = (rule_set_of(session.client(service)) for session in (SharingSession(), boto3.Session()))
    assert vars(ours).keys() == vars(plain).keys()
    assert (ours.version, ours.documentation) == (plain.version, plain.documentation)
    assert list(map(told, ours.rules)) == list(map(told, plain.rules))
    assert {name: vars(each) for name, each in ours.parameters.items()} == {
        name: vars(each) for name, each in plain.parameters.items()
    }
    assert ours.rule_lib.partitions_data == plain.rule_lib.partitions_data


def test_clients_share_rules_and_no_session_reads_its_own() -> None:
    sessions = [SharingSession() for _ in range(3)]
    clients = [*(session.client("s3") for session in sessions), sessions[0].client("s3", api_version="2006-03-01")]
    rules = [rule_set_of(client).rules for client in clients]
    assert all(each[0] is rules[0][0] for each in rules)
    assert len(set(map(id, rules))) == 4
    for session in sessions:
        assert data_of(session, "s3") == Loader().load_service_model("s3", "endpoint-rule-set-1")


def test_rules_taken_from_one_client_stay_with_the_others() -> None:
    session = SharingSession()
    one, other = session.client("sqs"), session.client("sqs")
    rule_set_of(one).rules.clear()
    rule_set_of(one).parameters.clear()
    one._ruleset_resolver._param_definitions.clear()
    for client in (other, session.client("sqs")):
        assert rule_set_of(client).rules
        assert client._ruleset_resolver._param_definitions is rule_set_of(client).parameters
        assert "Region" in rule_set_of(client).parameters


def test_a_resolver_s_cache_is_its_client_s_own() -> None:
    session = SharingSession()
    providers = [session.client("sqs")._ruleset_resolver._provider for _ in range(2)]
    assert providers[0] is not providers[1]
    assert rule_set_of(session.client("sqs")).rule_lib is not providers[0].ruleset.rule_lib


def test_a_rule_changed_in_one_session_s_data_is_not_another_s() -> None:
    before = SharingSession().client("sqs")
    session, plain = SharingSession(), boto3.Session()
    for each in (session, plain):
        data_of(each, "sqs")["parameters"]["Region"]["default"] = "mars-east-1"
    changed, expected = (rule_set_of(each.client("sqs")).parameters["Region"].default for each in (session, plain))
    assert changed == expected == "mars-east-1"
    for client in (before, SharingSession().client("sqs")):
        assert rule_set_of(client).parameters["Region"].default is None


def test_a_service_without_a_rule_set_has_no_resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    metadata = {"apiVersion": "2020-01-01", "endpointPrefix": "thing", "protocol": "json", "serviceId": "Thing"}
    write_model(tmp_path, {"metadata": metadata, "operations": {}, "shapes": {}})
    for session in (boto3.Session(), SharingSession(), SharingSession()):
        assert session.client("thing")._ruleset_resolver is None


def test_a_rule_set_that_botocore_cannot_read_raises_what_botocore_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    metadata = {"apiVersion": "2020-01-01", "endpointPrefix": "thing", "protocol": "json", "serviceId": "Thing"}
    write_model(tmp_path, {"metadata": metadata, "operations": {}, "shapes": {}})
    good = {"version": "1.0", "parameters": {}, "rules": []}
    for bad in ({"rules": [{"type": "odd"}]}, {"rules": None}, {"parameters": {"A": {"type": "odd"}}}):
        write_model(tmp_path, {**good, **bad}, "thing/2020-01-01/endpoint-rule-set-1")
        with pytest.raises(Exception) as theirs:  # noqa: PT011
            boto3.Session().client("thing")
        for _ in range(2):
            with pytest.raises(type(theirs.value)) as ours:
                SharingSession().client("thing")
            assert str(ours.value) == str(theirs.value)
