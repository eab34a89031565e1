"""Container credentials over real HTTP, served by greenlets: for programs that gevent has patched.

A session without other credentials asks this service for some when it builds its first client, as in ECS and EKS: a
creation that really switches greenlets, for as long as the test wants.
"""

import json
import os

import gevent
from gevent.event import Event
from gevent.pywsgi import WSGIServer


class CredentialService:
    """Holds every answer until ``go_on`` is set."""

    def __init__(self) -> None:
        """Serve, and have the process's new sessions ask here."""
        self.requests = 0
        self.held = 0
        self.status = "200 OK"
        self.asked, self.go_on = Event(), Event()
        server = WSGIServer(("127.0.0.1", 0), self._answer, log=None)
        server.start()
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://127.0.0.1:{server.server_port}/credentials"

    def _answer(self, _environ, start_response):
        self.requests += 1
        self.held += 1
        self.asked.set()
        self.go_on.wait()
        self.held -= 1
        start_response(self.status, [("Content-Type", "application/json")])
        names = ("AccessKeyId", "SecretAccessKey", "Token")
        return [json.dumps({**dict.fromkeys(names, "testing"), "Expiration": "2099-01-01T00:00:00Z"}).encode()]


def spawn_all(works):
    """Start a greenlet for each work and let all of them run until they wait; an error is its value."""

    def outcome(work):
        try:
            return work()
        except BaseException as error:
            return error

    greenlets = [gevent.spawn(outcome, work) for work in works]
    for _ in range(10):
        gevent.sleep(0)
    return greenlets


def values(greenlets):
    """Wait for the greenlets; one still running after a minute is an error."""
    gevent.joinall(greenlets, timeout=60)
    assert all(greenlet.ready() for greenlet in greenlets), "a greenlet hangs"
    return [greenlet.value for greenlet in greenlets]
