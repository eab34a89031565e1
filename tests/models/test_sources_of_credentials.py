"""Where credentials come from is what botocore finds, in every way that a profile can say it, and so are the errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore.session
import pytest

from boto3_client_cache.lean.session import botocore_session

ROLE = "role_arn = arn:aws:iam::123456789012:role/x\n"
PROFILES = {
    "keys": "aws_access_key_id = k\naws_secret_access_key = s\n",
    "role": ROLE + "source_profile = keys\n",
    "role of the environment": ROLE + "credential_source = Environment\n",
    "role of an instance": ROLE + "credential_source = Ec2InstanceMetadata\n",
    "role of nothing": ROLE,
    "circle": ROLE + "source_profile = other\n",
    "other": ROLE + "source_profile = circle\n",
    "web identity": ROLE + "web_identity_token_file = none-such\n",
    "sso": "sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n",
    "sso session": "sso_session = my\nsso_account_id = 1\nsso_role_name = r\n",
    "process": "credential_process = none-such-program\n",
    "endpoint": "services = named\nendpoint_url = http://localhost:1\n",
}
SECTIONS = """[sso-session my]
sso_start_url = https://x
sso_region = us-east-1
[services named]
s3 =
  endpoint_url = http://localhost:2
"""


def answer(ask: Any, *arguments: Any) -> Any:
    try:
        return ask(*arguments)
    except Exception as error:
        return type(error), str(error)


def both(ask: Any) -> list[Any]:
    return [answer(ask, make()) for make in (botocore_session, botocore.session.Session)]


@pytest.mark.parametrize("profile", [*PROFILES, "none-such"])
def test_a_profile_gives_what_it_gives_in_botocore(profile: str, tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "config"
    file.write_text(SECTIONS + "".join(f"[profile {name}]\n{text}" for name, text in PROFILES.items()))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    def look(session: Any) -> Any:
        session.set_config_variable("profile", profile)
        found = session.get_credentials()
        endpoints = [session.create_client(name).meta.endpoint_url for name in ("s3", "sqs")]
        return type(found), getattr(found, "method", None), endpoints

    ours, theirs = both(look)
    assert ours == theirs


@pytest.mark.parametrize(
    "url", ["http://[bad", "http://[::1", "http://a b", "nonsense", "http://x:port", "http://℀.x", ""]
)
def test_a_wrong_address_is_refused_where_botocore_refuses_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = both(lambda session: session.create_client("sqs", endpoint_url=url).meta.endpoint_url)
    assert ours == theirs
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
    ours, theirs = both(lambda session: type(session.get_component("credential_provider")))
    assert ours == theirs
