"""``Session(watch_credentials=True)``: clients built from files that have changed since are dropped."""

import copy
import json
import os
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from support.building import Builder
from support.kinds import CLIENT

from boto3_client_cache import Session, _core


def write(path, text):
    """Replace the file as ``aws configure`` and secret mounts do: another inode."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    beside.rename(path)


def keys(name):
    return f"[default]\naws_access_key_id = {name}\naws_secret_access_key = secret-of-{name}\n"


@pytest.fixture
def credentials(tmp_path, monkeypatch):
    path = tmp_path / "credentials"
    write(path, keys("old"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    return path


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config"
    write(path, "[default]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


def look(session):
    """Look at the files now, as a call does that comes a second after the last look."""
    session.cache._files.look(session, session.cache._outdate)


def key_id(client):
    return client._request_signer._credentials.access_key


def test_clients_of_old_credentials_are_dropped_and_new_ones_have_the_new(credentials, policy):
    causes = []
    options = {"on_evict": lambda key, client, cause: causes.append((key.label, cause))}
    session = Session(region_name="us-east-1", watch_credentials=True, client_cache=options)
    first = session.client("sqs", eviction_policy=policy)
    assert key_id(first) == "old"
    write(credentials, keys("new"))
    look(session)
    assert causes == [("'sqs'", "expired")]
    second = session.client("sqs", eviction_policy=policy)
    assert key_id(second) == "new"
    assert session.client("sqs", eviction_policy=policy) is second
    assert session.cache_info().expirations == 1


def test_a_call_looks_by_itself_within_two_seconds(credentials):
    session = Session(region_name="us-east-1", watch_credentials=True)
    first = session.client("sqs")
    write(credentials, keys("new"))
    deadline = time.monotonic() + 60
    while session.client("sqs") is first:
        assert time.monotonic() < deadline, "no call has looked"
        time.sleep(0.05)
    assert key_id(session.client("sqs")) == "new"


def test_the_files_are_looked_at_once_a_second_at_most(credentials, monkeypatch):
    session = Session(region_name="us-east-1", watch_credentials=True)
    looks = []
    monkeypatch.setattr(type(session.cache._files), "look", lambda *_: looks.append(time.monotonic()))
    start = time.monotonic()
    while time.monotonic() - start < 0.5:
        session.client("sqs")
    assert len(looks) <= 2


def test_another_region_in_the_config_file_is_seen(config, credentials):
    session = Session(watch_credentials=True)
    assert session.client("sqs").meta.region_name == "us-east-1"
    write(config, "[default]\nregion = eu-west-1\n")
    look(session)
    assert session.client("sqs").meta.region_name == "eu-west-1"


def test_resources_are_dropped_too(credentials):
    session = Session(region_name="us-east-1", watch_credentials=True)
    first = session.resource("sqs")
    write(credentials, keys("new"))
    look(session)
    assert session.resource("sqs") is not first
    assert key_id(session.resource("sqs").meta.client) == "new"


def test_files_that_appear_and_vanish_are_changes(credentials):
    session = Session(region_name="us-east-1", watch_credentials=True)
    first = session.client("sqs")
    credentials.unlink()
    look(session)
    second = session.client("sqs")
    assert second is not first
    write(credentials, keys("new"))
    look(session)
    assert key_id(session.client("sqs")) == "new"


def test_unchanged_files_drop_nothing(credentials):
    session = Session(region_name="us-east-1", watch_credentials=True)
    first = session.client("sqs")
    os.utime(credentials)
    look(session)
    dropped = session.client("sqs")
    assert dropped is not first  # its time is part of a file's identity
    look(session)
    assert session.client("sqs") is dropped


def test_without_the_option_nobody_looks(credentials):
    session = Session(region_name="us-east-1")
    first = session.client("sqs")
    write(credentials, keys("new"))
    assert session.cache._files is None
    assert session.client("sqs") is first


def test_explicit_credentials_of_a_session_stay(credentials):
    session = Session("mine", "secret", region_name="us-east-1", watch_credentials=True)
    session.client("sqs")
    write(credentials, keys("new"))
    look(session)
    assert key_id(session.client("sqs")) == "mine"


def test_credentials_set_by_hand_stay(credentials):
    session = Session(region_name="us-east-1", watch_credentials=True)
    session._session.set_credentials("by-hand", "secret")
    session.client("sqs")
    write(credentials, keys("new"))
    look(session)
    assert key_id(session.client("sqs")) == "by-hand"


def test_a_session_whose_credentials_botocore_refreshes_is_left_alone(credentials):
    session = Session(region_name="us-east-1", watch_credentials=True)
    session._session._credentials = RefreshableCredentials(
        "renewed",
        "secret",
        "token",
        datetime.now(timezone.utc) + timedelta(hours=6),
        refresh_using=lambda: pytest.fail("it is not due"),
        method="assume-role",
    )
    first = session.client("sqs")
    write(credentials, keys("new"))
    look(session)
    assert session.client("sqs") is first


def test_what_is_being_built_of_old_files_is_handed_out_but_not_kept(credentials, monkeypatch):
    """And the look does not wait for it."""
    session = Session(region_name="us-east-1", watch_credentials=True)
    building, go_on = threading.Event(), threading.Event()
    builder = Builder(CLIENT).install(CLIENT, monkeypatch)

    def make():
        building.set()
        assert go_on.wait(60)
        return CLIENT.stub()

    builder.make = make
    handed_out = []
    thread = threading.Thread(target=lambda: handed_out.append(session.client("sqs")))
    thread.start()
    assert building.wait(60)
    write(credentials, keys("new"))
    look(session)
    go_on.set()
    thread.join(60)
    assert len(handed_out) == 1
    assert session.cache_info().currsize == 0
    assert session.client("sqs") is not handed_out[0]


def test_a_profile_of_its_own_is_read_anew(credentials, config):
    write(credentials, keys("old").replace("default", "mine"))
    session = Session(profile_name="mine", region_name="us-east-1", watch_credentials=True)
    assert key_id(session.client("sqs")) == "old"
    write(credentials, keys("new").replace("default", "mine"))
    look(session)
    assert key_id(session.client("sqs")) == "new"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_session_watches_too(credentials, duplicate):
    session = duplicate(Session(region_name="us-east-1", watch_credentials=True))
    assert key_id(session.client("sqs")) == "old"
    write(credentials, keys("new"))
    look(session)
    assert key_id(session.client("sqs")) == "new"


def test_an_interrupted_look_is_taken_again(credentials):
    """What it had not dropped yet would be taken for new for ever."""
    interruptions = [interrupt]

    def on_evict(*_):
        if interruptions:
            interruptions.pop()()

    session = Session(region_name="us-east-1", watch_credentials=True, client_cache={"on_evict": on_evict})
    for policy in ("LRU", "LFU"):
        session.client("sqs", eviction_policy=policy)
    write(credentials, keys("new"))
    with pytest.raises(KeyboardInterrupt):
        look(session)
    look(session)
    for policy in ("LRU", "LFU"):
        assert key_id(session.client("sqs", eviction_policy=policy)) == "new"


def interrupt(*_):
    raise KeyboardInterrupt


def test_an_interrupted_reading_is_taken_again(credentials, monkeypatch):
    session = Session(region_name="us-east-1", watch_credentials=True)
    session.client("sqs")
    write(credentials, keys("new"))
    look(session)
    with monkeypatch.context() as patch:
        patch.setattr(session._session, "get_component", interrupt)
        with pytest.raises(KeyboardInterrupt):
            session.client("sqs")
    assert key_id(session.client("sqs")) == "new"


@pytest.fixture
def process(tmp_path):
    """Write the config of a credential process that prints keys of a name."""

    def process(name):
        program = tmp_path / "credentials.py"
        printed = {"Version": 1, "AccessKeyId": name, "SecretAccessKey": "secret"}
        (tmp_path / f"{name}.json").write_text(json.dumps(printed))
        program.write_text("import sys\nprint(open(sys.argv[1]).read())\n")
        return f"[default]\ncredential_process = {sys.executable} {program} {tmp_path / name}.json\n"

    return process


def test_another_credential_process_is_run(credentials, config, process):
    credentials.unlink()
    write(config, process("old"))
    session = Session(region_name="us-east-1", watch_credentials=True)
    assert key_id(session.client("sqs")) == "old"
    write(config, process("new"))
    look(session)
    assert key_id(session.client("sqs")) == "new"
    write(credentials, keys("static"))
    look(session)
    assert key_id(session.client("sqs")) == "static"


def test_a_session_lost_its_credentials_when_a_credential_process_took_the_place_of_keys(credentials, config, process):
    credentials.unlink()
    write(config, keys("old"))
    session = Session(region_name="us-east-1", watch_credentials=True)
    assert key_id(session.client("sqs")) == "old"
    write(config, process("new"))
    look(session)
    assert key_id(session.client("sqs")) == "new"


def test_a_web_identity_that_takes_the_place_of_keys_is_seen(credentials, config, tmp_path):
    credentials.unlink()
    write(config, keys("old"))
    session = Session(region_name="us-east-1", watch_credentials=True)
    session.client("sqs")
    role = f"role_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = {tmp_path / 'token'}\n"
    write(config, f"[default]\n{role}")
    look(session)
    session.client("sqs")
    assert session.get_credentials().method == "assume-role-with-web-identity"


def test_a_resolver_of_the_users_own_is_left_as_it_is(credentials):
    class Resolver:
        def load_credentials(self):
            return Credentials("own", "secret", method="own")

    session = Session(region_name="us-east-1", watch_credentials=True)
    session._session.register_component("credential_provider", Resolver())
    for name in ("old", "new"):
        write(credentials, keys(name))
        look(session)
        assert key_id(session.client("sqs")) == "own"


def test_botocore_still_keeps_what_is_forgotten_where_it_is_forgotten():
    """The attributes of botocore's session and its providers that have to be reset: they must go on having them."""
    botocore_session = boto3.Session()._session
    assert {"_config", "_profile_map", "_credentials"} <= set(vars(botocore_session))
    providers = {each.METHOD: vars(each) for each in botocore_session.get_component("credential_provider").providers}
    assert "_loaded_config" in providers["custom-process"]
    assert "_profile_config" in providers["assume-role-with-web-identity"]
    assert _core.SessionCaches._watches_files is not None
