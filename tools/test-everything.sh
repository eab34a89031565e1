#!/usr/bin/env bash
# Every test there is, in hours: what .ci/run has no time for, too. Runs every step even after one has failed, and ends
# with a summary.
#     ./dev test --full
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." > /dev/null || exit 1
# shellcheck source=tools/steps.sh
. tools/steps.sh

step "format, types, warnings of two compilers" ./dev lint
step "C++ tests, 100,000 histories" env CLIENT_CACHE_HISTORIES=100000 ./dev ctest dev
step "C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer" ./dev ctest asan-ubsan
step "C++ tests under ThreadSanitizer" ./dev ctest tsan
step "Python tests, the long ones too" ./dev pytest -n auto --dist worksteal -m "not typing and not workers"
step "types, as users see them" ./dev typing
step "handles in the workers of other engines" ./dev workers
step "packages that call boto3 themselves" ./dev third-party
step "Cloud Custodian, with the boto3 that it takes" ./dev custodian
step "clients of aiobotocore" ./dev aio
step "botocore's own tests" ./dev botocore-tests
step "aiobotocore's own tests" ./dev aiobotocore-tests
step "Python tests under sanitizers" ./dev sanitize
step "tests of threads under ThreadSanitizer, without the GIL" ./dev sanitize-threads
step "the core beside its definition, 60,000 histories of fuzzing" env CLIENT_CACHE_FUZZ_OPERATIONS=10000000 ./dev fuzz 60000
step "the model store, 5,000,000 runs of fuzzing" ./dev fuzz-models 5000000
step "Windows: suites under Wine, the binding compiled" ./dev windows
step "musl: suites" ./dev musl
step "macOS: suites and Python tests with libc++, compiled for it" ./dev macos
step "arm64: suites and Python tests, emulated" ./dev arm64
step "Python tests on the other CPythons" ./dev python-matrix
step "Python tests on newer CPythons" ./dev newer-pythons
step "Python tests without the GIL" ./dev free-threaded
step "documentation: warnings, links, browser, examples" ./dev docs --check
step "sdist, installed in a bare environment" ./dev sdist
step "wheels, tested without a compiler and built twice" ./dev wheels --reproducible
summary_of_steps
