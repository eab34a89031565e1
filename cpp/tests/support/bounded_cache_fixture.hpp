// What the suites of BoundedCache share.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "support/checked.hpp"

namespace client_cache::testing {

using Items = std::vector<std::pair<int, int>>;

// Hashes and compares text of any kind, and can be made to throw.
struct TextHash {
  static inline bool broken = false;
  std::size_t operator()(std::string_view text) const {
    if (broken) throw std::runtime_error("hash");
    return std::hash<std::string_view>{}(text);
  }
};
struct TextEqual {
  static inline bool broken = false;
  bool operator()(std::string_view key, std::string_view query) const {
    if (broken) throw std::runtime_error("equal");
    return key == query;
  }
};

template <class Policy>
class BoundedCacheTest : public ::testing::Test {
 protected:
  using Numbers = BoundedCache<int, int, Policy>;
  using Texts = BoundedCache<std::string, std::unique_ptr<int>, Policy, TextHash, TextEqual>;

  static_assert(!std::is_copy_constructible_v<Numbers> && !std::is_copy_assignable_v<Numbers>);
  static_assert(std::is_nothrow_move_constructible_v<Numbers> && std::is_nothrow_move_assignable_v<Numbers>);

  static Items items(const typename Numbers::Removed& removed) {
    Items found;
    for (const auto& [key, value] : removed) found.emplace_back(key, value);
    return found;
  }

  // Stores key -> 10 * key and returns what was evicted.
  static Items store(Checked<Numbers>& cache, int key) {
    const auto insertion = cache->insert(int{key}, 10 * key);
    EXPECT_EQ(insertion.outcome, Outcome::stored);
    return items(insertion.removed);
  }

  static std::vector<int> keys(const Numbers& cache) {
    std::vector<int> forwards;
    cache.for_each([&forwards](const int& key, const int& value) {
      EXPECT_EQ(value, 10 * key);
      forwards.push_back(key);
    });
    std::vector<int> backwards;
    cache.for_each_reversed([&backwards](const int& key, const int&) { backwards.insert(backwards.begin(), key); });
    EXPECT_EQ(forwards, backwards);
    return forwards;
  }

  Checked<Numbers> cache{std::size_t{3}};
};

}  // namespace client_cache::testing
