"""Files are taken as they are at each connection, and what is wrong with them is told as by plain boto3."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.tls import Server, server_context, tls_server

from boto3_client_cache.lean import trust

from .conftest import SESSIONS, make_client, replace, request, settle, shares


@pytest.fixture
def bundle(tmp_path: Path, certificates: Path) -> Path:
    """A bundle that a test may replace."""
    return replace(tmp_path / "bundle.pem", (certificates / "ours.pem").read_bytes())


def damaged(certificates: Path) -> bytes:
    return (certificates / "ours.pem").read_bytes()[:-100]


WRONG: dict[str, Callable[[Path, Path], Any]] = {
    "missing": lambda bundle, certificates: bundle.unlink(),
    "empty": lambda bundle, certificates: replace(bundle, b""),
    "directory": lambda bundle, certificates: (bundle.unlink(), bundle.mkdir()),
    "damaged": lambda bundle, certificates: replace(bundle, damaged(certificates)),
    "no certificate": lambda bundle, certificates: replace(bundle, b"-----BEGIN NOTHING-----\n"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_bundle_that_is_wrong_from_the_start(wrong: Any, server: Server, bundle: Path, certificates: Path) -> None:
    wrong(bundle, certificates)
    outcomes = {}
    for kind, make_session in SESSIONS.items():
        client = make_client(server.url, bundle, make_session)
        outcomes[kind] = request(client), request(client)
    assert outcomes["ours"] == outcomes["boto3"]
    assert outcomes["boto3"][0].startswith("SSLError: ")


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_bundle_that_goes_wrong_while_running(wrong: Any, bundle: Path, certificates: Path) -> None:
    outcomes: dict[str, list[str]] = {}
    context = server_context(certificates / "ours-good.pem")
    with tls_server(context, keep_alive=True) as server:
        for kind, make_session in SESSIONS.items():
            replace(bundle, (certificates / "ours.pem").read_bytes())
            client = make_client(server.url, bundle, make_session)
            told = outcomes[kind] = [request(client)]
            wrong(bundle, certificates)
            told += [request(client)]  # the connection that is open
            client.close()
            told += [request(client), request(make_client(server.url, bundle, make_session))]
            if bundle.is_dir():
                bundle.rmdir()
            replace(bundle, (certificates / "ours.pem").read_bytes())
            told += [request(client)]
            client.close()
            assert shares(client) == (kind == "ours")
    assert outcomes["ours"] == outcomes["boto3"]
    assert [each.partition(":")[0] for each in outcomes["ours"]] == ["200", "200", "SSLError", "SSLError", "200"]


def test_a_replaced_bundle_counted_only_for_later_clients(bundle: Path, certificates: Path) -> None:
    with tls_server(server_context(certificates / "other-good.pem")) as server:
        client = make_client(server.url, bundle)
        assert request(client).startswith("SSLError: ")
        replace(bundle, (certificates / "other.pem").read_bytes())
        assert request(client) == "200"
        assert shares(client)


def test_a_replaced_bundle_was_trusted_together_with_the_one_before(bundle: Path, certificates: Path) -> None:
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        client = make_client(server.url, bundle)
        assert request(client) == "200"
        replace(bundle, (certificates / "other.pem").read_bytes())
        assert request(client).startswith("SSLError: ")
    assert len(trust._contexts) == 1  # and not one for each content that there ever was


def test_a_file_changed_in_place_within_a_tick_of_the_clock_was_taken_for_the_one_before(
    bundle: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "_SETTLED", 10**18)  # all files are that young
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        client = make_client(server.url, bundle)
        assert request(client) == "200"
        assert not trust._contexts
        assert request(client) == "200"
        assert shares(client)


def test_a_relative_bundle_is_that_of_the_directory_at_the_connection(
    tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
        replace(tmp_path / name / "bundle.pem", (certificates / f"{name}.pem").read_bytes())
    with tls_server(server_context(certificates / "ours-good.pem")) as server:
        monkeypatch.chdir(tmp_path / "ours")
        client = make_client(server.url, "bundle.pem")
        outcomes = [request(client)]
        monkeypatch.chdir(tmp_path / "other")
        outcomes.append(request(client).partition(":")[0])
    assert outcomes == ["200", "SSLError"]


def test_bundles_are_found_where_botocore_finds_them(
    server: Server, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_trusted() -> bool:
        client = make_client(server.url)
        trusts = request(client) == "200"
        assert shares(client)
        return trusts

    assert not is_trusted()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert is_trusted()
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv("HOME", str(bundle.parent))
    monkeypatch.setenv("AWS_CA_BUNDLE", f"~/{bundle.name}")
    assert is_trusted()


def test_many_bundles_are_not_all_kept(tmp_path: Path, certificates: Path) -> None:
    content = (certificates / "ours.pem").read_bytes()
    bundles = [tmp_path / f"{number}.pem" for number in range(trust._MOST_CONTEXTS + 5)]
    for bundle in bundles:
        bundle.write_bytes(content)
    settle(*bundles)
    for bundle in bundles:
        trust.prepare(str(bundle))
    assert 0 < len(trust._contexts) <= trust._MOST_CONTEXTS


def pair(folder: Path, authority: str, person: str) -> tuple[str, str]:
    return str(folder / f"{authority}-{person}-cert.pem"), str(folder / f"{authority}-{person}-key.pem")


def test_a_client_s_certificate_reached_others_of_the_process(server: Server, certificates: Path) -> None:
    """What psf/requests#6726 is about."""
    bundle = certificates / "ours.pem"
    clients = [
        make_client(server.url, bundle, **options)
        for options in (
            {},
            {"client_cert": pair(certificates, "ours", "alpha")},
            {"client_cert": pair(certificates, "ours", "beta")},
            {},
        )
    ]
    for client in (*clients, *reversed(clients)):
        assert request(client) == "200"
        assert shares(client)
    people = [None, "alpha", "beta", None]
    assert [each.person for each in server.greetings] == people + people[::-1]


