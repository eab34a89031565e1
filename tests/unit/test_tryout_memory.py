"""What the try-out says of a process's memory."""

import subprocess
import sys

import pytest

PROGRAM = """
from boto3_client_cache_tryout import memory
{before}
start = memory.begin()
much = bytearray(b"x" * (64 * 1024 * 1024))
end = memory.most()
assert {expected}, (start, end)
"""
NO_PROC = "memory.os = type('', (), {'path': type('', (), {'exists': staticmethod(lambda path: False)})})"


def run(expected, before=""):
    subprocess.run([sys.executable, "-c", PROGRAM.format(before=before, expected=expected)], check=True)


def test_what_is_allocated_is_seen():
    run("60 < end - start < 200")


def test_a_system_without_proc_was_an_error():
    pytest.importorskip("resource")
    run("end >= start > 10", before=NO_PROC)
