"""Sessions over the store behave as plain ones, and see nothing of each other."""

from __future__ import annotations

import copy
import gc
import inspect
import io
import json
import os
import pydoc
import threading
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError, ProfileNotFound, UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader
from support.child import run_child

from boto3_client_cache import Session, models
from boto3_client_cache.lean.models import SharedFileLoader, SharedLoader

from .conftest import SharingSession, write_model

THING_METADATA = {"apiVersion": "2020-01-01", "endpointPrefix": "thing", "protocol": "json", "serviceId": "Thing"}
THING = {
    "metadata": THING_METADATA,
    "operations": {},
    "shapes": {},
    "documentation": "made for a test" * 20,
}


def loader_of(session: boto3.Session) -> Any:
    return session._session.get_component("data_loader")


# ---- switches ----


def test_sharing_is_the_default_and_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(loader_of(SharingSession()), SharedLoader)
    assert type(loader_of(SharingSession(share_models=False))) is Loader
    monkeypatch.setenv("BOTO3_CLIENT_CACHE_SHARE_MODELS", "0")
    assert type(loader_of(SharingSession())) is Loader
    assert isinstance(loader_of(SharingSession(share_models=True)), SharedLoader)


def test_a_callers_botocore_session_keeps_its_loader_unless_told_otherwise() -> None:
    own = botocore.session.get_session()
    own.get_component("data_loader").search_paths.append("/somewhere")
    assert type(loader_of(SharingSession(botocore_session=own))) is Loader
    shared = loader_of(SharingSession(botocore_session=own, share_models=True))
    assert isinstance(shared, SharedLoader)
    assert "/somewhere" in shared.search_paths


def test_a_lean_botocore_session_that_was_brought_to_another_session_shared_nothing_any_more() -> None:
    own = SharingSession(share_models=True)._session
    chosen = own._client_cache_sharing
    assert chosen.trust
    SharingSession(botocore_session=own)
    assert own._client_cache_sharing is chosen
    Session(botocore_session=own, share_connections="process")
    assert own._client_cache_sharing == (True, "process")
    Session(botocore_session=own, share_trust=False)
    assert own._client_cache_sharing == (False, "process")
    Session(botocore_session=own, share_connections=False)
    assert own._client_cache_sharing == (False, None)


def test_a_callers_loader_keeps_its_extras_and_its_way_of_reading_when_it_is_shared(tmp_path: Path) -> None:
    write_model(tmp_path, THING)
    write_model(tmp_path, {"merge": {"documentation": "extra"}}, "thing/2020-01-01/service-2.my-extras")

    class Reader(JSONFileLoader):
        """A kind of its own."""

    for reader, kind in ((JSONFileLoader(), SharedFileLoader), (Reader(), Reader)):
        own = botocore.session.get_session()
        loader = Loader([str(tmp_path)], file_loader=reader, include_default_extras=False)
        loader.extras_types.append("my")
        own.register_component("data_loader", loader)
        shared = loader_of(SharingSession(botocore_session=own, share_models=True))
        assert shared.extras_types == ["my"]
        assert shared.load_service_model("thing", "service-2")["documentation"] == "extra"
        assert type(shared.file_loader) is kind


def test_the_user_agent_is_the_same() -> None:
    ours, plain = SharingSession().client("s3"), boto3.Session().client("s3")
    assert ours.meta.config.user_agent == plain.meta.config.user_agent
    assert SharingSession()._session.user_agent() == boto3.Session()._session.user_agent()


# ---- search paths ----


def test_search_paths_are_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loader_of(SharingSession()).search_paths == loader_of(boto3.Session()).search_paths
    monkeypatch.setenv("AWS_DATA_PATH", "~/models:relative:$HOME/more")
    assert loader_of(SharingSession()).search_paths == loader_of(boto3.Session()).search_paths


def test_data_path_comes_from_the_sessions_own_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile other]\ndata_path = {tmp_path / 'models'}\n[default]\ndata_path = /default\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    write_model(tmp_path / "models", THING)
    session = SharingSession(profile_name="other")
    assert "thing" in session.get_available_services()
    assert loader_of(session).search_paths == loader_of(boto3.Session(profile_name="other")).search_paths
    assert "thing" not in SharingSession().get_available_services()
    with pytest.raises(ProfileNotFound):
        SharingSession(profile_name="missing")


