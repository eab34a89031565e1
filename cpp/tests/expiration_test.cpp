#include "client_cache/expiration.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

constexpr Lifetime kBoth{.ttl = Time(100), .idle_ttl = Time(10)};

TEST(ExpirationTest, WithoutLimitsNothingExpires) {
  testing::Checked<Expiration> expiration{Lifetime{}};
  constexpr Number entry = 1;
  expiration->reserve(entry, entry);
  expiration->inserted(entry, Time(0));
  expiration->hit(entry, Time(1));
  EXPECT_FALSE(expiration->is_expired(entry, kForever));
  EXPECT_EQ(expiration->first_expired(kForever), kNone);
  EXPECT_FALSE(expiration->lifetime().limited());
}

TEST(ExpirationTest, AnEntryExpiresWhenItIsAsOldAsTheTtl) {
  testing::Checked<Expiration> expiration{Lifetime{.ttl = Time(100)}};
  constexpr Number entry = 1;
  expiration->reserve(entry, entry);
  expiration->inserted(entry, Time(7));
  expiration->hit(entry, Time(100));
  EXPECT_FALSE(expiration->is_expired(entry, Time(106)));
  EXPECT_TRUE(expiration->is_expired(entry, Time(107)));
  EXPECT_EQ(expiration->first_expired(Time(107)), entry);
  expiration->erased(entry);
  EXPECT_EQ(expiration->first_expired(Time(107)), kNone);
}

TEST(ExpirationTest, AUseStartsTheIdleTimeAnew) {
  testing::Checked<Expiration> expiration{kBoth};
  constexpr Number used = 1;
  constexpr Number unused = 2;
  expiration->reserve(unused, unused);
  expiration->inserted(used, Time(0));
  expiration->inserted(unused, Time(1));
  expiration->hit(used, Time(9));
  EXPECT_EQ(expiration->first_expired(Time(10)), kNone);
  EXPECT_EQ(expiration->first_expired(Time(11)), unused);
  expiration->erased(unused);
  EXPECT_EQ(expiration->first_expired(Time(18)), kNone);
  EXPECT_EQ(expiration->first_expired(Time(19)), used);
}

TEST(ExpirationTest, ATimeFromAnotherThreadThatComesLateTakesNothingBack) {
  testing::Checked<Expiration> expiration{kBoth};
  constexpr Number entry = 1;
  expiration->reserve(entry, entry);
  expiration->inserted(entry, Time(0));
  expiration->hit(entry, Time(8));
  expiration->hit(entry, Time(7));
  EXPECT_FALSE(expiration->is_expired(entry, Time(17)));
  EXPECT_FALSE(expiration->is_expired(entry, Time(0)));  // before it was used
}

TEST(ExpirationTest, AdoptedEntriesExpireInTheOrderOfTheirTimes) {
  const auto expect_order = [](Lifetime lifetime, const std::vector<Number>& order) {
    testing::Checked<Expiration> original{lifetime};
    original->reserve(3, 3);
    for (const Number number : {2U, 3U, 1U}) original->inserted(number, Time(10 * number));
    for (const Number number : {1U, 3U, 2U}) original->hit(number, Time(40));
    const std::vector<Number> numbers{kNone, 7, 9, 8};  // the copies', by the originals'
    testing::Checked<Expiration> copy{lifetime};
    copy->reserve(9, 9);
    copy->adopt(*original, numbers);
    EXPECT_EQ(copy->created(9), Time(20));
    EXPECT_EQ(copy->end_of(9), original->end_of(2));
    for (const Number expected : order) {
      ASSERT_EQ(copy->first_expired(Time(1000)), expected);
      copy->erased(expected);
    }
    EXPECT_EQ(copy->first_expired(Time(1000)), kNone);
  };
  expect_order({.ttl = Time(10)}, {9, 8, 7});
  expect_order({.idle_ttl = Time(10)}, {7, 8, 9});
}

TEST(ExpirationTest, StoringNeedsNoMemoryAfterReserve) {
  testing::Checked<Expiration> expiration{kBoth};
  expiration->reserve(2, 2);
  const testing::FailingAllocation failing(0);
  for (const Number number : {1U, 2U}) expiration->inserted(number, Time(0));
  EXPECT_EQ(expiration->first_expired(Time(10)), 1U);
}

}  // namespace
}  // namespace client_cache
