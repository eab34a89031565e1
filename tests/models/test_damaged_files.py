"""Damaged and hostile files: what botocore would have raised or returned, never a crash, a hang or half a model."""

from __future__ import annotations

import gzip
import json
import math
import os
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader, Loader

from boto3_client_cache import _core
from boto3_client_cache.lean.models import SharedFileLoader, SharedLoader

from .conftest import write_model

MANY = 100_000


def outcome(load: Any, path: Path) -> tuple[Any, ...]:
    """What loading comes to, in a form that tells results, their classes, and exceptions apart."""
    try:
        result = load(str(path))
    except Exception as error:  # the exception is what is compared
        return type(error), str(error)
    return type(result) is dict or isinstance(result, dict), repr(plain(result))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


TEXTS = {
    "empty file": b"",
    "only space": b" \n",
    "truncated object": b'{"a": 1, "b": {"c"',
    "truncated string": b'{"a": "b',
    "trailing comma": b'{"a": 1,}',
    "missing comma": b'{"a": 1 "b": 2}',
    "trailing text": b'{"a": 1} x',
    "two texts": b'{"a": 1} {"b": 2}',
    "single quotes": b"{'a': 1}",
    "comment": b'{"a": 1 /* c */}',
    "bad literal": b'{"a": nul}',
    "bad escape": b'{"a": "\\x41"}',
    "control character": b'{"a": "x\ny"}',
    "nul character": b'{"a": "x\x00y"}',
    "escaped nul": b'{"a\\u0000b": "x\\u0000y"}',
    "leading zero": b'{"a": 01}',
    "plus sign": b'{"a": +1}',
    "bare fraction": b'{"a": .5}',
    "negative zero": b'{"a": [-0, -0.0, 0.0]}',
    "invalid UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte-order mark": b'\xef\xbb\xbf{"a": 1}',
    "NaN": b'{"a": [NaN, Infinity, -Infinity]}',
    "huge exponent": b'{"a": [1e400, -1e400, 1e-400, 1E+2]}',
    "huge integer": b'{"a": [9223372036854775807, 9223372036854775808, 18446744073709551616, -9223372036854775809]}',
    "integer of 5000 digits": b'{"a": ' + b"7" * 5000 + b"}",
    "long fraction": b'{"a": 0.1000000000000000055511151231257827021181583404541015625}',
    "lone high surrogate": b'{"a": "\\ud800"}',
    "lone low surrogate": b'{"a": "\\udc00"}',
    "reversed surrogates": b'{"a": "\\udc00\\ud800"}',
    "high surrogate and letter": b'{"a": "\\ud800\\u0041"}',
    "pair": b'{"a": "\\ud83d\\ude00", "\\uD83D\\uDE00": 1}',
    "backslash before u": b'{"a": "\\\\ud800", "b": "\\\\\\\\uD800", "c": "\\\\\\u0041"}',
    "lone surrogate after backslash": b'{"a": "\\\\\\ud800"}',
    "duplicate keys": b'{"a": 1, "b": 2, "a": {"c": 3, "c": 4}, "d": [{"e": 1, "e": 2}], "b": 5}',
    "duplicate keys by escape": b'{"a": 1, "\\u0061": 2}',
    "duplicate keys like an array": b'[{"k": 1, "k": 2}, {"k": 3, "k": 4}, [null, null], ["k", "k"]]',
    "only null": b"null",
    "only a number": b"12",
    "only a string": b'"text"',
    "a list": b'[1, {"a": 2}, []]',
    "an empty object": b"{}",
    "an empty list": b"[]",
    "nested to 150": b"[" * 150 + b"]" * 150,
    "objects nested to 300": b'{"a":' * 300 + b"1" + b"}" * 300,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_json_decides_what_is_taken_and_what_it_means(text: bytes, compress: bool, tmp_path: Path) -> None:
    path = write_model(tmp_path, text, "x", compress=compress)
    stem = Path(str(path).removesuffix(".gz").removesuffix(".json"))
    assert outcome(SharedFileLoader().load_file, stem) == outcome(JSONFileLoader().load_file, stem)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["lists", "objects"])
def test_nesting_100000_deep_raises_what_json_raises(opening: bytes, tmp_path: Path) -> None:
    write_model(tmp_path, opening * MANY, "open")
    closing = b"]" if opening == b"[" else b"1" + b"}"
    write_model(tmp_path, opening * MANY + closing * MANY, "closed")
    for name in ("open", "closed"):
        with pytest.raises(RecursionError):
            SharedFileLoader().load_file(str(tmp_path / name))


