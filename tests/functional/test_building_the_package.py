"""Where a build lacks something, one screen says what and how to get it; every other failure shows its output whole."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# What the sdist holds beside the tests. A wheel is tested without: there is nothing to build.
PARTS = ["CMakeLists.txt", "LICENSE", "README.md", "backend", "cpp/cmake", "cpp/include", "cpp/python", "cpp/src"]
PARTS += ["licenses", "pyproject.toml", "src"]
COMPILER = shutil.which("c++")
PATH = os.pathsep.join([*([os.path.dirname(COMPILER)] if COMPILER else []), "/usr/bin", "/bin"])
TIMEOUT = 250  # seconds, of a build on a busy machine

pytest.importorskip("scikit_build_core")
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for compilers are shell scripts"),
    pytest.mark.skipif(not (ROOT / "backend").exists(), reason="the package's source is not here"),
]

# A project that is configured and built in a moment, in the place of the package's own.
SMALL_PROJECT = """\
cmake_minimum_required(VERSION 3.22)
project(small LANGUAGES CXX)
add_library(small STATIC small.cpp)
"""


@pytest.fixture
def source(tmp_path):
    """Copy the source: builds share nothing, and leave nothing."""
    folder = tmp_path / "source"
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(ROOT / part, target)
    return folder


@pytest.fixture
def environment(tmp_path):
    """Have nothing of the caller's that changes a build, such as a compiler, its launcher, or settings of CMake's."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    # With CI, scikit-build-core waits longer for CMake to say which version it is: the machine may be busy.
    return {"PATH": PATH, "HOME": str(tmp_path), "TMPDIR": str(temporary), "CI": "1", "CXX": COMPILER or "c++"}


@pytest.fixture
def compiler(tmp_path):
    """Make a stand-in for another compiler: a script before the real one."""
    if not COMPILER:
        pytest.skip("there is no compiler to put a stand-in before")

    def make(script):
        path = tmp_path / "compiler"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def pip_wheel(source, environment, *options):
    """Build a wheel as a user's pip does, with the tools at hand; return whether it failed, and what it wrote."""
    options = ["--no-build-isolation", "--no-deps", "--no-cache-dir", "--no-index", *options]
    child = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", source.parent / "wheels", source],
        env=environment,
        cwd=source.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    return child.returncode, child.stdout


def screen_of(result):
    """Return the screen that a failed build shows by pip, white space apart, having looked at its form."""
    failed, output = result
    assert failed, output
    shown = re.search(r"\[\d+ lines of output\]\n(.*?)\n +\[end of output\]", output, re.DOTALL)
    assert shown, output
    lines = re.sub(r"/\S*/boto3-client-cache-build-", "/tmp/boto3-client-cache-build-", shown[1]).splitlines()
    assert len(lines) <= 24, output
    assert max(map(len, lines)) <= 100, output
    assert "is built from source here, and this is missing:" in lines[0], output
    for system in ("Debian, Ubuntu", "Fedora", "Alpine", "macOS", "Windows", "Wheels need none of that"):
        assert system in shown[1]
    assert "CMake Error" not in output
    return " ".join(shown[1].split())


def log_of(screen):
    return Path(re.search(r"What was written: (\S+)", screen)[1])


def without_model_store(source):
    """Leave out what asks for simdjson and libdeflate, which this machine may lack itself."""
    lists = source / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("add_subdirectory(cpp/src/model_store)", ""))


# ---- what is missing -------------------------------------------------------------------------------------------------


def test_no_compiler_on_path(source, environment):
    del environment["CXX"]
    screen = screen_of(pip_wheel(source, environment | {"PATH": "/nothing"}))
    assert "missing: a C++ compiler. " in screen
    assert "CMake Error" in log_of(screen).read_text()


def test_a_compiler_that_is_not_there(source, environment):
    screen = screen_of(pip_wheel(source, environment | {"CXX": "/nothing/c++"}))
    assert "missing: a C++ compiler. There is no /nothing/c++, which CXX" in screen


