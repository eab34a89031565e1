"""Clients that were built while no credentials could be found: they sign nothing, even when there are some later.

boto3 gives a client what its session has found when the client is built. A look-up may fail once (the instance metadata
did not answer in time, a file was not there yet), and a cached client would be without credentials for ever.
"""

from __future__ import annotations

from typing import Any

import botocore

from boto3_client_cache._departures import client_of


def lacks_credentials(made: Any) -> bool:
    """Whether requests of a client, or of a resource's client, want a signature and cannot have one."""
    signer = getattr(client_of(made), "__dict__", {}).get("_request_signer")  # not by getattr: a stand-in may have none
    if signer is None:
        return False
    found = getattr(signer, "_credentials", signer), getattr(signer, "_auth_token", None)
    return found == (None, None) and getattr(signer, "_signature_version", None) is not botocore.UNSIGNED
