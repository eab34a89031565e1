"""A key's pickle: a validated, versioned encoding that means the same in every process."""

import copy
import pickle
from pathlib import Path

import botocore
import pytest
from botocore.config import Config
from support.child import run_child

CALLS = {
    "nothing": ((), {}),
    "service": (("s3",), {}),
    "as written": (("s3", None), {"endpoint_url": None, "verify": False}),
    "service by keyword": ((), {"service_name": "s3", "region_name": "us-east-1"}),
    "Config": (("s3",), {"config": Config(retries={"max_attempts": 3}, signature_version=botocore.UNSIGNED)}),
    "secrets": (("s3",), {"aws_secret_access_key": "hunter2", "endpoint_url": "http://me:word@host"}),
    "every kind": (("s3",), {"zone": [None, True, 2**100, -1, 0.5, b"\0", "\udc80", {"a": (1,)}, {1, "b"}]}),
    "typed": (("s3",), {"verify": Path("/ca.pem")}),
}


@pytest.mark.parametrize(("args", "kwargs"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_survives_pickling(kind, args, kwargs, protocol):
    key = kind.key(*args, **kwargs)
    same = pickle.loads(pickle.dumps(key, protocol))
    assert type(same) is type(key)
    assert same == key
    assert hash(same) == hash(key)
    assert (same.label, str(same), repr(same), same.cache_type) == (key.label, str(key), repr(key), key.cache_type)
    assert same.key == key.key
    assert pickle.loads(pickle.dumps(same, protocol)) == key


@pytest.mark.parametrize(("args", "kwargs"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_key_can_be_copied(kind, args, kwargs, duplicate):
    key = kind.key(*args, **kwargs)
    assert duplicate(key) == key
    assert duplicate(key).label == key.label


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: Config(s3={"a": x})])
def test_a_key_that_holds_an_object_by_identity_cannot_be_pickled(kind, wrap):
    key = kind.key("s3", zone=wrap(object()))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(kind.error, match=r"zone|pickle") as caught:
            pickle.dumps(key, protocol)
        assert type(caught.value) is kind.error


OTHER_PROCESS = """
import pickle, sys
import botocore, boto3_client_cache
from botocore.config import Config
from pathlib import Path

calls = eval(sys.argv[2])
keys = pickle.loads(bytes.fromhex(sys.argv[3]))
for (args, kwargs), key in zip(calls, keys, strict=True):
    own = getattr(boto3_client_cache, sys.argv[1])(*args, **kwargs)
    assert own == key and hash(own) == hash(key) and {own: 1}[key] == 1, (own, key)
    assert (own.label, own.key) == (key.label, key.key)
"""


def test_keys_are_equal_across_processes(kind):
    calls = """[
        ((), {}),
        (("s3", "us-east-1"), {"aws_secret_access_key": "hunter2", "aws_session_token": "token"}),
        (("s3",), {"endpoint_url": "http://me:word@host", "verify": Path("/ca.pem")}),
        (("s3",), {"config": Config(retries={"max_attempts": 3}, signature_version=botocore.UNSIGNED)}),
        (("s3",), {"zone": [{"a", "b", "c", 1}, {"x": 1, "y": 2}]}),
    ]"""
    keys = [kind.key(*args, **kwargs) for args, kwargs in eval(calls)]
    for seed in ("0", "1"):
        run_child(OTHER_PROCESS, kind.key.__name__, calls, pickle.dumps(keys).hex(), PYTHONHASHSEED=seed)


TAMPER = """
import pickle, sys
import boto3_client_cache
from botocore.config import Config

key_class, error_class = (getattr(boto3_client_cache, name) for name in sys.argv[1:])
key = key_class("s3", "us-east-1", zone=[1, {"a": (None, 2.5)}, {b"x"}], aws_session_token="hunter2",
                config=Config(read_timeout=5))
rebuild, parts, *rest = key.__reduce_ex__(2)
assert rest in ([], [None], [None, None], [None, None, None]), "the state of a key belongs in its arguments"
assert rebuild(*parts) == key
encodings = [at for at, part in enumerate(parts) if isinstance(part, bytes)]
assert encodings, parts


def rebuilt(at, encoded):
    'A key, valid in every respect, or the error: nothing else, and no crash.'
    try:
        other = rebuild(*parts[:at], encoded, *parts[at + 1:])
    except error_class as error:
        assert type(error) is error_class
        str(error), repr(error)
        return None
    assert type(other) is key_class
    hash(other), str(other), repr(other), other.key, other.cache_type
    assert pickle.loads(pickle.dumps(other)) == other
    return other


for at in encodings:
    whole = parts[at]
    assert rebuilt(at, whole) == key
    for end in range(len(whole)):
        assert rebuilt(at, whole[:end]) is None, f"a pickle cut at {end} was accepted"
    for surplus in (b"\\0", b"x", whole):
        assert rebuilt(at, whole + surplus) is None, "a pickle with something after it was accepted"
    for place in range(len(whole)):
        for flip in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF):
            rebuilt(at, whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1:])
        for inserted in (0x00, 0x7F, 0xFF):
            rebuilt(at, whole[:place] + bytes([inserted]) * 8 + whole[place:])

for wrong in (None, 3, "text", [], (), bytearray(b"x"), object()):
    for at in range(len(parts)):
        if type(parts[at]) is type(wrong):
            continue
        try:
            other = rebuild(*parts[:at], wrong, *parts[at + 1:])
        except (error_class, TypeError) as error:
            str(error)
        else:
            raise AssertionError(f"{wrong!r} was accepted in place of {type(parts[at]).__name__}")
"""


def test_a_tampered_pickle_is_an_error_or_another_key_but_never_a_crash(kind):
    run_child(TAMPER, kind.key.__name__, kind.error.__name__)


def test_an_encoding_of_another_version_is_refused(kind):
    rebuild, parts = kind.key("s3").__reduce_ex__(2)
    (at,) = (at for at, part in enumerate(parts) if isinstance(part, int))
    for version in (0, parts[at] + 1, -1, 2**31):
        with pytest.raises(kind.error, match="version"):
            rebuild(*parts[:at], version, *parts[at + 1 :])


def test_a_client_key_is_never_read_as_a_resource_key(kind):
    rebuild, parts = kind.key("s3").__reduce_ex__(2)
    crossed = [kind.other.key if part is kind.key else part for part in parts]
    assert crossed != [*parts]
    with pytest.raises(kind.other.error):
        rebuild(*crossed)


def test_only_a_key_class_is_rebuilt(kind):
    rebuild, parts = kind.key("s3").__reduce_ex__(2)
    for stranger in (int, object, list, None, "ClientCacheKey"):
        with pytest.raises((TypeError, kind.error)):
            rebuild(*[stranger if part is kind.key else part for part in parts])
