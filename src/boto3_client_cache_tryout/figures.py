"""Counts what a run's processes have noted: what was asked for, how much of it was different, what a cache would keep.

Complexity: linear in the calls, times the number of different keys of a session. Does not measure anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from boto3_client_cache_tryout.records import Call, Failure, Gone, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from boto3_client_cache_tryout.records import Process

DEFAULT_MAX_SIZE = 10


def figures(processes: list[Process]) -> dict[str, Any]:
    """Return everything that is counted, by name, in types that JSON has."""
    calls = [(process, call) for process in processes for call in process.calls]
    sessions = [(process, event) for process in processes for event in process.events if isinstance(event, Made)]
    failures = [event for process in processes for event in process.events if isinstance(event, Failure)]
    cached = [(process, call) for process, call in calls if call.kind != "botocore"]
    distances = Counter(distance for process in processes for distance in _distances(process))
    needed = max(distances, default=-1) + 1
    return {
        "processes": len(processes),
        "cut_off": sum(process.seconds is None for process in processes),
        "seconds": max((process.seconds or 0.0 for process in processes), default=0.0),
        "sessions": {
            "boto3": sum(made.kind == "boto3" for _, made in sessions),
            "different_arguments": len({(id(p), made.arguments) for p, made in sessions if made.kind == "boto3"}),
            "botocore": sum(made.kind == "botocore" for _, made in sessions),
            "by_line": _rows(((process.lines[made.line],), None, 0.0) for process, made in sessions),
        },
        "asked": {kind: sum(call.kind == kind for _, call in calls) for kind in ("client", "resource", "botocore")},
        "different": len(set(map(_identity, cached))),
        "different_of_equal_sessions": _of_equal_sessions(processes),
        "failed": dict(Counter(failure.error for failure in failures)),
        "building_seconds": sum(call.seconds for _, call in calls),
        "max_size": {
            "needed": needed,
            "hits": {str(size): _hits(distances, size) for size in _sizes(needed)},
        },
        "by_service": _rows_of(calls, lambda process, call: (call.service, call.region or "")),
        "by_line": _rows_of(calls, lambda process, call: (process.lines[call.line],)),
        "by_key": _rows_of(calls, lambda process, call: (call.kind, _label(process, call))),
    }


def _label(process: Process, call: Call) -> str:
    return repr(call.service) if call.key is None else process.keys[call.key]


def _identity(asked: tuple[Process, Call]) -> Hashable:
    """Return what is equal for two calls that a session's caches answer with one object."""
    process, call = asked
    return (id(process), call.owner, call.kind, call.client if call.key is None else call.key)


def _of_equal_sessions(processes: list[Process]) -> int:
    """Count what would be different if sessions of equal arguments were one."""
    found = set()
    for process in processes:
        arguments = {event.number: event.arguments for event in process.events if isinstance(event, Made)}
        for call in process.calls:
            if call.kind != "botocore":
                owner = arguments.get(call.owner)
                key = call.client if call.key is None else call.key
                found.add((id(process), owner is None, call.owner if owner is None else owner, call.kind, key))
    return len(found)


def _distances(process: Process) -> Iterable[int]:
    """Yield for each call that asks again how many other keys its cache was asked for since: its LRU stack distance.

    A cache of ``max_size`` entries keeps what comes again at a distance below ``max_size``.
    """
    stacks: dict[Hashable, list[int]] = defaultdict(list)  # the latest last
    for call in process.calls:
        if call.kind == "botocore" or call.key is None:
            continue
        stack = stacks[call.owner, call.kind]
        if call.key in stack:
            place = stack.index(call.key)
            yield len(stack) - 1 - place
            del stack[place]
        stack.append(call.key)


def _sizes(needed: int) -> list[int]:
    """Return the sizes of caches that are worth a look, in order."""
    largest = max(needed, DEFAULT_MAX_SIZE)
    return sorted({size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if size < largest} | {needed, largest})


def _hits(distances: Counter[int], max_size: int) -> int:
    return sum(times for distance, times in distances.items() if distance < max_size)


def _rows_of(
    calls: list[tuple[Process, Call]], name: Callable[[Process, Call], tuple[str, ...]]
) -> list[dict[str, Any]]:
    return _rows((name(process, call), _identity((process, call)), call.seconds) for process, call in calls)


def _rows(named: Iterable[tuple[tuple[str, ...], Hashable, float]]) -> list[dict[str, Any]]:
    """Sum up what has the same name, the most first."""
    asked: Counter[tuple[str, ...]] = Counter()
    seconds: dict[tuple[str, ...], float] = defaultdict(float)
    different: dict[tuple[str, ...], set[Hashable]] = defaultdict(set)
    for name, identity, took in named:
        asked[name] += 1
        seconds[name] += took
        different[name].add(identity)
    return [
        {"name": list(name), "asked": times, "different": len(different[name]), "seconds": seconds[name]}
        for name, times in sorted(asked.items(), key=lambda item: (-seconds[item[0]], -item[1], item[0]))
    ]


def loaded_models(processes: list[Process]) -> tuple[list[str], Callable[[dict[str, int]], dict[str, int]]]:
    """Return the services whose models were loaded, and what gives their memory by the sizes of their models."""
    services = sorted({call.service for process in processes for call in process.calls})

    def memory(sizes: dict[str, int]) -> dict[str, int]:
        counted = [_models(process, sizes) for process in processes]
        return {name: sum(of_process[name] for of_process in counted) for name in ("copies", "bytes", "most_bytes")}

    return services, memory


def _models(process: Process, sizes: dict[str, int]) -> dict[str, int]:
    """Follow the loaders of a process: each parses a service's model once, and holds it as long as it lives.

    Under the name of no service, ``""``, is the size of what every loader parses.
    """
    held: dict[int, set[str]] = {}
    copies = total = now = most = 0
    for event in process.events:
        if isinstance(event, Call) and event.loader is not None:
            services = held.setdefault(event.loader, set())
            for service in {"", event.service} - services:
                services.add(service)
                copies += service != ""
                now += sizes.get(service, 0)
                total += sizes.get(service, 0)
            most = max(most, now)
        elif isinstance(event, Gone):
            now -= sum(sizes.get(service, 0) for service in held.pop(event.number, ()))
    return {"copies": copies, "bytes": total, "most_bytes": most}
