"""The proxies of an environment that names none.

What is shared: nothing. What is saved: for each client botocore goes through the environment three times.

When it is not: an environment with a variable that ends in ``_proxy``; a system whose proxies are not in the
environment (macOS, Windows); while somebody has replaced what looks for proxies (``checks.PROXIES``).

What happens then: botocore looks for them.
"""

from __future__ import annotations

import os

import botocore.utils

from . import checks


def environ_proxies(url: str) -> dict[str, str]:
    """Return the proxies for a valid URL, by scheme: what botocore's ``get_environ_proxies`` returns."""
    if checks.PROXIES.is_own() and _are_none():
        return {}
    return botocore.utils.get_environ_proxies(url)


def _are_none() -> bool:
    names = getattr(os.environ, "_data", None)  # as the system has them: to decode them takes as long as botocore's way
    return type(names) is dict and not any(name[-6:].lower() == b"_proxy" for name in list(names))
