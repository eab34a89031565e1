"""STS on loopback, as a script says: it issues credentials of any role, and knows by them who asks."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from support.scripted_server import Part, Request, reply, serving

_ISSUED = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>
<AssumedRoleUser><AssumedRoleId>AROA:{2}</AssumedRoleId><Arn>{3}</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>{4}</Expiration></Credentials></{0}Result></{0}Response>"""
_IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{0}</Arn><UserId>u</UserId><Account>{1}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
_REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>{0}</Code><Message>refused</Message></Error></ErrorResponse>"""


class Sts:
    """What is asked, and what is to be answered."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        """The parameters of each request for credentials, with ``tenant``, whose access key signed it."""
        self.lifetime = 3600
        self.refusals: list[tuple[str, str]] = []
        """Statuses and codes that the next requests for credentials are answered with."""
        self.held: set[str] = set()
        """Roles whose next request waits for ``go_on``."""
        self.holding, self.go_on = threading.Event(), threading.Event()
        self._arns = {"testing": "arn:aws:iam::000000000000:user/testing"}
        self.url = ""

    def roles(self) -> list[str]:
        """Return the role of each request for credentials."""
        return [asked["RoleArn"] for asked in self.asked]

    def answer(self, request: Request) -> Iterator[Part]:
        given = dict(parse_qsl(request.body.decode()))
        if given["Action"] == "GetCallerIdentity":
            arn = self._arns[request.tenant]
            yield reply(_IDENTITY.format(arn, arn.split(":")[4]).encode(), "Content-Type: text/xml")
            return
        self.asked.append({**given, "tenant": request.tenant})
        if given["RoleArn"] in self.held:
            self.held.discard(given["RoleArn"])
            self.holding.set()
            self.go_on.wait(60)
        if self.refusals:
            status, code = self.refusals.pop(0)
            yield reply(_REFUSED.format(code).encode(), "Content-Type: text/xml", status=status)
            return
        key = f"ASIA{len(self.asked):012}"
        name = given["RoleSessionName"]
        _, _, _, _, account, role = given["RoleArn"].split(":")
        self._arns[key] = f"arn:aws:sts::{account}:assumed-{role}/{name}"
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lifetime)
        body = _ISSUED.format(given["Action"], key, name, self._arns[key], end.isoformat())
        yield reply(body.encode(), "Content-Type: text/xml")


@contextmanager
def sts_server() -> Iterator[Sts]:
    sts = Sts()
    with serving(sts.answer) as server:
        sts.url = server.url
        try:
            yield sts
        finally:
            sts.go_on.set()


def account_of(session: Any) -> str:
    """Return the account that STS takes a session for."""
    account: str = session.client("sts").get_caller_identity()["Account"]
    return account
