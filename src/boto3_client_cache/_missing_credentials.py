"""Clients that were built while no credentials could be found: they sign nothing, even when there are some later.

boto3 gives a client what its session has found when the client is built. A look-up may fail once (the instance metadata
did not answer in time, a file was not there yet), and a cached client would be without credentials for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore

from boto3_client_cache._departures import client_of

if TYPE_CHECKING:
    import boto3.session

    from boto3_client_cache.session import SessionCache


def lacks_credentials(made: Any) -> bool:
    """Whether requests of a client, or of a resource's client, want a signature and cannot have one."""
    signer = getattr(client_of(made), "__dict__", {}).get("_request_signer")  # not by getattr: a stand-in may have none
    if signer is None:
        return False
    found = getattr(signer, "_credentials", signer), getattr(signer, "_auth_token", None)
    return found == (None, None) and getattr(signer, "_signature_version", None) is not botocore.UNSIGNED


def look(session: boto3.session.Session, caches: SessionCache) -> None:
    """Drop from ``caches`` what lacks credentials if ``session`` has some by now; the compiled core calls it.

    boto3 looks for them at every call as long as there are none, which is no more than what it does for each client.
    Not while another thread builds: that one has the session's turn, and a call that could hit must not wait for it.
    """
    if caches._turn.run_if_free(session.get_credentials) is None:
        return
    caches._lacks_credentials = False  # first: what is stored meanwhile says so again
    caches.invalidate(lambda _, held: lacks_credentials(held))
