"""What a build that failed lacks, as its output says."""

from __future__ import annotations

import re

# What CMake, cpp/**/CMakeLists.txt, cpp/cmake/cxx20_library.cmake and scikit-build-core say, white space apart, and
# what that means. The first that is found counts. A CMake that is slow to answer is not missing.
SIGNS = {
    r"^(?!.*Accessing CMake timed out).*CMakeNotFoundError": "CMake, 3.22 or newer: pip install cmake",
    r"NinjaNotFoundError": "Ninja, or make: pip install ninja",
    r"unable to find a build program corresponding to \"([^\"]+)\"": r"a program that CMake's generator needs: \1.",
    r"Running 'nmake' '-\?' failed": "a C++ compiler. Visual Studio's was not found.",
    r"could not find any instance of Visual Studio": "a C++ compiler. Visual Studio's was not found.",
    r"Could not find (?:the )?compiler (?:set|specified) in (?:the )?environment variable CXX: (.+?)\. ": (
        r"a C++ compiler. There is no \1, which CXX or Python names."
    ),
    r"The CMAKE_CXX_COMPILER: (\S+) is not a full path": (
        r"a C++ compiler. There is no \1, which CMAKE_CXX_COMPILER names."
    ),
    r"No CMAKE_CXX_COMPILER could be found": "a C++ compiler. None is on PATH.",
    r"(The C\+\+ compiler .+? does not know C\+\+20\.)": r"a C++20 compiler. \1",
    r"(The C\+\+ compiler .+? is too old for this package's C\+\+20\.)": r"a C++20 compiler. \1",
    r"(lib(simdjson|deflate) was not found, and .+?)\. Install": r"lib\2. \1.",
    r"Could NOT find Python \(missing: [^)]*Development": "Python's headers. CMake did not find those of this Python.",
    r"No static libcrypto of OpenSSL with its headers was found": "a static libcrypto of OpenSSL, with its headers.",
}


def what_is_missing(log: str) -> str | None:
    """Return what a build lacks by its output, or None where it failed for another reason."""
    text = " ".join(re.sub(r"\x1b\[[\d;]*m", "", log).split())  # CMake folds its messages
    for sign, meaning in SIGNS.items():
        if found := re.search(sign, text):
            return found.expand(meaning)
    return None
