"""A client that was built while no credentials could be found gives way to one that signs once there are some."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from boto3_client_cache import Session, client

SOON = 30  # seconds: "at most a second later", on a busy machine


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def have_credentials(monkeypatch):
    def appear():
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    return appear


def signs(made):
    made = getattr(made.meta, "client", made)
    return made._request_signer._credentials is not None


def ask_until_it_signs(ask):
    """Ask as a program does, again and again; return what signs."""
    end = time.monotonic() + SOON
    while not signs(made := ask()):
        assert time.monotonic() < end, "it never signed"
        time.sleep(0.05)
    return made


def test_a_client_built_before_there_were_credentials_was_returned_for_ever(kind, session, have_credentials):
    before = kind.get(session, "sqs")
    assert not signs(before)
    have_credentials()
    signing = ask_until_it_signs(lambda: kind.get(session, "sqs"))
    assert kind.get(session, "sqs") is signing
    assert len(kind.caches(session).LRU) == 1


def test_its_requests_are_signed_by_then(endpoint, session, have_credentials):
    with pytest.raises(NoCredentialsError):
        session.client("s3").list_buckets()
    have_credentials()
    assert ask_until_it_signs(lambda: session.client("s3")).list_buckets()["Buckets"] == []


def test_a_file_that_appears_is_seen(session, tmp_path):
    assert not signs(session.client("sqs"))
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    ask_until_it_signs(lambda: session.client("sqs"))


def test_boto3s_own_default_session_is_looked_after_too(have_credentials):
    boto3.DEFAULT_SESSION = boto3.Session(region_name="us-east-1")
    assert not signs(client("sqs"))
    have_credentials()
    ask_until_it_signs(lambda: client("sqs"))
    assert type(boto3.DEFAULT_SESSION) is boto3.Session


class InstanceMetadata(ThreadingHTTPServer):
    """Has credentials once it is ready; counts how often it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.ready, self.asked = False, 0


class Answer(BaseHTTPRequestHandler):
    def do_PUT(self):
        self.say(b"token")

    def do_GET(self):
        self.server.asked += 1
        if not self.server.ready:
            self.say(b"", 404)
        elif self.path.endswith("/security-credentials/"):
            self.say(b"role")
        else:
            fields = {"AccessKeyId": "testing", "SecretAccessKey": "testing", "Token": "testing"}
            self.say(json.dumps({**fields, "Code": "Success", "Expiration": "2099-01-01T00:00:00Z"}).encode())

    def log_message(self, *_):
        """Stay silent."""

    def say(self, answer, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def imds(monkeypatch):
    server = InstanceMetadata()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_one_failed_look_up_of_the_instance_metadata_left_a_client_without_credentials(imds, session):
    assert not signs(session.client("sqs"))
    imds.ready = True
    ask_until_it_signs(lambda: session.client("sqs"))


def test_a_program_that_never_has_any_builds_once_and_looks_once_a_second(imds, session):
    made = session.client("sqs")
    asked = imds.asked
    start = time.monotonic()
    while time.monotonic() - start < 2.5:
        assert session.client("sqs") is made
    assert session.cache_info().creations == 1
    looks = (imds.asked - asked) / asked
    assert looks <= time.monotonic() - start


def test_unsigned_clients_stay(session, have_credentials):
    def unsigned():
        return session.client("s3", config=Config(signature_version=UNSIGNED))

    before = unsigned()
    assert not session.cache._lacks_credentials
    have_credentials()
    assert unsigned() is before


def test_clients_that_were_given_keys_stay(kind, session, have_credentials):
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    given, found = kind.get(session, "sqs", **keys), kind.get(session, "sqs")
    have_credentials()
    assert ask_until_it_signs(lambda: kind.get(session, "sqs")) is not found
    assert kind.get(session, "sqs", **keys) is given


def test_what_the_look_raises_is_raised_where_boto3_would_and_nothing_is_lost(session, monkeypatch):
    made = session.client("sqs")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")  # and no secret key
    raised = None
    end = time.monotonic() + SOON
    while raised is None and time.monotonic() < end:
        try:
            session.client("sqs")
        except Exception as error:
            raised = error
    assert type(raised).__name__ == "PartialCredentialsError"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert session.client("sqs") is made


def test_a_hit_does_not_wait_for_a_build_to_look(session, have_credentials, monkeypatch):
    made = session.client("sqs")
    building, go_on = threading.Event(), threading.Event()

    def pause(**_):
        building.set()
        assert go_on.wait(SOON)

    session.events.register("creating-client-class.sns", pause)
    builder = threading.Thread(target=session.client, args=("sns",))
    builder.start()
    assert building.wait(SOON)
    have_credentials()
    assert session.client("sqs") is made
    go_on.set()
    builder.join(SOON)
    ask_until_it_signs(lambda: session.client("sqs"))


def test_sessions_with_credentials_never_look(have_credentials, kind):
    have_credentials()
    session = Session(region_name="us-east-1")
    assert signs(kind.get(session, "sqs"))
    assert not session.cache._lacks_credentials