def test_a_search_path_of_one_session_is_not_anothers(tmp_path: Path) -> None:
    write_model(tmp_path, THING)
    one, other = SharingSession(), SharingSession()
    loader_of(one).search_paths.append(str(tmp_path))
    assert one._session.get_service_data("thing") == THING
    with pytest.raises(UnknownServiceError):
        other._session.get_service_data("thing")


def test_an_earlier_search_path_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_model(tmp_path, {"version": "mine"}, "endpoints")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert loader_of(SharingSession()).load_data_with_path("endpoints") == (
        {"version": "mine"},
        f"{tmp_path}/endpoints",
    )


def test_a_plain_file_is_taken_before_a_compressed_one(tmp_path: Path) -> None:
    write_model(tmp_path, {"from": "gz"}, "x", compress=True)
    loader = SharedLoader(extra_search_paths=[str(tmp_path)])
    assert loader.load_data("x") == {"from": "gz"}
    write_model(tmp_path, {"from": "plain"}, "x")
    assert SharedLoader(extra_search_paths=[str(tmp_path)]).load_data("x") == {"from": "plain"}


def test_a_search_path_through_a_link_s_parent_is_botocores(tmp_path: Path) -> None:
    write_model(tmp_path / "real", {"which": "the link's target's parent"}, "x")
    write_model(tmp_path / "other", {"which": "the link's own parent"}, "x")
    (tmp_path / "real" / "sub").mkdir()
    (tmp_path / "other" / "link").symlink_to(tmp_path / "real" / "sub")
    paths = [f"{tmp_path}/other/link/.."]
    assert SharedLoader(paths).load_data("x") == Loader(paths).load_data("x")


def test_a_relative_search_path_is_the_working_directory_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "other"):
        write_model(tmp_path / name / "models", {"which": name}, "x")
        monkeypatch.chdir(tmp_path / name)
        assert SharedLoader(["models"]).load_data("x") == {"which": name}


def test_extras_are_merged_per_session(tmp_path: Path) -> None:
    write_model(tmp_path, {**THING, "operations": {"Old": {"name": "Old"}}})
    write_model(tmp_path, {"merge": {"operations": {"New": {"name": "New"}}}}, "thing/2020-01-01/service-2.sdk-extras")
    loaded = [cls([str(tmp_path)]).load_service_model("thing", "service-2") for cls in (SharedLoader, Loader)]
    assert list(loaded[0]["operations"]) == list(loaded[1]["operations"]) == ["Old", "New"]
    bare = SharedLoader([str(tmp_path)], include_default_extras=False)
    assert list(bare.load_service_model("thing", "service-2")["operations"]) == ["Old"]


# ---- directory index ----


@pytest.mark.parametrize("type_name", ["service-2", "resources-1", "paginators-1", "no-such-type"])
def test_service_lists_are_botocores(type_name: str) -> None:
    ours, plain = loader_of(SharingSession()), loader_of(boto3.Session())
    assert ours.list_available_services(type_name) == plain.list_available_services(type_name)


def test_service_lists_follow_links_and_skip_what_is_no_directory(tmp_path: Path) -> None:
    real = write_model(tmp_path / "elsewhere", THING).parents[1]
    root = tmp_path / "root"
    (root / "empty").mkdir(parents=True)
    (root / "file").write_text("")
    (root / "linked").symlink_to(real)
    (root / "dangling").symlink_to(tmp_path / "nowhere")
    (root / "odd" / "2020-01-01" / "service-2.json").mkdir(parents=True)
    (root / "odd" / "note.txt").write_text("")
    paths = [str(root), str(tmp_path / "missing")]
    lists = [
        cls(list(paths), include_default_search_paths=False).list_available_services("service-2")
        for cls in (SharedLoader, Loader)
    ]
    assert lists == [["linked"], ["linked"]]


