// What the suites of LoadingCache share.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "client_cache/loading_cache.hpp"
#include "support/checked.hpp"
#include "support/owned_mutex.hpp"
#include "support/threads.hpp"

namespace client_cache::testing {

// Counts the comparisons that find what they look for. While a key is not cached, these are the threads that found its
// creation under way, and now wait for it.
struct CountingEqual {
  static inline std::atomic<int> found = 0;

  bool operator()(int key, int query) const {
    if (key != query) return false;
    ++found;
    return true;
  }
};

inline void wait_until_found(int times) {
  yield_while([times] { return CountingEqual::found < times; });
}

template <class Policy>
class LoadingCacheTest : public ::testing::Test {
 protected:
  using Cache = LoadingCache<int, int, Policy, std::hash<int>, CountingEqual, OwnedMutex>;
  using Pointers = LoadingCache<int, std::shared_ptr<int>, Policy, std::hash<int>, CountingEqual, OwnedMutex>;

  void SetUp() override { CountingEqual::found = 0; }

  static int not_called() {
    ADD_FAILURE() << "a hit created";
    return -1;
  }

  Checked<Cache> cache{std::size_t{3}};
  Checked<Cache> other{std::size_t{3}};
};

}  // namespace client_cache::testing
