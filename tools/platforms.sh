# shellcheck shell=bash
# How the project is built and tested for systems that this machine is not. Sourced by ./dev, after tools/setup.sh. What the
# compilers are is in cpp/cmake/toolchains, a file for each system.

# What the suites of C++ link, as source packages of this machine's Debian.
readonly FOREIGN_LIBRARIES=(googletest libdeflate simdjson)

# use_system NAME GROUP PACKAGE...: puts the build tools on PATH, with what a system's compiler is, and sets $system_build,
# $toolchain and $foreign, the folder in which the libraries are installed for it.
use_system() {
  use_venv "$2" "${BUILD_PACKAGES[@]}" "${@:3}"
  system_build=$PWD/build/systems/$1
  toolchain=$PWD/cpp/cmake/toolchains/$1.cmake
  foreign=$system_build/libraries
  once "libraries-$1" "$(fingerprint "$toolchain" tools/platforms.sh pyproject.toml)" build_libraries
}

build_libraries() {
  local library folder=$PWD/build/systems/sources options=(
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_TESTING=OFF
    -DSIMDJSON_DEVELOPER_MODE=OFF)
  for library in "${FOREIGN_LIBRARIES[@]}"; do
    say "building $library by ${toolchain##*/}"
    [[ -d $folder/$library ]] || debian_source "$folder" "" "$library"
    [[ -f $folder/$library/CMakeLists.txt ]] || describe_libdeflate > "$folder/$library/CMakeLists.txt"
    {
      cmake -G Ninja -S "$folder/$library" -B "$system_build/$library" --toolchain "$toolchain" --install-prefix "$foreign" "${options[@]}" \
        && cmake --build "$system_build/$library" && cmake --install "$system_build/$library"
    } > "$system_build.log" 2>&1 || { tail -n 30 "$system_build.log"; die "could not build $library by ${toolchain##*/}"; }
  done
}

# What it has had itself since 1.15.
describe_libdeflate() {
  cat << 'PROJECT'
cmake_minimum_required(VERSION 3.22)
project(libdeflate LANGUAGES C)
include(GNUInstallDirs)
file(GLOB_RECURSE sources lib/*.c)
add_library(deflate STATIC ${sources})
target_include_directories(deflate PRIVATE .)
install(TARGETS deflate)
install(FILES libdeflate.h TYPE INCLUDE)
PROJECT
}

# Builds the suites of the core and of the model store, warnings being errors.
build_suites() {
  run cmake -G Ninja -S . -B "$system_build/suites" --toolchain "$toolchain" -DCMAKE_PREFIX_PATH="$foreign" \
    -DCMAKE_BUILD_TYPE=Release -DCLIENT_CACHE_TESTS=ON -DCLIENT_CACHE_WERROR=ON
  run cmake --build "$system_build/suites"
}

# run_suites [EMULATOR]: each suite in one process, since an emulator takes its time to start.
run_suites() {
  local suite
  for suite in "$system_build"/suites/cpp/tests/{client_cache_tests,model_store/model_store_tests}*; do
    [[ ! -x $suite || -d $suite ]] || run "$@" "$suite" --gtest_brief=1
  done
}

# Compiles the binding for Windows, against the headers of CPython as they are there. There is no CPython to run it.
compile_binding_for_windows() {
  local sources=$PWD/build/systems/sources headers=$system_build/headers
  [[ -d $sources/python3.13 ]] || debian_source "$sources" trixie python3.13
  mkdir -p "$headers"
  cp -r "$sources/python3.13/Include/." "$headers"
  cp "$sources/python3.13/PC/pyconfig.h.in" "$headers/pyconfig.h"
  cp -r /usr/include/openssl "$headers"
  cp /usr/include/"$(gcc -print-multiarch)"/openssl/* "$headers/openssl"
  find cpp/python -name '*.cpp' -print0 | run xargs -0 -P "$(nproc)" -I {} x86_64-w64-mingw32-g++-posix -std=c++20 -fsyntax-only \
    -Wall -Wextra -Wconversion -Wshadow -Werror -Icpp/include -Icpp/python \
    -isystem "$(python -m nanobind --include_dir)" -isystem "$headers" {}
}