def test_versions_are_botocores_and_the_latest_is_taken(tmp_path: Path) -> None:
    for version in ("2019-01-01", "2021-01-01", "2020-01-01"):
        write_model(tmp_path, {"v": version}, f"thing/{version}/service-2")
    write_model(tmp_path, {}, "thing/2022-01-01/paginators-1")
    loader = SharedLoader([str(tmp_path)])
    assert loader.list_api_versions("thing", "service-2") == ["2019-01-01", "2020-01-01", "2021-01-01"]
    assert loader.determine_latest_version("thing", "service-2") == "2021-01-01"
    assert loader.load_service_model("thing", "service-2") == {"v": "2021-01-01"}
    assert loader.load_service_model("thing", "service-2", "2019-01-01") == {"v": "2019-01-01"}


@pytest.mark.parametrize("name", ["unknown", "", ".", "..", "s3/2006-03-01", "../data/s3", "S3", "endpoints.json"])
def test_an_unknown_service_raises_what_botocore_raises(name: str, loader: SharedLoader) -> None:
    with pytest.raises(UnknownServiceError) as theirs:
        Loader().load_service_model(name, "service-2")
    with pytest.raises(UnknownServiceError) as ours:
        loader.load_service_model(name, "service-2")
    assert str(ours.value) == str(theirs.value)
    assert "s3, " in str(ours.value)


@pytest.mark.parametrize("name", [None, 5, b"sqs", ("sqs",)])
def test_a_service_name_that_is_no_string_raises_what_botocore_raises(name: Any, loader: SharedLoader) -> None:
    with pytest.raises(UnknownServiceError) as ours:
        loader.load_service_model(name, "service-2")
    with pytest.raises(UnknownServiceError) as theirs:
        Loader().load_service_model(name, "service-2")
    assert str(ours.value) == str(theirs.value)


def test_an_unknown_version_raises_what_botocore_raises(loader: SharedLoader) -> None:
    with pytest.raises(DataNotFoundError) as ours:
        loader.load_service_model("s3", "service-2", "1999-01-01")
    with pytest.raises(DataNotFoundError) as theirs:
        Loader().load_service_model("s3", "service-2", "1999-01-01")
    assert str(ours.value) == str(theirs.value)


# ---- isolation and freshness ----


def test_loading_twice_gives_a_session_the_same_object(loader: SharedLoader) -> None:
    first = loader.load_service_model("s3", "service-2")
    first["mine"] = True
    assert loader.load_service_model("s3", "service-2") is first


def test_what_botocore_writes_into_endpoints_stays_in_its_session() -> None:
    untouched = copy.deepcopy(Loader().load_data("endpoints"))
    session = SharingSession()
    session.client("s3")
    assert loader_of(session).load_data("endpoints") != untouched, "botocore writes no longer: a test to drop"
    assert SharedLoader().load_data("endpoints") == untouched


def test_requests_rewrite_uris_only_in_their_own_session() -> None:
    one, other = SharingSession().client("s3"), SharingSession().client("s3")
    one.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
    template = "/{Bucket}/{Key+}"
    model = Loader().load_service_model("s3", "service-2")
    assert model["operations"]["GetObject"]["http"]["requestUri"] == template
    assert other.meta.service_model.operation_model("GetObject").http["requestUri"] == template


def test_a_users_change_reaches_his_own_client_and_no_other() -> None:
    one, other = SharingSession(), SharingSession()
    loader_of(one).load_service_model("sqs", "service-2")["operations"].pop("SendMessage")
    assert not hasattr(one.client("sqs"), "send_message")
    assert hasattr(other.client("sqs"), "send_message")
    assert hasattr(SharingSession().client("sqs"), "send_message")


def test_a_replaced_file_is_read_anew_and_old_views_stay(tmp_path: Path) -> None:
    path = write_model(tmp_path, {"v": 1, "text": "x" * 200})
    old = SharedLoader([str(tmp_path)]).load_service_model("thing", "service-2")
    replacement = tmp_path / "replacement"
    replacement.write_text('{"v": 2, "text": "longer"}')
    replacement.replace(path)
    new = SharedLoader([str(tmp_path)]).load_service_model("thing", "service-2")
    assert new == {"v": 2, "text": "longer"}
    assert old == {"v": 1, "text": "x" * 200}


