"""Packages that call boto3 themselves: each use builds a client of its own, and with boto3 cached all share one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from boto3_client_cache import cached_boto3

awswrangler = pytest.importorskip("awswrangler", reason="needs the dependency group third-party")
pandas = pytest.importorskip("pandas")
pydantic_settings = pytest.importorskip("pydantic_settings")
smart_open = pytest.importorskip("smart_open")

USES = 5


class TestSmartOpen:
    """It calls ``boto3.client`` for every file, with a ``Config`` of its own."""

    def test_all_files_share_a_client(self, bucket, clients_built):
        def write_and_read(number):
            with smart_open.open(f"s3://{bucket}/{number}", "w") as file:
                file.write(f"text {number}")
            with smart_open.open(f"s3://{bucket}/{number}") as file:
                assert file.read() == f"text {number}"

        assert clients_built(write_and_read, USES) == (2 * USES, 1)

    def test_threads_that_open_files_at_once_share_a_client(self, bucket, built):
        start = threading.Barrier(8)

        def write(number):
            start.wait(60)
            with smart_open.open(f"s3://{bucket}/{number}", "w") as file:
                file.write("text")

        built.clear()
        with cached_boto3(), ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        assert built == ["s3"]

    def test_a_session_that_it_makes_for_itself_works(self, bucket):
        with cached_boto3():
            boto3.client("s3").put_object(Bucket=bucket, Key="key", Body=b"text")
            found = list(smart_open.s3.iter_bucket(bucket, workers=2))
        assert [(key, bytes(content)) for key, content in found] == [("key", b"text")]


class TestTransfers:
    """boto3's own transfers, by s3transfer's threads."""

    def test_uploads_and_downloads_share_a_client(self, bucket, clients_built, tmp_path):
        content = bytes(9 << 20)  # more than one part
        (tmp_path / "up").write_bytes(content)

        def upload_and_download(number):
            boto3.client("s3").upload_file(str(tmp_path / "up"), bucket, str(number))
            boto3.client("s3").download_file(bucket, str(number), str(tmp_path / "down"))
            assert (tmp_path / "down").read_bytes() == content

        assert clients_built(upload_and_download, USES) == (2 * USES, 1)

    def test_resources_share_one_too(self, bucket, clients_built, tmp_path):
        (tmp_path / "up").write_bytes(b"content")

        def upload(number):
            boto3.resource("s3").Bucket(bucket).upload_file(str(tmp_path / "up"), str(number))

        assert clients_built(upload, USES) == (USES, 1)


@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # what it asks of the newest pandas
class TestAwswrangler:
    """It works on the default session if there is one, and makes a session of its own for every client if not."""

    @pytest.fixture
    def write_and_read(self, bucket):
        frame = pandas.DataFrame({"number": range(3)})

        def write_and_read(number):
            path = f"s3://{bucket}/{number}.csv"
            awswrangler.s3.to_csv(frame, path, index=False)
            assert awswrangler.s3.read_csv(path, use_threads=False).equals(frame)

        return write_and_read

    def test_all_frames_share_a_client_of_the_default_session(self, write_and_read, clients_built):
        def with_default_session(number):
            if boto3.DEFAULT_SESSION is None:
                boto3.setup_default_session()
            write_and_read(number)

        plain, cached = clients_built(with_default_session, USES)
        assert plain >= 2 * USES
        assert cached == 1

    def test_without_one_it_works_as_before(self, write_and_read, clients_built):
        plain, cached = clients_built(write_and_read, USES)
        assert plain == cached


class TestPydanticSettings:
    """Every settings object calls ``boto3.client``, which it imports by name each time."""

    def test_all_settings_share_a_client(self, clients_built):
        boto3.Session().client("secretsmanager").create_secret(Name="app", SecretString='{"token": "t"}')

        class Settings(pydantic_settings.BaseSettings):
            token: str

            @classmethod
            def settings_customise_sources(cls, settings_cls, **_):
                return (pydantic_settings.AWSSecretsManagerSettingsSource(settings_cls, "app"),)

        def load(number):
            assert Settings().token == "t"

        assert clients_built(load, USES) == (USES, 1)


def test_a_client_that_a_package_closes_goes_on_working(bucket):
    with cached_boto3():
        client = boto3.client("s3")
        client.close()
        assert boto3.client("s3") is client
        client.put_object(Bucket=bucket, Key="key", Body=b"")
