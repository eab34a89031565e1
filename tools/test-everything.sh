#!/usr/bin/env bash
# What .ci/run has no time for: hours. Runs every step even after one has failed, and ends with a summary. Run again on the
# same commit, it goes on where it was stopped, and runs anew what failed.
#     ./dev test --full
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." > /dev/null || exit 1
# shellcheck source=tools/steps.sh
. tools/steps.sh

remember_steps
each_core=(-n auto --dist worksteal)
step "C++ tests, 100,000 histories" env CLIENT_CACHE_HISTORIES=100000 ./dev ctest dev
step "C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer" ./dev ctest asan-ubsan
step "Python tests, the long ones too" ./dev pytest "${each_core[@]}" -m "not typing and not workers"
step "botocore's own tests" ./dev botocore-tests
step "aiobotocore's own tests" ./dev aiobotocore-tests
step "Windows: suites under Wine, the binding compiled" ./dev windows
step "musl: suites" ./dev musl
step "macOS: suites and Python tests with libc++, compiled for it" ./dev macos
step "arm64: suites and Python tests, emulated" ./dev arm64
step "Python tests on the other CPythons" ./dev python-matrix "${each_core[@]}"
step "Python tests on newer CPythons" ./dev newer-pythons "${each_core[@]}"
step "Python tests without the GIL" ./dev free-threaded "${each_core[@]}"
step "Python tests under sanitizers" ./dev sanitize
step "tests of threads under ThreadSanitizer, without the GIL" ./dev sanitize-threads
step "the core beside its definition, 60,000 histories of fuzzing" env CLIENT_CACHE_FUZZ_OPERATIONS=10000000 ./dev fuzz 60000
step "the model store, 1,000,000 runs of fuzzing" ./dev fuzz-models 1000000
step "wheels, tested without a compiler and built twice" ./dev wheels --reproducible
summary_of_steps