def test_a_file_that_is_replaced_all_the_time_is_always_read_whole(tmp_path: Path) -> None:
    contents = [{"v": "old"}, {"v": "newer"}]
    path = write_model(tmp_path, contents[0], "x")
    stop = threading.Event()

    def replace() -> None:
        number = 0
        while not stop.is_set():
            (tmp_path / "replacement").write_text(json.dumps(contents[number % 2]))
            (tmp_path / "replacement").replace(path)
            number += 1

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        for _ in range(300):
            assert SharedLoader([str(tmp_path)]).load_data("x") in contents
    finally:
        stop.set()
        thread.join()


def test_a_file_rewritten_with_its_size_and_time_is_read_anew(tmp_path: Path) -> None:
    path = write_model(tmp_path, {"v": 1}, "x")
    before = path.stat()
    assert SharedLoader([str(tmp_path)]).load_data("x") == {"v": 1}
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # the file system's clock ticks
        path.write_text('{"v": 2}')
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert SharedLoader([str(tmp_path)]).load_data("x") == {"v": 2}


def test_a_removed_file_is_gone_and_old_views_stay(tmp_path: Path) -> None:
    path = write_model(tmp_path, {"v": {"text": "x" * 200}})
    old = SharedLoader([str(tmp_path)]).load_service_model("thing", "service-2")
    path.unlink()
    with pytest.raises(UnknownServiceError):
        SharedLoader([str(tmp_path)]).load_service_model("thing", "service-2")
    assert old == {"v": {"text": "x" * 200}}


# ---- preload, information, release ----


def used_and_unused() -> tuple[set[str], set[str]]:
    """The models in the store, by name: those that a session uses, and the others."""
    while gc.collect():  # a session is a cycle, and what it held may be others
        pass
    names: tuple[set[str], set[str]] = (set(), set())
    for model in models.models_info().models:
        names[not model.in_use].add(model.path.rpartition("/data/")[2].split(".")[0])
    return names


def test_preloaded_models_are_held_until_they_are_released() -> None:
    used_and_unused()
    models.release_models()
    models.preload("codestar-connections", "xray")
    rules, model = "xray/2016-04-12/endpoint-rule-set-1", "xray/2016-04-12/service-2"
    used, unused = used_and_unused()
    assert {rules, model, "codestar-connections/2019-12-01/service-2"} <= unused
    assert {"endpoints", "partitions"} <= used | unused
    info = models.models_info()
    assert info.bytes == sum(model.bytes for model in info.models) > 100_000
    view = SharedLoader().load_service_model("xray", "service-2")
    assert model in used_and_unused()[0]
    assert models.release_models() == len(unused) - 1
    used, unused = used_and_unused()
    assert model in used
    assert not unused
    assert view["metadata"]["serviceId"] == "XRay"


def test_preloading_an_unknown_service_raises_what_botocore_raises() -> None:
    with pytest.raises(UnknownServiceError, match="no-such-service"):
        models.preload("no-such-service")


def test_models_of_dropped_sessions_can_be_released() -> None:
    # In a process without threads: once one was started, a free-threaded CPython 3.13 keeps every class for ever, those
    # that botocore makes for its clients among them, and with the class the model.
    run_child(
        """
        from boto3_client_cache import models
        from models.test_sessions import SharingSession, used_and_unused
        for _ in range(3):  # from the second on, rules are shared and kept with the model
            session = SharingSession()
            session.client("xray")
        assert "xray/2016-04-12/service-2" in used_and_unused()[0]
        del session
        used_and_unused()
        models.release_models()
        assert not any(name.startswith("xray/") for name in set.union(*used_and_unused()))
        """
    )


# ---- what clients share ----


