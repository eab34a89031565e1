"""The Python examples of the README and of every page run as they stand, against a real HTTP endpoint."""

import re
from pathlib import Path

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from support.child import run_child
from support.examples import blocks_of, is_installed, run_page

from boto3_client_cache import ClientCacheKey, Session, SessionCacheKey

ROOT = Path(__file__).parent.parent.parent
PAGES = {str(page.relative_to(ROOT)): page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
BLOCKS = {name: blocks for name, page in PAGES.items() if (blocks := blocks_of(page))}

# What these do holds for the whole process: gevent's and our own patches, collectors of metrics.
ALONE = {"docs/gevent-uwsgi.md", "docs/metrics.md", "docs/third-party.md"}


@pytest.mark.parametrize("page", BLOCKS)
def test_the_examples_of_a_page_run(page, endpoint):
    if page in ALONE:
        run_child("import sys; from support.examples import run_page; run_page(sys.argv[1])", str(PAGES[page]))
    else:
        run_page(PAGES[page])
    missing = sorted({name for block in BLOCKS[page] for name in block.needs if not is_installed(name)})
    if missing:
        pytest.skip(f"ran all but the examples that need {', '.join(missing)}")


def test_what_keeps_an_example_from_running_is_one_of_two_words():
    assert {block.info[0] for blocks in BLOCKS.values() for block in blocks if block.info} == {"needs", "no-test"}
    assert all(len(block.info) > 1 for blocks in BLOCKS.values() for block in blocks if block.info[:1] == ("needs",))


def test_few_examples_never_run():
    """What they need cannot be had here: AWS Lambda, uWSGI, a cluster, a profile of one's own; see tests/workers."""
    never = {name: sum("no-test" in block.info for block in blocks) for name, blocks in BLOCKS.items()}
    assert {name: count for name, count in never.items() if count} == {
        "docs/airflow.md": 1,
        "docs/aws-lambda.md": 1,
        "docs/gevent-uwsgi.md": 1,
        "docs/workers.md": 6,
    }


ROW = re.compile(r"^\| (same|different)\b[^|]*\| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
ROWS = ROW.findall(PAGES["docs/identity.md"].read_text(encoding="utf-8"))
ROWS_OF_SESSIONS = ROW.findall(PAGES["docs/multi-account.md"].read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("key", "verdict", "one", "other"),
    [(ClientCacheKey, *row) for row in ROWS] + [(SessionCacheKey, *row) for row in ROWS_OF_SESSIONS],
)
def test_a_row_of_the_tables_of_identities_is_right(key, verdict, one, other):
    names = {"key": key, "Config": Config, "Path": Path, "Session": Session, "UNSIGNED": UNSIGNED}
    first, second = (eval(f"key({call})", names) for call in (one, other))
    assert (first == second) == (verdict == "same")
    assert hash(first) == hash(second) or verdict == "different"


def test_every_row_of_the_tables_of_identities_is_looked_at():
    lines = PAGES["docs/identity.md"].read_text(encoding="utf-8").splitlines()
    assert len(ROWS) == sum(line.startswith("| ") and "---" not in line and "one call" not in line for line in lines)
    assert len(ROWS_OF_SESSIONS) == 13
