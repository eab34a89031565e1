"""A process that does again what a program's process did with sessions and clients, and measures what that takes.

    python -m boto3_client_cache_tryout.replay boto3|install|models

It reads the steps from its standard input and prints figures, both as JSON. Every call has credentials of its own, one
pair for each key, so calls are equal where the program's were, nothing is looked for, and nothing is sent.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from functools import partial
from typing import Any

from boto3_client_cache_tryout import memory
from boto3_client_cache_tryout.figures import DEFAULT_MAX_SIZE


def main() -> None:
    """Do what the argument says."""
    (what,) = sys.argv[1:]
    given = json.load(sys.stdin)
    json.dump(_sizes_of_models(given) if what == "models" else _replayed(what, **given), sys.stdout)


def _replayed(side: str, steps: list[list[Any]], max_size: int) -> dict[str, float]:
    """Take the steps with plain boto3, or with the package installed; return what they took."""
    replay = _Replay(side, max_size)
    before = memory.begin()
    began = time.process_time()
    for name, *arguments in steps:
        getattr(replay, name)(*arguments)
    seconds = time.process_time() - began
    return {"seconds": seconds, "mib": max(0.0, memory.most() - before), "failed": replay.failed}


class _Replay:
    """What is alive of the program's, by its numbers; each method is a step."""

    def __init__(self, side: str, max_size: int) -> None:
        import boto3  # noqa: PLC0415 - the import is not what is measured
        import botocore.session  # noqa: PLC0415

        self.failed = 0
        self._make: dict[str, Any] = {"boto3": boto3.Session, "botocore": botocore.session.Session}
        self._held: dict[int, Any] = {}
        if side == "install":
            import boto3_client_cache  # noqa: PLC0415

            boto3_client_cache.install()
            if max_size > DEFAULT_MAX_SIZE:
                sizes = {"max_size": max_size}
                options: dict[str, Any] = {"client_cache": sizes, "resource_cache": sizes}
                self._make["boto3"] = partial(boto3.Session, **options)

    def session(self, number: int, kind: str, botocore_session: int | None = None) -> Any:
        """Make a session, if there is none of this number."""
        if number not in self._held:
            given = {}
            if botocore_session is not None:
                given["botocore_session"] = self.session(botocore_session, "botocore")
            self._held[number] = self._make[kind](**given)
        return self._held[number]

    def client(self, owner: int, kind: str, *call: Any) -> None:
        """Ask a session for a client or a resource."""
        key, number, service, region = call
        credentials = {"aws_access_key_id": f"key-{key}", "aws_secret_access_key": "none"}
        try:
            session = self.session(owner, "botocore" if kind == "botocore" else "boto3")
            make = session.create_client if kind == "botocore" else getattr(session, kind)
            self._held[number] = make(service, region_name=region, **credentials)
        except Exception:  # it needs a model, a plug-in or an event handler of the program's own
            self.failed += 1

    def gone(self, number: int) -> None:
        """Let something go, as the program did."""
        self._held.pop(number, None)


# ---- the models that plain boto3 parses for each session -------------------------------------------------------------

_COMMON = ("endpoints", "partitions", "sdk-default-configuration", "_retry")


def _sizes_of_models(services: list[str]) -> dict[str, int]:
    """Return the bytes of each service's models as Python objects; those of what every client needs by ``""``."""
    import botocore.session  # noqa: PLC0415 - see above
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    sizes: dict[str, int] = {}
    for service in ("", *services):
        loader = botocore.session.Session().get_component("data_loader")
        loaded = []
        for name in _COMMON if not service else ("service-2", "endpoint-rule-set-1"):
            with suppress(BotoCoreError):  # not every service, nor every botocore, has each
                loaded.append(loader.load_service_model(service, name) if service else loader.load_data(name))
        sizes[service] = _size(loaded)
    return sizes


def _size(root: Any) -> int:
    """Return the bytes of everything that is reached from containers, each once."""
    seen: set[int] = set()
    waiting = [root]
    total = 0
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        total += sys.getsizeof(thing)
        if isinstance(thing, dict):
            waiting += thing.keys()
            waiting += thing.values()
        elif isinstance(thing, (list, tuple)):
            waiting += thing
    return total


if __name__ == "__main__":
    main()
