#include "client_cache/lfu.hpp"

#include <gtest/gtest.h>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

class LfuTest : public ::testing::Test {
 protected:
  void insert(Lfu::Hook& hook) {
    policy->reserve();
    policy->inserted(hook);
  }
  void use(Lfu::Hook& hook, int times) {
    for (int i = 0; i < times; ++i) policy->hit(hook);
  }

  Lfu::Hook one;
  Lfu::Hook two;
  Lfu::Hook three;
  testing::Checked<Lfu> policy;
};

TEST_F(LfuTest, StoringCountsAsTheFirstUse) {
  insert(one);
  EXPECT_EQ(Lfu::use_count(one), 1U);
  use(one, 4);
  EXPECT_EQ(Lfu::use_count(one), 5U);
}

TEST_F(LfuTest, TheLeastFrequentlyUsedIsTheVictimHoweverLatelyItWasUsed) {
  insert(one);
  insert(two);
  use(one, 3);
  use(two, 2);
  EXPECT_EQ(policy->victim(), &two);
}

TEST_F(LfuTest, AmongEqualCountsTheLeastRecentlyUsedIsTheVictim) {
  insert(one);
  insert(two);
  insert(three);
  for (Lfu::Hook* const hook : {&three, &one, &two}) policy->hit(*hook);
  EXPECT_EQ(policy->victim(), &three);
  EXPECT_EQ(policy->next(three), &one);
  EXPECT_EQ(policy->next(one), &two);
}

TEST_F(LfuTest, CountsApartByMoreThanOneStayInOrder) {
  insert(one);
  insert(two);
  insert(three);
  use(one, 7);
  use(three, 2);
  EXPECT_EQ(policy->victim(), &two);
  EXPECT_EQ(policy->next(two), &three);
  EXPECT_EQ(policy->last(), &one);
  use(three, 6);
  EXPECT_EQ(policy->last(), &three);
}

TEST_F(LfuTest, ACopyAdoptsTheUseCount) {
  insert(one);
  use(one, 9);
  testing::Checked<Lfu> copy;
  copy->reserve();
  copy->adopt(two, one);
  EXPECT_EQ(Lfu::use_count(two), 10U);
}

TEST_F(LfuTest, ALoneHookRaisesItsCountWithoutMemory) {
  insert(one);
  insert(two);
  policy->hit(two);
  const testing::FailingAllocation failing(0);
  for (int i = 0; i < 1000; ++i) policy->hit(two);
  EXPECT_EQ(Lfu::use_count(two), 1002U);
}

TEST_F(LfuTest, HitsReuseEmptiedBucketsOnceThereAreEnough) {
  for (Lfu::Hook* const hook : {&one, &two, &three}) insert(*hook);
  use(three, 2);
  use(two, 1);  // three distinct counts: no order of three hooks has more
  const testing::FailingAllocation failing(0);
  for (int round = 0; round < 100; ++round) {
    use(one, 5);
    use(two, 5);
    use(three, 5);
  }
  EXPECT_EQ(Lfu::use_count(one), 501U);
}

TEST_F(LfuTest, AFailedHitLeavesTheCount) {
  for (Lfu::Hook* const hook : {&one, &two, &three}) insert(*hook);
  use(one, 2);  // takes the spare bucket, so the next new count needs memory
  EXPECT_EQ(testing::fail_each_allocation([&] { policy->hit(two); }, [&] { EXPECT_EQ(Lfu::use_count(two), 1U); }), 1U);
  EXPECT_EQ(Lfu::use_count(two), 2U);
}

TEST_F(LfuTest, AHookIsThreePointers) { EXPECT_EQ(sizeof(Lfu::Hook), 3 * sizeof(void*)); }

}  // namespace
}  // namespace client_cache
