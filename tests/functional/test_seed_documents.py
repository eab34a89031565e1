"""The examples of the two specifications, run verbatim, each error line raising what its comment says."""

from pathlib import Path

import pytest
from support.examples import blocks_of, run

SEEDS = Path(__file__).parent / "seeds"


@pytest.mark.parametrize(
    ("document", "promises"),
    [
        (
            "readme.md",
            ["ClientCacheExistsError", "ClientCacheNotFoundError", "None", "ClientCacheError", "ClientCacheError"],
        ),
        (
            "api.rst",
            ["ClientCacheExistsError", "ClientCacheNotFoundError", "None", "ClientCacheError", "ClientCacheError"],
        ),
    ],
)
def test_the_examples_run_verbatim(document, promises):
    namespace = {}
    blocks = blocks_of(SEEDS / document)
    assert len(blocks) == {"readme.md": 4, "api.rst": 1}[document]
    kept = [promise for block in blocks for promise in run(block, namespace)]
    assert kept == promises
    assert namespace["s3_client"] is namespace["cache"][namespace["key"]]
    assert namespace["cache"].max_size == 30


def test_the_readmes_examples_reach_the_service(endpoint):
    namespace = {}
    for block in blocks_of(SEEDS / "readme.md")[:3]:
        run(block, namespace)
    namespace["s3"].create_bucket(Bucket="from-the-session")
    names = {bucket["Name"] for bucket in namespace["s3_client"].list_buckets()["Buckets"]}
    assert names == {"from-the-session"}
