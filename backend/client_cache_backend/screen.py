"""The screen that says what a build lacks and how to get it. docs/install.md says the same at more length."""

from __future__ import annotations

import platform
import sysconfig
import textwrap
from pathlib import Path

WIDTH = 94  # pip puts six columns before each line

SCREEN = """\
boto3-client-cache is built from source here, and this is missing:

{missing}

A build takes GCC 11, clang on its library or on libc++ 19, Xcode 16.3 or Visual Studio 2022:
  Debian, Ubuntu  apt-get install g++ libssl-dev libsimdjson-dev libdeflate-dev python3-dev
  Fedora          dnf install gcc-c++ simdjson-devel libdeflate-devel python3-devel
                  and OpenSSL's libcrypto.a, of which it has no package: see docs/install.md
  Alpine          apk add g++ openssl-dev openssl-libs-static
                          simdjson-dev libdeflate-dev python3-dev
  macOS           xcode-select --install; brew install openssl@3 simdjson libdeflate
                  export CMAKE_ARGS=-DOPENSSL_ROOT_DIR=$(brew --prefix openssl@3)
  Windows         Visual Studio's "Desktop development with C++", and vcpkg's OpenSSL:
                  see docs/install.md

Wheels need none of that. A release has them for CPython on Linux (glibc 2.28, musl 1.2) and
macOS 11, x86-64 and arm64, and on Windows, x86-64. This is {this}.
What was written: {log}"""


def screen(missing: str, log: Path) -> str:
    """Return the screen: what is missing, and where the whole output lies."""
    this = f"{platform.python_implementation()} {platform.python_version()}, {sysconfig.get_platform()}"
    indent = "    "
    short = textwrap.shorten(missing, 3 * (WIDTH - len(indent)), placeholder=" ...")
    folded = textwrap.fill(short, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return SCREEN.format(missing=folded, this=this, log=log)
