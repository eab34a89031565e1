#include "client_cache/lru.hpp"

#include <gtest/gtest.h>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

TEST(LruTest, TheLeastRecentlyUsedIsTheVictimHoweverOftenItWasUsed) {
  testing::Checked<Lru> policy;
  Lru::Hook often;
  Lru::Hook lately;
  policy->inserted(often);
  policy->inserted(lately);
  for (int use = 0; use < 100; ++use) policy->hit(often);
  policy->hit(lately);
  EXPECT_EQ(policy->victim(), &often);
}

TEST(LruTest, NothingNeedsMemory) {
  const testing::FailingAllocation failing(0);
  Lru policy;
  Lru::Hook one;
  Lru::Hook two;
  policy.reserve();
  policy.inserted(one);
  policy.adopt(two, one);
  policy.hit(one);
  policy.erased(two);
  EXPECT_EQ(policy.victim(), &one);
}

TEST(LruTest, AHookIsTwoPointers) { EXPECT_EQ(sizeof(Lru::Hook), 2 * sizeof(void*)); }

}  // namespace
}  // namespace client_cache
