"""The rows of the table: what is compared with what, the target, and how a row is written."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

Figures = dict[str, float]


@dataclass(frozen=True)
class Row:
    """A time of `ours` beside one of `other`: `at_least` so many times faster, or `at_most` so many times as long.

    One with a title as a `lead` has a line under it in the table of all CPythons.
    """

    path: str
    beside: str
    ours: str
    other: str
    at_least: float = 0
    at_most: float = 0
    at_least_on_310: float = 0
    lead: str = ""

    def cost(self, figures: Figures, name: str) -> float:
        return figures[name]

    def ratio(self, figures: Figures) -> float:
        ours, other = self.cost(figures, self.ours), self.cost(figures, self.other)
        return other / ours if self.at_least else ours / other

    def show(self, rounds: list[Figures], name: str) -> str:
        return f"{statistics.median(figures[name] for figures in rounds):,.0f} ns"

    def least(self, tag: str) -> float:
        return self.at_least_on_310 if self.at_least_on_310 and tag == "3.10" else self.at_least

    def is_reached(self, ratio: float, tag: str) -> bool:
        return ratio >= self.least(tag) if self.at_least else ratio <= self.at_most

    def line(self, rounds: list[Figures], tag: str) -> str:
        ratios = [self.ratio(figures) for figures in rounds]
        middle = statistics.median(ratios)
        ours, other = self.show(rounds, self.ours), self.show(rounds, self.other)
        digits = 0 if middle >= 10 else 2
        spread = f"{min(ratios):.{digits}f}–{max(ratios):.{digits}f}"
        ratio = f"{middle:.{digits}f}{'× faster' if self.at_least else ''}"
        target = f"≥ {self.least(tag):g}" if self.at_least else f"≤ {self.at_most:g}"
        reached = verdict(self.is_reached(middle, tag))
        return cells(self.path, ours, f"{self.beside}: {other}", ratio, spread, target, reached)

    def target(self) -> str:
        on_310 = f" (3.10: {self.at_least_on_310:g})" if self.at_least_on_310 else ""
        return f"≥ {self.at_least:g}×{on_310}" if self.at_least else f"≤ {self.at_most:g}"

    def cell(self, rounds: list[Figures], tag: str) -> str:
        middle = statistics.median(self.ratio(figures) for figures in rounds)
        written = f"{middle:.{0 if middle >= 20 else 1}f}×" if self.at_least else f"{middle:.2f}"
        return written if self.is_reached(middle, tag) else f"**{written}**"


@dataclass(frozen=True)
class GrowthRow(Row):
    """How much dearer an operation gets from 10 entries to `size`, beside the same of another cache."""

    size: int = 0

    def cost(self, figures: Figures, name: str) -> float:
        return figures[f"{name} {self.size}"] / figures[f"{name} 10"]

    def show(self, rounds: list[Figures], name: str) -> str:
        few, many = (statistics.median(figures[f"{name} {size}"] for figures in rounds) for size in (10, self.size))
        return f"{few:.0f} → {many:.0f} ns"


@dataclass(frozen=True)
class MemoryRow:
    """The bytes of an entry besides its client: at most 160 for a key of two keywords."""

    policy: str

    @property
    def lead(self) -> str:
        return f"memory of an {self.policy} entry, beside the peer"

    @property
    def path(self) -> str:
        return f"memory of an entry besides its client, {self.policy}"

    def target(self) -> str:
        return "≤ 160 bytes"

    def cell(self, rounds: list[Figures], tag: str) -> str:
        ours, peer = (statistics.median(figures[f"{side} {self.policy}"] for figures in rounds) for side in SIDES)
        written = f"1/{peer / ours:.1f}"
        return written if ours <= 160 else f"**{written}**"

    def line(self, rounds: list[Figures], tag: str) -> str:
        ours, peer, cachebox = (
            [figures[name] for figures in rounds] for name in (f"ours {self.policy}", f"peer {self.policy}", "cachebox")
        )
        middle, of_peer = statistics.median(ours), statistics.median(peer)
        return cells(
            self.path,
            f"{middle:.0f} bytes",
            f"the peer: {of_peer:.0f} bytes; cachebox with a `str` key: {statistics.median(cachebox):.0f}",
            f"1/{of_peer / middle:.1f} of the peer's",
            f"{min(ours):.0f}–{max(ours):.0f} bytes",
            self.target(),
            verdict(middle <= 160),
        )


def cells(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


HEAD = (
    cells("path", "ours", "beside", "ratio", "lowest–highest", "target", "")
    + "\n"
    + cells("---", "---:", "---", "---:", "---:", "---:", "---")
)
SIDES = ("ours", "peer")
SESSION_CLIENT = '`session.client("s3", region_name=…)` hit'
GROWTH_SIZES = (1_000, 100_000)
TWO_KEYWORDS = "`ClientCacheKey(service_name=…, region_name=…)`"
WITH_CONFIG = "`ClientCacheKey(…)`, credentials and `Config`"
LOADS_GET = "`pickle.loads(handle).get()` hit"
STR_KEY = "`cachebox.LRUCache`, `str` key"


def versus_peer(path: str, name: str, at_least: float, *, on_310: float = 0, lead: str = "") -> Row:
    ours, peer = f"ours {name}", f"peer {name}"
    return Row(path, "the peer", ours, peer, at_least=at_least, at_least_on_310=on_310, lead=lead)


CALLS = [
    versus_peer("`cache[key]` hit, LRU", "lru[key]", 15, on_310=12, lead="LRU hit, beside the peer"),
    versus_peer("`cache.get(key)` hit, LRU", "lru.get", 15, on_310=12),
    Row(
        "`cache[key]` hit, LRU", STR_KEY, "ours lru[key]", "cachebox[key]", at_most=1.1, lead="LRU hit, beside cachebox"
    ),
    Row("`cache.get(key)` hit, LRU", STR_KEY, "ours lru.get", "cachebox.get", at_most=1.1),
    versus_peer("`cache[key]` hit, LFU", "lfu[key]", 70, lead="LFU hit, beside the peer"),
    versus_peer("`cache.get(key)` hit, LFU", "lfu.get", 70),
    Row("`cache[key]` hit, LFU", "our LRU", "ours lfu[key]", "ours lru[key]", at_most=1.2),
    Row("`cache.get(key)` hit, LFU", "our LRU", "ours lfu.get", "ours lru.get", at_most=1.2),
    versus_peer(TWO_KEYWORDS, "key(literal)", 250, lead="key of two keywords, beside the peer"),
    versus_peer("`ClientCacheKey(**keywords)`, the same two", "key(**)", 120),
    versus_peer(
        f"{WITH_CONFIG}, literal",
        "key(credentials, config)",
        80,
        lead="key with credentials and `Config`, beside the peer",
    ),
    versus_peer(f"{WITH_CONFIG}, credentials through `**`", "key(**credentials, config)", 80),
    versus_peer(SESSION_CLIENT, "session.client", 250, lead="`session.client` hit, beside the peer"),
    Row(
        SESSION_CLIENT,
        "`functools.lru_cache`, same call",
        "ours session.client",
        "ours lru_cache",
        at_most=1,
        lead="`session.client` hit, beside `lru_cache`",
    ),
    Row(
        "the same with a `Config`",
        "`functools.lru_cache`, without one",
        "ours session.client(config)",
        "ours lru_cache",
        at_most=1.5,
    ),
    Row(
        "module-level `client(…)` hit",
        "our `session.client`",
        "ours client",
        "ours session.client",
        at_most=1.4,
        lead="`client` hit, beside `session.client`",
    ),
    Row(
        "`handle.get()` hit",
        "our `client(…)`",
        "handle.get",
        "client in turn",
        at_most=2,
        lead="`handle.get` hit, beside `client`",
    ),
    Row(LOADS_GET, "our `client(…)`", "loads(handle).get", "client in turn", at_most=2),
    Row(
        LOADS_GET,
        "`pickle.loads` of a function's name, `client(…)`",
        "loads(handle).get",
        "loads(function), client",
        at_most=2,
    ),
    Row(
        "hit of a session that shares a client cache",
        "our `session.client`",
        "part.client",
        "session.client beside pools",
        at_most=1.1,
        lead="hit of a shared cache, beside one of its own",
    ),
    Row(
        "`pool.session(…)` hit",
        "our `session.client`",
        "pool.session",
        "session.client beside pools",
        at_most=1.3,
        lead="`pool.session` hit, beside `session.client`",
    ),
    Row(
        "`pool.assume_role(arn).client(…)`, both hits",
        "our `session.client`",
        "pool.assume_role.client",
        "session.client beside pools",
        at_most=2.5,
        lead="`assume_role` and `client` hits, beside `session.client`",
    ),
]
GROWTH = [
    GrowthRow(
        f"{policy} {operation}, {size:,} entries beside 10",
        f"`{other}`",
        f"{policy} {operation}",
        f"{other} {operation}",
        at_most=1.2,
        size=size,
        lead=f"{policy} {operation}: growth to {size:,} entries, beside cachebox"
        if (size, other) == (GROWTH_SIZES[-1], "cachebox")
        else "",
    )
    for policy in ("LRU", "LFU")
    for operation in ("hit", "evicting insert")
    for size in GROWTH_SIZES
    for other in ("dict", "cachebox")
]
MEMORY = [MemoryRow("LRU"), MemoryRow("LFU")]
