"""The HTTPS server of https_server.py in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class HttpsServer(NamedTuple):
    """The path of a CA bundle that makes a client trust it, and by service its URL, each with a port of its own."""

    bundle: str
    urls: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process's clients to it."""
        return {"AWS_CA_BUNDLE": self.bundle} | {
            f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in self.urls.items()
        }


@contextmanager
def https_server() -> Iterator[HttpsServer]:
    """Start it on free loopback ports and yield it; it ends, and its bundle goes, when its standard input closes.

    ``MOTO_PYTHON`` names the interpreter to run it on, where this one cannot have what makes the certificates.
    """
    process = subprocess.Popen(
        [os.environ.get("MOTO_PYTHON", sys.executable), "-m", "support.https_server"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        line = process.stdout.readline()
        assert line, "the HTTPS server did not start; its error is above"
        yield HttpsServer(**json.loads(line))
        process.stdin.close()
