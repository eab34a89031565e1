"""Seeds for the model store's fuzzer: small cuts of the model files that botocore ships, plain and compressed.

usage: python make_seeds.py DIRECTORY
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore

LARGEST = 400  # bytes: what is smaller is mutated faster and further
MOST = 2_000

HOSTILE = [
    b'{"a": [NaN, 1e400, -0, 18446744073709551616], "a": "\\ud800"}',
    b'\xef\xbb\xbf{"a": 1}',
    b'{"a": 1, "\\u0061": {"b": 2, "b": 3}}',
    b"[" * 300,
]


def small_parts(value: Any) -> Iterator[Any]:
    """Objects and arrays inside ``value`` that are small enough, largest first."""
    if isinstance(value, dict | list):
        if len(json.dumps(value)) <= LARGEST:
            yield value
            return
        for item in value.values() if isinstance(value, dict) else value:
            yield from small_parts(item)


def main(directory: Path) -> None:
    """Write the seeds, each named by its content."""
    directory.mkdir(parents=True, exist_ok=True)
    seeds = set(HOSTILE)
    for path in sorted((Path(botocore.__file__).parent / "data").rglob("*.json*")):
        content = path.read_bytes()
        model = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
        kinds: set[str] = set()
        for part in small_parts(model):
            kind = str(sorted(part) if isinstance(part, dict) else len(part))
            if kind not in kinds:
                kinds.add(kind)
                seeds.add(json.dumps(part, ensure_ascii=len(kinds) % 2 == 0).encode())
        if len(seeds) > MOST:
            break
    for seed in seeds:
        for content in (seed, gzip.compress(seed, mtime=0)):
            (directory / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
