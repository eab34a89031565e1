"""How a try-out's report looks: text and page say the same, and nothing that a program names is markup."""

from __future__ import annotations

import re
from copy import copy
from html.parser import HTMLParser

import pytest

from boto3_client_cache_tryout.figures import figures
from boto3_client_cache_tryout.page import page
from boto3_client_cache_tryout.records import Call, Made, Process
from boto3_client_cache_tryout.text import text

WICKED = "<script>alert('&\"')</script>"


def said(mode="observe", calls=3, **more):
    events = [Made(number, "boto3", 1, None, 1) for number in range(2)]
    events += [Call(number % 2, "client", 5, 1, 0.25, 10 + number, WICKED, "us-east-1", 3) for number in range(calls)]
    process = Process(1, events, {1: f"{WICKED}.py:1 in f"}, {5: repr(WICKED)}, seconds=2.0)
    return {"mode": mode, "program": WICKED, **figures([process]), **more}


MEASURED = {
    "boto3": {"seconds": 1.0, "mib": 50.0, "failed": 0},
    "install": {"seconds": 0.1, "mib": 0.0, "failed": 1},
    "calls": 3,
    "models": {"copies": 2, "bytes": 2**21, "most_bytes": 2**20},
}


def test_the_text_says_what_was_counted_and_measured():
    written = text(said(measured=MEASURED))
    for line in (
        r"sessions made +2, of 1 different set of arguments",
        r"clients asked for +3",
        r"keys +2 different \(1 if sessions of equal arguments were one\)",
        r"time spent building +0.750 s, in 2.0 s that the program ran",
        r"max_size that keeps all +1; kept are 1 of 1 with the default of 10",
        r"service models +2 parsed, 2.0 MiB; at most 1.0 MiB at once",
        r"measured: 3 calls again +plain boto3 +with install\(\)",
        r"processor time +1 s +0.1 s, 1/10",
        r"most memory +50 MiB +0 MiB",
        r"could not be done again +0 +1",
    ):
        assert re.search(f"^{line}$", written, re.MULTILINE), line
    assert written.endswith("\n")
    assert "\n\n\n" not in written


def test_a_table_has_the_heads_that_it_has_figures_for():
    lines = text(said()).splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith("line of code that made sessions")]
    assert re.fullmatch(r"line of code that made sessions +made", lines[place])
    assert re.fullmatch(r".*\.py:1 in f +2", lines[place + 1])


def test_sessions_of_different_arguments_are_not_told_apart_in_words():
    """Nor are those of two processes taken for one another."""
    process = Process(1, [Made(1, "boto3", 1, None, 1), Made(2, "boto3", 2, None, 1)], {1: "a.py:1 in f"})
    one = text({"mode": "observe", "program": "a.py", **figures([process])})
    assert re.search(r"^sessions made +2$", one, re.MULTILINE)
    process.events.append(Made(3, "boto3", 2, None, 1))
    two = text({"mode": "observe", "program": "a.py", **figures([process, copy(process)])})
    assert "6, of 4 different sets of arguments, each process for itself" in two


def test_the_text_of_a_long_table_says_how_much_it_leaves_out():
    events = [Call(0, "client", key, key, 0.1, key, f"service-{key}", None, 3) for key in range(25)]
    process = Process(1, events, {key: f"a.py:{key}" for key in range(25)}, {key: f"{key}" * 200 for key in range(25)})
    written = text({"mode": "observe", "program": "a.py", **figures([process])})
    assert written.count("  and 20 more") == 3
    assert max(map(len, written.splitlines())) <= 120


def test_the_text_of_a_program_without_clients_is_short():
    written = text({"mode": "observe", "program": "a.py", **figures([])})
    assert "asked for no client" in written
    assert "Next" not in written


@pytest.mark.parametrize(("ended", "hits"), [([2.0, None, None], "7, without the last of 2 processes"), ([2.0], "7$")])
def test_hits_of_processes_that_were_cut_off_are_not_passed_over_in_silence(ended, hits):
    counted = figures([Process(number, seconds=seconds) for number, seconds in enumerate(ended)])
    written = text({"mode": "install", "program": "a.py", "totals": {"hits": 7}, **counted})
    assert re.search(f"^hits +{hits}", written, re.MULTILINE)


class _Tags(HTMLParser):
    """Checks that tags are closed in order, and collects them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in {"meta", "rect"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("mode", ["observe", "install"])
def test_the_page_is_whole_and_takes_nothing_for_markup_and_nothing_from_elsewhere(mode):
    more = {"measured": MEASURED} if mode == "observe" else {"totals": {"hits": 7}}
    written = page(said(mode, **more))
    tags = _Tags()
    tags.feed(written)
    assert not tags.open
    assert "svg" in tags.seen
    assert not {"script", "link", "img"} & tags.seen
    assert WICKED not in written
    assert not re.search(r"https?:|url\(|src=|href=", written)


def test_a_bar_is_as_long_as_its_figure():
    written = page(said(measured=MEASURED))
    memory = written[written.index("Measured: most memory") :]
    widths = [float(width) for width in re.findall(r'<rect .*? width="([\d.]+)"', memory)]
    assert widths[0] == 280
    assert widths[1] == 2  # of nothing, still to be seen