def test_a_compiler_of_cmakes_that_is_not_there(source, environment):
    screen = screen_of(pip_wheel(source, environment, "-C", "cmake.define.CMAKE_CXX_COMPILER=/nothing/c++"))
    assert "missing: a C++ compiler. There is no /nothing/c++, which CMAKE_CXX_COMPILER names" in screen


def test_a_compiler_that_refuses_the_option_of_cxx20(source, environment, compiler):
    refusing = f'case "$*" in *-std=c++2*) echo "no such option" >&2; exit 1;; esac; exec {COMPILER} "$@"'
    screen = screen_of(pip_wheel(source, environment | {"CXX": compiler(refusing)}))
    assert "missing: a C++20 compiler. " in screen
    assert "no such option" in log_of(screen).read_text()


def test_a_compiler_that_says_it_is_of_before_cxx20(source, environment, compiler):
    """GCC 7, or clang 5, by its macros."""
    macros = "-U__GNUC__ -D__GNUC__=7 -U__clang_major__ -D__clang_major__=5"
    screen = screen_of(pip_wheel(source, environment | {"CXX": compiler(f'exec {COMPILER} {macros} "$@"')}))
    assert "missing: a C++20 compiler. " in screen
    assert "does not know C++20" in screen


def test_a_compiler_whose_library_is_of_before_cxx20(source, environment, compiler, tmp_path):
    headers = tmp_path / "headers"
    headers.mkdir()
    (headers / "span").write_text('#error "this library has no span"\n')
    screen = screen_of(pip_wheel(source, environment | {"CXX": compiler(f'exec {COMPILER} -I{headers} "$@"')}))
    assert "missing: a C++20 compiler. " in screen
    assert "too old" in screen
    assert "this library has no span" in log_of(screen).read_text()


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_no_openssl(source, environment):
    without_model_store(source)
    screen = screen_of(pip_wheel(source, environment, "-C", "cmake.define.CMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON"))
    assert "missing: a static libcrypto of OpenSSL" in screen


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_no_libraries_and_no_way_to_fetch_them(source, environment):
    lists = source / "cpp" / "src" / "model_store" / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("https://github.com", "file:///nothing"))
    screen = screen_of(pip_wheel(source, environment, "-C", "cmake.define.CLIENT_CACHE_FETCH=ON"))
    assert re.search(r"missing: lib(simdjson|deflate)\. ", screen)


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_no_headers_of_python(source, environment):
    without_model_store(source)
    screen = screen_of(pip_wheel(source, environment, "-C", "cmake.define.Python_INCLUDE_DIR=/nothing"))
    assert "missing: Python's headers" in screen


def test_no_cmake(source, environment):
    screen = screen_of(pip_wheel(source, environment | {"CMAKE_EXECUTABLE": "/nothing/cmake"}))
    assert "missing: CMake, 3.22 or newer" in screen


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        (
            "Running\n\n   'nmake' '-?'\n\n  failed with:\n\n   no such file or directory",
            "a C++ compiler. Visual Studio's",
        ),
        (
            "Generator\n\n    Visual Studio 17 2022\n\n  could not find any instance of Visual Studio",
            "a C++ compiler.",
        ),
        ("  No CMAKE_CXX_COMPILER could be found.\n\n  Tell CMake where", "a C++ compiler. None is on PATH."),
        (
            'CMake was unable to find a build program corresponding to "Ninja".',
            "a program that CMake's generator needs",
        ),
        ("NinjaNotFoundError: Ninja or make is required to build", "Ninja"),
        ("WARNING - Accessing CMake timed out, ignoring\nCMakeNotFoundError: Could not find CMake", None),
        ("\x1b[31mNo static libcrypto of OpenSSL\n  with its headers\x1b[0m was found", "a static libcrypto"),
        ("CMake Error: something else", None),
    ],
)
def test_what_cannot_be_had_here_is_told_by_what_it_writes(written, missing):
    """As CMake writes it on Windows, and without programs that scikit-build-core brings along."""
    found = runpy.run_path(str(ROOT / "backend" / "client_cache_backend" / "missing.py"))["what_is_missing"](written)
    assert found is missing if missing is None else found.startswith(missing)


