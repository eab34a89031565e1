"""moto's server in a process of its own, spoken to over HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SERVER = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://{}:{}".format(*server.get_host_and_port()), flush=True)
sys.stdin.read()
"""


@contextmanager
def moto_server() -> Iterator[str]:
    """Start the server on a free loopback port and yield its URL; it ends when its standard input closes.

    ``MOTO_PYTHON`` names the interpreter to run it on, where this one cannot have moto.
    """
    process = subprocess.Popen(
        [os.environ.get("MOTO_PYTHON", sys.executable), "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), "moto's server did not start"
        yield url
        process.stdin.close()
