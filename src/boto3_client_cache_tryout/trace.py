"""The sequence of keys that a program asked for, to be replayed: one call a line, as JSON, in the order of asking.

A line has the seconds since the run began (``at``), the session and the key as numbers, the kind (``client``,
``resource``, or ``botocore`` for ``create_client`` of botocore's own sessions), the service and the region. A key is a
number since labels do not tell keys apart whose secrets differ; it is null for a call that is like no other. A session
is one process's: a forked child goes on with copies, whose caches are empty.

Complexity: O(n log n) in the calls. Does not: hold a label, an argument or a digest, so no secret; calls that raised.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boto3_client_cache_tryout.records import Process


def trace(processes: list[Process], began: float) -> str:
    """Return the lines of a run that began at this time of the machine's clock."""
    calls = [(call, place) for place, process in enumerate(processes) for call in process.calls]
    calls.sort(key=lambda asked: asked[0].at)
    sessions: dict[Any, int] = {}
    keys: dict[Any, int] = {}
    lines = []
    for call, place in calls:
        line = {
            "at": round(call.at - began, 6),
            "session": sessions.setdefault((place, call.owner), len(sessions)),
            "kind": call.kind,
            "key": None if call.key is None else keys.setdefault((place, call.key), len(keys)),
            "service": call.service,
            "region": call.region,
        }
        lines.append(json.dumps(line) + "\n")
    return "".join(lines)
