// Runs each input as a history of operations on a cache of every policy, against the cache's definition.
//
// With CLIENT_CACHE_FUZZ_OPERATIONS in the environment it ends, successfully, after that many operations; else when
// libFuzzer's options say so. Either way it prints how many it ran.
#include <fuzzer/FuzzedDataProvider.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "client_cache/lfu.hpp"
#include "client_cache/lru.hpp"
#include "support/history.hpp"

namespace {

using client_cache::Lfu;
using client_cache::Lru;
using client_cache::testing::History;

constexpr std::size_t kGoodHash = 1'000'000;
constexpr std::size_t kPoorHash = 3;

std::uint64_t operations = 0;        // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::uint64_t operations_asked = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): 0 for no end

void report() { std::cerr << "operations: " << operations << '\n'; }

template <class Policy, std::size_t HashModulus>
void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const auto choose = [&input](int count) { return input.ConsumeIntegralInRange(0, count - 1); };
  // A step takes 0 to 3 nanoseconds: short lives keep the cache small, long ones let it fill.
  const auto limit = [&choose] {
    return choose(2) == 0 ? client_cache::kForever : client_cache::Time(1 + choose(300));
  };
  History<Policy, HashModulus> history({.ttl = limit(), .idle_ttl = limit()});
  while (input.remaining_bytes() > 0) {
    history.step(choose);
    ++operations;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* const asked = std::getenv("CLIENT_CACHE_FUZZ_OPERATIONS");  // NOLINT(concurrency-mt-unsafe): one thread
  if (asked != nullptr) operations_asked = std::stoull(asked);
  return std::atexit(report);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run<Lru, kGoodHash>(data, size);
  run<Lfu, kGoodHash>(data, size);
  run<Lru, kPoorHash>(data, size);
  run<Lfu, kPoorHash>(data, size);
  if (operations_asked != 0 && operations >= operations_asked) {
    report();                                // libFuzzer leaves without calling exit()
    static_cast<void>(std::raise(SIGUSR1));  // NOLINT(misc-include-cleaner): libFuzzer's request for a graceful end
  }
  return 0;
}