def test_a_rotated_client_certificate_is_shown_at_the_next_connection(
    server: Server, tmp_path: Path, certificates: Path
) -> None:
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"

    def put(person: str) -> None:
        for path, source in zip(files, pair(certificates, "ours", person), strict=True):
            replace(path, Path(source).read_bytes())

    put("alpha")
    client = make_client(server.url, certificates / "ours.pem", client_cert=tuple(map(str, files)))
    assert request(client) == "200"
    put("beta")
    assert request(client) == "200"
    assert [each.person for each in server.greetings] == ["alpha", "beta"]
    assert shares(client)


def wrong_pairs(folder: Path, certificates: Path) -> dict[str, Any]:
    certificate, key = pair(certificates, "ours", "alpha")
    (folder / "encrypted.pem").write_text("Proc-Type: 4,ENCRYPTED\n")
    (folder / "damaged.pem").write_bytes(Path(certificate).read_bytes()[:-60])
    settle(folder / "encrypted.pem", folder / "damaged.pem")
    return {
        "missing": (certificate, str(folder / "none.pem")),
        "mismatched": (certificate, pair(certificates, "ours", "beta")[1]),
        "encrypted": (certificate, str(folder / "encrypted.pem")),
        "damaged": (str(folder / "damaged.pem"), key),
        "without its key": certificate,
    }


@pytest.mark.parametrize("wrong", ["missing", "mismatched", "encrypted", "damaged", "without its key"])
def test_a_client_certificate_that_is_wrong(wrong: str, server: Server, tmp_path: Path, certificates: Path) -> None:
    client_cert = wrong_pairs(tmp_path, certificates)[wrong]
    outcomes = {}
    for kind, make_session in SESSIONS.items():
        client = make_client(server.url, certificates / "ours.pem", make_session, client_cert=client_cert)
        outcomes[kind] = request(client), request(client)
    assert outcomes["ours"] == outcomes["boto3"]
    assert "200" not in outcomes["ours"]


def test_one_file_with_certificate_and_key(server: Server, tmp_path: Path, certificates: Path) -> None:
    both = b"".join(Path(each).read_bytes() for each in pair(certificates, "ours", "alpha"))
    client = make_client(server.url, certificates / "ours.pem", client_cert=str(replace(tmp_path / "both.pem", both)))
    assert (request(client), request(client)) == ("200", "200")
    assert [each.person for each in server.greetings] == ["alpha"] * 2
    assert shares(client)


def test_a_key_log_is_written_as_by_plain_boto3(
    server: Server, tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = {}
    for kind, make_session in SESSIONS.items():
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / kind))
        logging = make_client(server.url, certificates / "ours.pem", make_session)
        monkeypatch.delenv("SSLKEYLOGFILE")
        quiet = make_client(server.url, certificates / "ours.pem", make_session)
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / kind))
        for client in (quiet, logging, quiet, logging):
            assert request(client) == "200"
        lines[kind] = [line.split()[0] for line in (tmp_path / kind).read_text().splitlines() if line[0] != "#"]
        monkeypatch.delenv("SSLKEYLOGFILE")
    assert lines["ours"] == lines["boto3"]
    assert len(lines["ours"]) == 2 * len(set(lines["ours"]))


def test_a_key_log_that_cannot_be_written_any_more(
    server: Server, tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(server.url, certificates / "ours.pem")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "log"))
    assert request(client) == "200"
    assert not shares(client)
