// Runs each input as a history of operations on a cache of every policy, against the cache's definition.
//
// At its end it prints how many operations it ran. With CLIENT_CACHE_FUZZ_OPERATIONS set it fails when they were fewer.
#include <fuzzer/FuzzedDataProvider.h>

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

std::uint64_t& operations() {
  static std::uint64_t count = 0;
  return count;
}

void report() {
  std::cerr << "operations: " << operations() << '\n';
  const char* const expected =
      std::getenv("CLIENT_CACHE_FUZZ_OPERATIONS");  // NOLINT(concurrency-mt-unsafe): one thread
  if (expected != nullptr && operations() < std::stoull(expected)) {
    std::cerr << "fewer than the " << expected << " asked for: raise -runs\n";
    std::_Exit(EXIT_FAILURE);
  }
}

template <class Policy, std::size_t HashModulus>
void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const auto choose = [&input](int count) { return input.ConsumeIntegralInRange(0, count - 1); };
  History<Policy, HashModulus> history;
  while (input.remaining_bytes() > 0) {
    history.step(choose);
    ++operations();
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) { return std::atexit(report); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run<Lru, kGoodHash>(data, size);
  run<Lfu, kGoodHash>(data, size);
  run<Lru, kPoorHash>(data, size);
  run<Lfu, kPoorHash>(data, size);
  return 0;
}