# ---- what fails otherwise, and what does not fail --------------------------------------------------------------------


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_an_error_of_configuring_shows_the_output_whole(source, environment):
    with (source / "CMakeLists.txt").open("a") as lists:
        lists.write('message(FATAL_ERROR "this is broken on purpose")\n')
    failed, output = pip_wheel(source, environment)
    assert failed
    assert "this is broken on purpose" in output
    assert "Detecting CXX compiler ABI info - done" in output
    assert "this is missing" not in output
    assert list(Path(environment["TMPDIR"]).glob("*.log")) == []


def test_a_compiler_that_compiles_nothing_shows_its_errors(source, environment, compiler):
    failed, output = pip_wheel(source, environment | {"CXX": compiler('echo "no such licence" >&2; exit 1')})
    assert failed
    assert "no such licence" in output
    assert "this is missing" not in output


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_an_error_of_compiling_shows_the_output_whole(source, environment):
    (source / "CMakeLists.txt").write_text(SMALL_PROJECT)
    # What follows is a sign of a missing library, in an error of another kind.
    (source / "small.cpp").write_text('#error "No static libcrypto of OpenSSL with its headers was found"\n')
    failed, output = pip_wheel(source, environment)
    assert failed
    assert "Configuring done" in output
    assert "No static libcrypto" in output
    assert "this is missing" not in output


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_a_build_that_works_makes_a_wheel_and_shows_its_output_where_it_is_asked_for(source, environment):
    (source / "CMakeLists.txt").write_text(SMALL_PROJECT)
    (source / "small.cpp").write_text("int one() { return 1; }\n")
    failed, output = pip_wheel(source, environment, "--verbose")
    assert not failed, output
    assert len(list((source.parent / "wheels").glob("boto3_client_cache-*.whl"))) == 1
    assert "Configuring done" in output
    assert output.count("Building CXX object") == 1
    assert list(Path(environment["TMPDIR"]).glob("*.log")) == []


def backend_process(source, environment, hook, *arguments):
    """Start a hook of the backend in the source's folder, as a build frontend does."""
    program = f"import client_cache_backend as backend; print('made', backend.{hook}(*{arguments!r}))"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment | {"PYTHONPATH": str(source / "backend")},
        cwd=source,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


@pytest.mark.skipif(not COMPILER, reason="there is no compiler")
def test_what_a_configured_build_writes_is_shown_while_it_builds(source, environment, tmp_path):
    go_on = tmp_path / "go on"
    (source / "wait.cmake").write_text(
        f'message("it waits")\nwhile(NOT EXISTS "{go_on}")\n  execute_process(COMMAND sleep 0.1)\nendwhile()\n'
    )
    command = 'COMMAND "${CMAKE_COMMAND}" -P "${CMAKE_SOURCE_DIR}/wait.cmake" USES_TERMINAL'
    (source / "CMakeLists.txt").write_text(f"{SMALL_PROJECT}add_custom_target(wait ALL {command})\n")
    (source / "small.cpp").write_text("")
    with backend_process(source, environment, "build_editable", str(tmp_path)) as child:
        lines = []
        for line in child.stdout:
            lines.append(line)
            if "it waits" in line:
                go_on.touch()
    assert child.returncode == 0, lines
    assert lines[-1].startswith("made boto3_client_cache-")


def test_all_that_is_written_is_shown_where_a_variable_asks_for_it(source, environment):
    variables = {"CXX": "/nothing/c++", "CLIENT_CACHE_BUILD_LOG": "1"}
    failed, output = pip_wheel(source, environment | variables)
    assert failed
    assert output.index("CMake Error") < output.index("this is missing")


def test_the_sdist_brings_the_backend(source, environment, tmp_path):
    with backend_process(source, environment, "build_sdist", str(tmp_path)) as child:
        output = child.stdout.read()
    assert child.returncode == 0, output
    [sdist] = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "backend").rglob("*.py")} <= names
    assert "cpp/cmake/cxx20_library.cpp" in names