def test_views_of_deep_models_can_be_read_and_dropped(tmp_path: Path) -> None:
    depth = 150
    long = b'"text": "' + b"x" * 200 + b'", '
    write_model(tmp_path, (b"{" + long + b'"a":') * depth + b"1" + b"}" * depth, "x")
    view = top = SharedFileLoader().load_file(str(tmp_path / "x"))
    for _ in range(depth - 1):
        assert type(view) is _core.LazyDict
        view = view["a"]
    assert view == {"text": "x" * 200, "a": 1}
    del top, view


GZIPPED = gzip.compress(json.dumps({"a": {"b": "text" * 100}}).encode())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not gzip", id="not gzip"),
        pytest.param(b'{"plain": "JSON under a .gz name"}', id="plain"),
        pytest.param(GZIPPED[:5], id="cut in the header"),
        pytest.param(GZIPPED[:-12], id="cut in the data"),
        pytest.param(GZIPPED[:-8], id="cut before the trailer"),
        pytest.param(GZIPPED[:-1], id="cut in the trailer"),
        pytest.param(GZIPPED[:-8] + b"\0\0\0\0" + GZIPPED[-4:], id="wrong checksum"),
        pytest.param(GZIPPED[:-4] + b"\x01\0\0\0", id="too small a size"),
        pytest.param(GZIPPED[:-4] + b"\xff\xff\xff\xff", id="a size of 4 GiB"),
        pytest.param(GZIPPED + b"\0" * 20, id="zeros behind it"),
        pytest.param(GZIPPED + b"garbage", id="garbage behind it"),
        pytest.param(gzip.compress(b'{"a": ') + gzip.compress(b"1}"), id="two members"),
        pytest.param(gzip.compress(b""), id="a member of nothing"),
        pytest.param(zlib.compress(b'{"a": 1}'), id="zlib"),
    ],
)
def test_damaged_gzip_gives_what_botocore_gives(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(content)
    assert outcome(SharedFileLoader().load_file, tmp_path / "x") == outcome(JSONFileLoader().load_file, tmp_path / "x")


def test_a_claim_of_a_size_that_deflate_cannot_reach_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(GZIPPED[:-4] + b"\xff\xff\xff\x7f")
    assert _core.load_model(os.fsencode(tmp_path / "x.json.gz")) is False


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_gives_what_botocore_gives(seed: int, tmp_path: Path) -> None:
    source = random.Random(seed)
    whole = (Path(Loader.BUILTIN_DATA_PATH) / "sqs" / "2012-11-05" / "paginators-1.json").with_suffix("")
    text = bytearray(json.dumps(JSONFileLoader().load_file(str(whole))).encode())
    for attempt in range(40):
        damaged = bytearray(text)
        for _ in range(source.randint(1, 4)):
            damaged[source.randrange(len(damaged))] = source.choice(b'{}[]",:\\u0019-.eE \x00\xffd8tfn')
        write_model(tmp_path, bytes(damaged), f"x{attempt}")
        path = tmp_path / f"x{attempt}"
        assert outcome(SharedFileLoader().load_file, path) == outcome(JSONFileLoader().load_file, path), bytes(damaged)


# ---- not even a file ----


def test_a_directory_or_a_pipe_in_place_of_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "directory.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    os.mkfifo(tmp_path / "pipe.json.gz")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    loader = SharedLoader([str(tmp_path)])
    for name in ("directory", "pipe", "loop", "missing", "nul\0byte", "x" * 5000):
        with pytest.raises(DataNotFoundError):
            loader.load_data(name)


def test_a_path_with_a_nul_is_not_the_path_before_it(tmp_path: Path) -> None:
    path = write_model(tmp_path, {"a": 1}, "x")
    assert _core.load_model(os.fsencode(path) + b"\0.json") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_raises_with_its_path(tmp_path: Path) -> None:
    path = write_model(tmp_path, {"a": 1}, "x")
    path.chmod(0)
    with pytest.raises(PermissionError, match=r"x\.json"):
        SharedFileLoader().load_file(str(tmp_path / "x"))


def test_a_file_of_another_user_s_encoding_in_its_name_loads(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    write_model(tmp_path, {"a": 1}, name)
    assert SharedFileLoader().load_file(str(tmp_path / name)) == {"a": 1}


def test_numbers_that_only_python_has_are_botocores(tmp_path: Path) -> None:
    write_model(tmp_path, TEXTS["NaN"], "x")
    values = SharedFileLoader().load_file(str(tmp_path / "x"))["a"]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf]


def test_a_damaged_file_is_judged_again_when_it_is_whole(tmp_path: Path) -> None:
    path = write_model(tmp_path, b'{"a": ', "x")
    loader = SharedLoader([str(tmp_path)])
    with pytest.raises(json.JSONDecodeError):
        loader.load_data("x")
    path.write_bytes(b'{"a": 1}')
    assert loader.load_data("x") == {"a": 1}
