// Every policy of the core, for suites that run over all of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "client_cache/lfu.hpp"
#include "client_cache/lru.hpp"

namespace client_cache::testing {

using Policies = ::testing::Types<Lru, Lfu>;

struct PolicyNames {
  template <class Policy>
  static std::string GetName(int /*index*/) {
    return std::is_same_v<Policy, Lru> ? "Lru" : "Lfu";
  }
};

}  // namespace client_cache::testing
