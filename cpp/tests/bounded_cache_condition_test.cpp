// A BoundedCache's entries that expire, are pinned, or are asked for on a condition; a closed one.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "client_cache/bounded_cache.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

template <class Policy>
class BoundedCacheConditionTest : public ::testing::Test {};
TYPED_TEST_SUITE(BoundedCacheConditionTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(BoundedCacheConditionTest, AnExpiredEntryIsNotFoundAndGoesWithExpire) {
  BoundedCache<int, int, TypeParam> small(3, {.ttl = Time(10)});
  EXPECT_EQ(small.insert(1, 10, Time(0)).outcome, Outcome::stored);
  EXPECT_EQ(small.insert(2, 20, Time(5)).outcome, Outcome::stored);
  EXPECT_NE(small.get(1, Time(9)), nullptr);
  EXPECT_EQ(small.get(1, Time(10)), nullptr);
  EXPECT_EQ(small.peek(1, Time(10)), nullptr);
  EXPECT_FALSE(small.contains(1, Time(10)));
  EXPECT_FALSE(small.replace(1, 11, Time(10)).has_value());
  EXPECT_EQ(small.size(), 2U);
  const auto expired = small.expire(Time(10));
  EXPECT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired.front().key, 1);
  EXPECT_EQ(small.statistics().expirations, 1U);
  EXPECT_EQ(small.statistics().hits, 1U);
  EXPECT_EQ(small.statistics().misses, 1U);
  EXPECT_TRUE(small.check_invariants());
}

TYPED_TEST(BoundedCacheConditionTest, AUseKeepsAnIdleEntryAliveAndAReplacementMakesItYoung) {
  BoundedCache<int, int, TypeParam> idle(3, {.idle_ttl = Time(10)});
  static_cast<void>(idle.insert(1, 10, Time(0)));
  EXPECT_NE(idle.use(1, Time(9)), nullptr);
  EXPECT_NE(idle.get(1, Time(18)), nullptr);
  EXPECT_NE(idle.peek(1, Time(27)), nullptr);  // no use
  EXPECT_EQ(idle.get(1, Time(28)), nullptr);

  BoundedCache<int, int, TypeParam> aging(3, {.ttl = Time(10)});
  static_cast<void>(aging.insert(1, 10, Time(0)));
  EXPECT_EQ(aging.replace(1, 11, Time(9)), 10);
  EXPECT_EQ(*aging.get(1, Time(18)), 11);
  EXPECT_EQ(aging.get(1, Time(19)), nullptr);
}

TYPED_TEST(BoundedCacheConditionTest, APinnedEntryIsNoVictimButExpiresAndCanBeErased) {
  BoundedCache<int, int, TypeParam> small(2, {.ttl = Time(10)});
  static_cast<void>(small.insert(1, 10));
  static_cast<void>(small.insert(2, 20));
  EXPECT_TRUE(small.pin(1));
  EXPECT_FALSE(small.pin(3));
  EXPECT_EQ(small.insert(3, 30).removed.front().key, 2);
  EXPECT_TRUE(small.pin(3));
  EXPECT_EQ(small.insert(4, 40).outcome, Outcome::pinned);
  EXPECT_TRUE(small.pop_victim().empty());
  EXPECT_THROW(static_cast<void>(small.resize(1)), std::length_error);
  EXPECT_THROW(static_cast<void>(small.resize(0, 1)), std::length_error);
  EXPECT_EQ(small.capacity(), 2U);
  EXPECT_TRUE(small.resize(2).empty());
  EXPECT_TRUE(small.pin(3, false));
  EXPECT_EQ(small.resize(1).front().key, 3);
  EXPECT_EQ(small.clone().insert(5, 50).outcome, Outcome::pinned);
  EXPECT_EQ(small.expire(Time(10)).front().key, 1);
  EXPECT_EQ(small.insert(5, 50).outcome, Outcome::stored);
  EXPECT_EQ(small.statistics().evictions, 2U);
}

TYPED_TEST(BoundedCacheConditionTest, AClosedCacheIsEmptyAndLetsNothingIn) {
  BoundedCache<int, int, TypeParam> small(2);
  static_cast<void>(small.insert(1, 10));
  EXPECT_EQ(small.close().size(), 1U);
  EXPECT_TRUE(small.closed());
  EXPECT_EQ(small.insert(1, 10).outcome, Outcome::closed);
  EXPECT_EQ(small.clone().insert(1, 10).outcome, Outcome::closed);
  EXPECT_EQ(small.get(1), nullptr);
}

