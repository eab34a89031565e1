#include "client_cache/lru.hpp"

#include <gtest/gtest.h>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

TEST(LruTest, TheLeastRecentlyUsedIsTheVictimHoweverOftenItWasUsed) {
  testing::Checked<Lru> policy;
  policy->reserve(2, 2);
  policy->inserted(1);
  policy->inserted(2);
  for (int use = 0; use < 100; ++use) policy->hit(1);
  policy->hit(2);
  EXPECT_EQ(policy->victim(), 1U);
}

TEST(LruTest, NothingNeedsMemoryButReserve) {
  Lru policy;
  policy.reserve(2, 2);
  const testing::FailingAllocation failing(0);
  policy.inserted(1);
  policy.adopt(2, policy, 1);
  policy.hit(1);
  policy.erased(2);
  EXPECT_EQ(policy.victim(), 1U);
}

}  // namespace
}  // namespace client_cache
