#include "client_cache/lfu.hpp"

#include <gtest/gtest.h>

#include <cstddef>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

class LfuTest : public ::testing::Test {
 protected:
  void insert(Number number) {
    policy->reserve(number, number);
    policy->inserted(number);
  }
  void use(Number number, int times) {
    for (int i = 0; i < times; ++i) policy->hit(number);
  }

  static constexpr Number one = 1;
  static constexpr Number two = 2;
  static constexpr Number three = 3;
  testing::Checked<Lfu> policy;
};

TEST_F(LfuTest, StoringCountsAsTheFirstUse) {
  insert(one);
  EXPECT_EQ(policy->use_count(one), 1U);
  use(one, 4);
  EXPECT_EQ(policy->use_count(one), 5U);
}

TEST_F(LfuTest, TheLeastFrequentlyUsedIsTheVictimHoweverLatelyItWasUsed) {
  insert(one);
  insert(two);
  use(one, 3);
  use(two, 2);
  EXPECT_EQ(policy->victim(), two);
}

TEST_F(LfuTest, AmongEqualCountsTheLeastRecentlyUsedIsTheVictim) {
  insert(one);
  insert(two);
  insert(three);
  for (const Number number : {three, one, two}) policy->hit(number);
  EXPECT_EQ(policy->victim(), three);
  EXPECT_EQ(policy->next(three), one);
  EXPECT_EQ(policy->next(one), two);
}

TEST_F(LfuTest, CountsApartByMoreThanOneStayInOrder) {
  insert(one);
  insert(two);
  insert(three);
  use(one, 7);
  use(three, 2);
  EXPECT_EQ(policy->victim(), two);
  EXPECT_EQ(policy->next(two), three);
  EXPECT_EQ(policy->last(), one);
  use(three, 6);
  EXPECT_EQ(policy->last(), three);
}

TEST_F(LfuTest, ACopyAdoptsTheUseCount) {
  insert(one);
  use(one, 9);
  testing::Checked<Lfu> copy;
  copy->reserve(two, three);
  copy->adopt(two, *policy, one);
  EXPECT_EQ(copy->use_count(two), 10U);
}

TEST_F(LfuTest, ALoneEntryRaisesItsCountWithoutMemory) {
  insert(one);
  insert(two);
  policy->hit(two);
  const testing::FailingAllocation failing(0);
  for (int i = 0; i < 1000; ++i) policy->hit(two);
  EXPECT_EQ(policy->use_count(two), 1002U);
}

TEST_F(LfuTest, HitsReuseEmptiedBucketsOnceThereAreEnough) {
  for (const Number number : {one, two, three}) insert(number);
  use(three, 2);
  use(two, 1);  // three distinct counts: no order of three entries has more
  const testing::FailingAllocation failing(0);
  for (int round = 0; round < 100; ++round) {
    use(one, 5);
    use(two, 5);
    use(three, 5);
  }
  EXPECT_EQ(policy->use_count(one), 501U);
}

TEST_F(LfuTest, AFailedHitLeavesTheCount) {
  constexpr Number kEntries = 20;
  for (Number number = 1; number <= kEntries; ++number) insert(number);
  std::size_t failures = 0;
  for (Number number = 1; number < kEntries; ++number) {  // each comes to a count of its own, so buckets become more
    failures +=
        testing::fail_each_allocation([&] { policy->hit(number); }, [&] { EXPECT_EQ(policy->use_count(number), 1U); });
    EXPECT_EQ(policy->use_count(number), 2U);
    use(number, 2 * static_cast<int>(number));
  }
  EXPECT_GT(failures, 2U);
}

}  // namespace
}  // namespace client_cache