TYPED_TEST(BoundedCacheConditionTest, ErasesOnCondition) {
  BoundedCache<int, int, TypeParam> small(2);
  static_cast<void>(small.insert(1, 10));
  EXPECT_TRUE(small.erase_if(1, [](int value) { return value == 11; }).empty());
  EXPECT_EQ(small.erase_if(1, [](int value) { return value == 10; }).size(), 1U);
}

TYPED_TEST(BoundedCacheConditionTest, FindsOnConditionAndCountsWhatFailsItAsAMissAndAsNoUse) {
  BoundedCache<int, int, TypeParam> small(2);
  const auto is = [](int wanted) { return [wanted](int value) { return value == wanted; }; };
  static_cast<void>(small.insert(1, 10));
  static_cast<void>(small.insert(2, 20));
  EXPECT_EQ(small.get_if(1, is(11)), nullptr);
  EXPECT_EQ(small.use_if(1, is(11)), nullptr);
  EXPECT_EQ(small.get_if(3, is(10)), nullptr);
  EXPECT_EQ(small.statistics().hits, 0U);
  EXPECT_EQ(small.statistics().misses, 2U);
  EXPECT_EQ(small.clone().pop_victim().front().key, 1);
  ASSERT_NE(small.get_if(1, is(10)), nullptr);
  ASSERT_NE(small.use_if(1, is(10)), nullptr);
  EXPECT_EQ(small.statistics().hits, 1U);
  EXPECT_EQ(small.pop_victim().front().key, 2);
}

TYPED_TEST(BoundedCacheConditionTest, ErasesEveryKeyThatFulfilsAConditionPinnedOrNot) {
  BoundedCache<int, int, TypeParam> small(5);
  const auto is_even = [](int key) { return key % 2 == 0; };
  for (const int key : {1, 2, 3, 4, 5}) static_cast<void>(small.insert(int{key}, 10 * key));
  EXPECT_NE(small.use(3), nullptr);
  EXPECT_TRUE(small.pin(4));
  const auto erased = small.erase_every(is_even);
  ASSERT_EQ(erased.size(), 2U);
  EXPECT_EQ(erased.front().key, 2);
  EXPECT_TRUE(small.check_invariants());
  EXPECT_EQ(small.pop_victim().front().key, 1);
  EXPECT_EQ(small.pop_victim().front().key, 5);
  EXPECT_TRUE(small.erase_every(is_even).empty());
  EXPECT_EQ(small.statistics().expirations, 0U);
  EXPECT_EQ(small.expire_every([](int key) { return key == 3; }).size(), 1U);
  EXPECT_EQ(small.statistics().expirations, 1U);
  EXPECT_EQ(small.size(), 0U);
  EXPECT_TRUE(small.check_invariants());
}

TYPED_TEST(BoundedCacheConditionTest, PopsTheNextVictimOfThoseThatFulfilACondition) {
  BoundedCache<int, int, TypeParam> small(4);
  const auto is_even = [](int key) { return key % 2 == 0; };
  for (const int key : {1, 2, 3, 4}) static_cast<void>(small.insert(int{key}, 10 * key));
  EXPECT_TRUE(small.pin(2));
  EXPECT_EQ(small.pop_victim_of(is_even).front().key, 4);
  EXPECT_TRUE(small.pop_victim_of(is_even).empty());
  EXPECT_EQ(small.size(), 3U);
  EXPECT_TRUE(small.check_invariants());
}

TYPED_TEST(BoundedCacheConditionTest, ReplacesOnCondition) {
  BoundedCache<int, std::unique_ptr<int>, TypeParam> small(2);
  static_cast<void>(small.insert(1, std::make_unique<int>(10)));
  auto value = std::make_unique<int>(11);
  EXPECT_FALSE(small.replace_if(1, [](const auto&) { return false; }, std::move(value)));
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(**small.replace_if(1, [](const auto& held) { return *held == 10; }, std::move(value)), 10);
  EXPECT_EQ(**small.peek(1), 11);
}

TYPED_TEST(BoundedCacheConditionTest, ExpireAllTakesEverythingAndCountsIt) {
  BoundedCache<int, int, TypeParam> small(2);
  static_cast<void>(small.insert(1, 10));
  EXPECT_EQ(small.expire_all().size(), 1U);
  EXPECT_EQ(small.statistics().expirations, 1U);
  small.reset_statistics();
  EXPECT_EQ(small.statistics().expirations, 0U);
}

}  // namespace
}  // namespace client_cache
