"""Models of eviction policies: how many keys of a sequence a cache of a size would have held.

LRU and LFU are this package's, as ``tests/unit/test_replay_policies.py`` holds them against it. SIEVE is that of Zhang
et al. (NSDI 2024), S3-FIFO that of Yang et al. (SOSP 2023), a tenth of its room the small queue's. The optimum is
Belady's: it knows what comes. Each stores every key that it misses, as the package does.

Complexity: written to be read; up to O(size) a miss. Sizes are 1 or more.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Sequence

Keys = Sequence[Hashable]
NEVER = float("inf")


def lru(keys: Keys, size: int) -> int:
    """Count the hits where the least recently used leaves."""
    held: OrderedDict[Hashable, None] = OrderedDict()
    hits = 0
    for key in keys:
        if key in held:
            hits += 1
            held.move_to_end(key)
            continue
        if len(held) == size:
            held.popitem(last=False)
        held[key] = None
    return hits


def lfu(keys: Keys, size: int) -> int:
    """Count the hits where the least frequently used leaves, of equal ones the least recently used."""
    held: dict[Hashable, tuple[int, int]] = {}  # uses, and when it was used last
    hits = 0
    for now, key in enumerate(keys):
        if key in held:
            hits += 1
        elif len(held) == size:
            del held[min(held, key=held.__getitem__)]
        held[key] = held.get(key, (0, 0))[0] + 1, now
    return hits


def sieve(keys: Keys, size: int) -> int:
    """Count the hits of SIEVE: a queue, and a hand that passes over what was used since it came by."""
    queue: list[Hashable] = []  # the oldest first
    visited: dict[Hashable, bool] = {}
    hand = hits = 0
    for key in keys:
        if key in visited:
            hits += 1
            visited[key] = True
            continue
        if len(queue) == size:
            while visited[queue[hand]]:
                visited[queue[hand]] = False
                hand = (hand + 1) % size
            del visited[queue.pop(hand)]
            hand %= size - 1 or 1  # past the newest it begins at the oldest again
        queue.append(key)
        visited[key] = False
    return hits


def s3_fifo(keys: Keys, size: int) -> int:
    """Count the hits of S3-FIFO: a small queue that most keys leave by, a main one, ghosts to know who comes again."""
    small: deque[Hashable] = deque()
    main: deque[Hashable] = deque()
    uses: dict[Hashable, int] = {}
    ghosts: OrderedDict[Hashable, None] = OrderedDict()
    room = max(1, size // 10)
    hits = 0

    def evict_from_small() -> None:
        key = small.popleft()
        if uses[key] > 1:
            main.append(key)
            uses[key] = 0
            return
        del uses[key]
        ghosts[key] = None
        if len(ghosts) > size - room:
            ghosts.popitem(last=False)

    def evict_from_main() -> None:
        key = main.popleft()
        if uses[key]:
            uses[key] -= 1
            main.append(key)
        else:
            del uses[key]

    for key in keys:
        if key in uses:
            hits += 1
            uses[key] = min(uses[key] + 1, 3)
            continue
        while len(uses) == size:
            if small and (len(small) >= room or not main):
                evict_from_small()
            else:
                evict_from_main()
        if key in ghosts:
            del ghosts[key]
            main.append(key)
        else:
            small.append(key)
        uses[key] = 0
    return hits


def optimum(keys: Keys, size: int) -> int:
    """Count the hits where that leaves which is asked for last, or never again."""
    places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for place, key in enumerate(keys):
        places[key].append(place)
    held: set[Hashable] = set()
    hits = 0
    for key in keys:
        places[key].popleft()
        if key in held:
            hits += 1
            continue
        if len(held) == size:
            held.remove(max(held, key=lambda held_key: places[held_key][0] if places[held_key] else NEVER))
        held.add(key)
    return hits


POLICIES: dict[str, Callable[[Keys, int], int]] = {
    "LRU": lru,
    "LFU": lfu,
    "SIEVE": sieve,
    "S3-FIFO": s3_fifo,
    "optimum": optimum,
}