def resolve(client: Any) -> list[Any]:
    """Endpoints of some requests, through the client's rules."""
    sent: list[Any] = []

    def stop(request: Any, **_: Any) -> None:
        sent.append((request.method, request.url, dict(request.context.get("signing", {}))))
        raise InterruptedError

    client.meta.events.register("before-sign", stop)
    client.meta.events.register("request-created", stop)
    for call in (
        lambda: client.get_object(Bucket="bucket", Key="key"),
        lambda: client.get_object(Bucket="UPPER_case", Key="key"),
        lambda: client.get_object(Bucket="arn:aws:s3:us-west-2:123456789012:accesspoint:myendpoint", Key="k"),
        client.list_buckets,
    ):
        with pytest.raises(InterruptedError):
            call()
    return sent


def test_shared_rules_resolve_the_same_endpoints() -> None:
    expected = resolve(boto3.Session().client("s3"))
    assert [resolve(SharingSession().client("s3")) for _ in range(4)] == [expected] * 4


def url_of(session: boto3.Session) -> str:
    """Where a request of a new client would go."""
    urls: list[str] = []

    def stop(request: Any, **_: Any) -> None:
        urls.append(request.url)
        raise InterruptedError

    client = session.client("sqs")
    client.meta.events.register("before-send", stop)
    with pytest.raises(InterruptedError):
        client.list_queues()
    return urls[0]


def test_a_changed_rule_set_is_not_shared() -> None:
    for _ in range(2):
        SharingSession().client("sqs")
    session = SharingSession()
    rule_set = loader_of(session).load_service_model("sqs", "endpoint-rule-set-1", api_version=None)
    rule_set["rules"] = [{"type": "endpoint", "conditions": [], "endpoint": {"url": "https://changed.example"}}]
    assert url_of(session) == url_of(session) == "https://changed.example/"
    assert url_of(SharingSession()) == url_of(boto3.Session()) == "https://sqs.us-east-1.amazonaws.com/"


RULE_SET: dict[str, Any] = {"version": "1.0", "parameters": {}, "rules": []}


def test_a_client_of_an_old_version_does_not_need_the_latest_one_s_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    for version in ("2020-01-01", "2021-01-01"):
        write_model(
            tmp_path, {**THING, "metadata": {**THING_METADATA, "apiVersion": version}}, f"thing/{version}/service-2"
        )
    write_model(tmp_path, RULE_SET, "thing/2020-01-01/endpoint-rule-set-1")
    write_model(tmp_path, "{damaged", "thing/2021-01-01/endpoint-rule-set-1")
    client = SharingSession().client("thing", api_version="2020-01-01")
    assert client.meta.service_model.api_version == "2020-01-01"
    with pytest.raises(json.JSONDecodeError):
        SharingSession().client("thing")


@pytest.mark.parametrize(
    ("service", "method"), [("s3", "put_object"), ("ec2", "run_instances"), ("sqs", "send_message")]
)
def test_help_reads_as_before(service: str, method: str) -> None:
    ours, plain = SharingSession().client(service), boto3.Session().client(service)
    texts = []
    for client in (ours, plain):
        function = getattr(client, method)
        output = io.StringIO()
        pydoc.Helper(output=output)(function)
        texts.append((str(function.__doc__), inspect.getdoc(function), output.getvalue(), function.__name__))
    assert texts[0] == texts[1]
    assert len(texts[0][0]) > 1_000


def test_documentation_handlers_of_one_session_are_not_anothers() -> None:
    def add(section: Any, **_: Any) -> None:
        section.write("added by one session")

    one, other = SharingSession(), SharingSession()
    one.events.register("docs.request-params.sqs.SendMessage.complete-section", add)
    assert "added by one session" in str(one.client("sqs").send_message.__doc__)
    assert "added by one session" not in str(other.client("sqs").send_message.__doc__)


def test_sessions_of_many_threads_share_one_loading() -> None:
    used_and_unused()
    models.release_models()
    before = set.union(*used_and_unused())
    found: list[Any] = []
    start = threading.Barrier(8)

    def load() -> None:
        start.wait()
        loader = SharedLoader()
        found.append((len(loader.load_service_model("ec2", "service-2")["operations"]), loader.load_data("endpoints")))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({count for count, _ in found}) == 1
    assert len(found) == 8
    assert len({id(endpoints) for _, endpoints in found}) == 8
    assert set.union(*used_and_unused()) == before | {"endpoints", "ec2/2016-11-15/service-2"}
