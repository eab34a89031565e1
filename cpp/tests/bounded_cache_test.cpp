#include "client_cache/bounded_cache.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client_cache/lfu.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"
#include "support/history.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

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
  static Items store(testing::Checked<Numbers>& cache, int key) {
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

  testing::Checked<Numbers> cache{std::size_t{3}};
};

TYPED_TEST_SUITE(BoundedCacheTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(BoundedCacheTest, ANewCacheIsEmpty) {
  EXPECT_EQ(this->cache->size(), 0U);
  EXPECT_EQ(this->cache->capacity(), 3U);
  EXPECT_EQ(this->cache->get(1), nullptr);
  EXPECT_EQ(this->cache->peek(1), nullptr);
  EXPECT_FALSE(this->cache->contains(1));
  EXPECT_TRUE(this->cache->erase(1).empty());
  EXPECT_TRUE(this->cache->pop_victim().empty());
  EXPECT_TRUE(this->cache->clear().empty());
}

TYPED_TEST(BoundedCacheTest, WhatWasStoredIsFound) {
  this->store(this->cache, 1);
  ASSERT_NE(this->cache->get(1), nullptr);
  EXPECT_EQ(*this->cache->get(1), 10);
  EXPECT_EQ(*this->cache->peek(1), 10);
  EXPECT_TRUE(this->cache->contains(1));
}

TYPED_TEST(BoundedCacheTest, AValueCanBeChangedInPlace) {
  this->store(this->cache, 1);
  *this->cache->get(1) = 11;
  EXPECT_EQ(*this->cache->peek(1), 11);
}

TYPED_TEST(BoundedCacheTest, GetCountsAsAUseAndPeekAndContainsDoNot) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_NE(this->cache->peek(1), nullptr);
  EXPECT_TRUE(this->cache->contains(1));
  EXPECT_EQ(this->keys(*this->cache), (std::vector{1, 2, 3}));
  EXPECT_NE(this->cache->get(1), nullptr);
  EXPECT_EQ(this->keys(*this->cache), (std::vector{2, 3, 1}));
}

TYPED_TEST(BoundedCacheTest, AFullCacheEvictsTheVictimFirst) {
  for (const int key : {1, 2, 3}) EXPECT_EQ(this->store(this->cache, key), Items{});
  EXPECT_EQ(this->store(this->cache, 4), (Items{{1, 10}}));
  EXPECT_EQ(this->cache->size(), 3U);
}

TYPED_TEST(BoundedCacheTest, TheEntryBeingStoredIsNeverTheVictim) {
  testing::Checked<typename TestFixture::Numbers> one(std::size_t{1});
  this->store(one, 1);
  for (int use = 0; use < 5; ++use) EXPECT_NE(one->get(1), nullptr);
  EXPECT_EQ(this->store(one, 2), (Items{{1, 10}}));
  EXPECT_TRUE(one->contains(2));
}

TYPED_TEST(BoundedCacheTest, StoringAnExistingKeyChangesNothing) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  const auto insertion = this->cache->insert(1, 99);
  EXPECT_EQ(insertion.outcome, Outcome::exists);
  EXPECT_TRUE(insertion.removed.empty());
  EXPECT_EQ(this->keys(*this->cache), (std::vector{1, 2, 3}));
}

TYPED_TEST(BoundedCacheTest, ACacheOfCapacityZeroRefuses) {
  testing::Checked<typename TestFixture::Numbers> none(std::size_t{0});
  EXPECT_EQ(none->insert(1, 10).outcome, Outcome::refused);
  EXPECT_EQ(none->size(), 0U);
}

TYPED_TEST(BoundedCacheTest, ArgumentsAreMovedFromOnlyWhenStored) {
  const std::string text = "a key too long for the small string buffer";
  testing::Checked<typename TestFixture::Texts> texts(std::size_t{0});
  std::string key = text;
  auto value = std::make_unique<int>(7);
  const auto untouched = [&] { return key == text && value != nullptr && *value == 7; };

  EXPECT_EQ(texts->insert(std::move(key), std::move(value)).outcome, Outcome::refused);
  EXPECT_TRUE(untouched());

  static_cast<void>(texts->resize(2));
  EXPECT_EQ(texts->insert(std::string(text), std::make_unique<int>(1)).outcome, Outcome::stored);
  EXPECT_EQ(texts->insert(std::move(key), std::move(value)).outcome, Outcome::exists);
  EXPECT_TRUE(untouched());

  static_cast<void>(texts->clear());
  EXPECT_EQ(texts->insert(std::move(key), std::move(value)).outcome, Outcome::stored);
  EXPECT_EQ(value, nullptr);
}

TYPED_TEST(BoundedCacheTest, AnyQueryThatHashesAndComparesAlikeFindsTheKey) {
  testing::Checked<typename TestFixture::Texts> texts(std::size_t{2});
  static_cast<void>(texts->insert("text", std::make_unique<int>(7)));
  EXPECT_EQ(*texts->get(std::string_view("text"))->get(), 7);
  EXPECT_EQ(*texts->peek("text")->get(), 7);
  EXPECT_TRUE(texts->resize(1, std::string_view("text")).empty());
  EXPECT_EQ(texts->erase("text").size(), 1U);
}

TYPED_TEST(BoundedCacheTest, MoveOnlyValuesGoInAndOut) {
  testing::Checked<typename TestFixture::Texts> texts(std::size_t{1});
  auto value = std::make_unique<int>(7);
  const int* const address = value.get();
  static_cast<void>(texts->insert("one", std::move(value)));
  const auto evicted = texts->insert("two", std::make_unique<int>(8)).removed;
  const std::unique_ptr<int> out = std::move(evicted.front().value);
  EXPECT_EQ(out.get(), address);
}

TYPED_TEST(BoundedCacheTest, EraseHandsOverTheEntryAlone) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_EQ(this->items(this->cache->erase(2)), (Items{{2, 20}}));
  EXPECT_EQ(this->keys(*this->cache), (std::vector{1, 3}));
  EXPECT_TRUE(this->cache->erase(2).empty());
}

TYPED_TEST(BoundedCacheTest, PopVictimTakesWhoWouldBeEvictedNext) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_NE(this->cache->get(1), nullptr);
  for (const int key : {2, 3, 1}) EXPECT_EQ(this->items(this->cache->pop_victim()), (Items{{key, 10 * key}}));
  EXPECT_TRUE(this->cache->pop_victim().empty());
}

TYPED_TEST(BoundedCacheTest, ClearHandsOverEverythingInOrderAndTheCacheGoesOn) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_EQ(this->items(this->cache->clear()), (Items{{1, 10}, {2, 20}, {3, 30}}));
  EXPECT_EQ(this->cache->size(), 0U);
  EXPECT_EQ(this->cache->capacity(), 3U);
  this->store(this->cache, 4);
  EXPECT_EQ(this->keys(*this->cache), (std::vector{4}));
}

TYPED_TEST(BoundedCacheTest, ASmallerCapacityEvictsAtOnceInOrder) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_EQ(this->items(this->cache->resize(1)), (Items{{1, 10}, {2, 20}}));
  EXPECT_EQ(this->cache->capacity(), 1U);
  EXPECT_EQ(this->keys(*this->cache), (std::vector{3}));
}

TYPED_TEST(BoundedCacheTest, ALargerCapacityEvictsNobody) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_TRUE(this->cache->resize(4).empty());
  EXPECT_EQ(this->store(this->cache, 4), Items{});
  EXPECT_EQ(this->store(this->cache, 5), (Items{{1, 10}}));
}

TYPED_TEST(BoundedCacheTest, ResizingSparesTheKeptEntry) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_EQ(this->items(this->cache->resize(1, 1)), (Items{{2, 20}, {3, 30}}));
  EXPECT_EQ(this->keys(*this->cache), (std::vector{1}));
}

TYPED_TEST(BoundedCacheTest, ResizingToZeroSparesNobody) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_EQ(this->cache->resize(0, 1).size(), 3U);
  EXPECT_EQ(this->cache->size(), 0U);
}

TYPED_TEST(BoundedCacheTest, ResizingToKeepAnAbsentKeyIsAnOrdinaryResize) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  EXPECT_EQ(this->items(this->cache->resize(2, 99)), (Items{{1, 10}}));
}

TYPED_TEST(BoundedCacheTest, ACloneIsIndependentAndHasTheSameHistory) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  for (const int key : {1, 1, 2}) EXPECT_NE(this->cache->get(key), nullptr);
  testing::Checked<typename TestFixture::Numbers> clone((*this->cache).clone());
  EXPECT_EQ(clone->capacity(), 3U);
  EXPECT_EQ(this->keys(*clone), this->keys(*this->cache));

  static_cast<void>(this->cache->erase(1));
  EXPECT_TRUE(clone->contains(1));
  // 3 has fewer uses and longer idleness than 2 wherever histories count.
  EXPECT_EQ(this->store(clone, 4), (Items{{this->keys(*this->cache).front() == 3 ? 3 : 2, 30}}));
}

TYPED_TEST(BoundedCacheTest, AMoveTakesTheEntriesAndLeavesAnEmptyUsableCache) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  testing::Checked<typename TestFixture::Numbers> taken(std::move(*this->cache));
  EXPECT_EQ(this->cache->size(), 0U);
  EXPECT_FALSE(this->cache->contains(1));
  EXPECT_EQ(this->keys(*taken), (std::vector{1, 2, 3}));
  this->store(this->cache, 4);
  *taken = std::move(*this->cache);
  EXPECT_EQ(this->keys(*taken), (std::vector{4}));
}

TYPED_TEST(BoundedCacheTest, AFailedInsertionChangesNothingAndKeepsItsArguments) {
  const std::string text = "a key too long for the small string buffer";
  // Five entries fill the smallest index, so the sixth makes it grow; a full cache must evict nobody when it fails.
  for (const std::size_t capacity : {5U, 6U}) {
    testing::Checked<typename TestFixture::Texts> texts(capacity);
    for (const char* const key : {"1", "2", "3", "4", "5"}) {
      static_cast<void>(texts->insert(key, std::make_unique<int>(1)));
      EXPECT_NE(texts->get(std::string_view(key)), nullptr);
    }
    std::string key = text;
    auto value = std::make_unique<int>(7);
    const std::size_t failures = testing::fail_each_allocation(
        [&] { EXPECT_EQ(texts->insert(std::move(key), std::move(value)).outcome, Outcome::stored); },
        [&] {
          EXPECT_EQ(key, text);
          ASSERT_NE(value, nullptr);
          EXPECT_EQ(texts->size(), 5U);
          EXPECT_TRUE(texts->contains("1"));
          EXPECT_FALSE(texts->contains(text));
        });
    EXPECT_GT(failures, 0U);
    EXPECT_TRUE(texts->contains(text));
    EXPECT_EQ(texts->size(), capacity);
  }
}

TYPED_TEST(BoundedCacheTest, AFullCacheEvictsWithoutGrowingItsIndex) {
  testing::Checked<typename TestFixture::Numbers> full(std::size_t{5});  // as many as the smallest index holds
  for (int key = 0; key < 5; ++key) this->store(full, key);
  const std::size_t failures = testing::fail_each_allocation([&] { static_cast<void>(full->insert(5, 50)); }, [] {});
  EXPECT_EQ(failures, 1U) << "the entry is the only allocation";
  EXPECT_EQ(full->size(), 5U);
}

TYPED_TEST(BoundedCacheTest, AFailedGetChangesNothing) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  for (int use = 0; use < 2; ++use) EXPECT_NE(this->cache->get(1), nullptr);
  // A policy that groups by count now needs a group for 2, between those of 1 and 3.
  testing::fail_each_allocation([&] { EXPECT_NE(this->cache->get(2), nullptr); },
                                [&] { EXPECT_EQ(this->keys(*this->cache), (std::vector{2, 3, 1})); });
  EXPECT_EQ(this->keys(*this->cache).front(), 3);
}

TYPED_TEST(BoundedCacheTest, AThrowingHashOrEqualChangesNothing) {
  testing::Checked<typename TestFixture::Texts> texts(std::size_t{2});
  for (const char* const key : {"one", "two"}) static_cast<void>(texts->insert(key, std::make_unique<int>(1)));
  for (bool* const broken : {&TextHash::broken, &TextEqual::broken}) {
    const auto throws = [broken](auto&& operation) {
      *broken = true;
      EXPECT_THROW(operation(), std::runtime_error);
      *broken = false;
    };
    // The cache itself, unchecked while its hash is broken.
    auto& raw = *texts;
    throws([&] { static_cast<void>(raw.get("one")); });
    throws([&] { static_cast<void>(raw.insert("one", std::make_unique<int>(2))); });
    throws([&] { static_cast<void>(raw.erase("one")); });
    throws([&] { static_cast<void>(raw.resize(0, "one")); });
    EXPECT_EQ(texts->size(), 2U);
    EXPECT_EQ(texts->capacity(), 2U);
    EXPECT_TRUE(texts->contains("one"));
  }
}

TYPED_TEST(BoundedCacheTest, EntriesAreDestroyedWithTheCache) {
  const auto value = std::make_shared<int>(7);
  {
    BoundedCache<int, std::shared_ptr<int>, TypeParam> owner(2);
    for (int key = 0; key < 5; ++key) static_cast<void>(owner.insert(int{key}, std::shared_ptr<int>(value)));
    EXPECT_EQ(value.use_count(), 3);
  }
  EXPECT_EQ(value.use_count(), 1);
}

// Every operation at random, against the definition; the fuzzer goes on where this ends.
template <class History>
void run_random_history(Lifetime lifetime = {}) {
  std::mt19937 random(42);  // the same histories in every run
  const auto choose = [&random](int count) { return std::uniform_int_distribution<int>(0, count - 1)(random); };
  History history(lifetime);
  for (int step = 0; step < 10'000; ++step) ASSERT_NO_THROW(history.step(choose)) << "step " << step;
}

TYPED_TEST(BoundedCacheTest, AgreesWithItsDefinition) { run_random_history<testing::History<TypeParam, 1'000'000>>(); }

TYPED_TEST(BoundedCacheTest, AgreesWithItsDefinitionWhenHashesCollide) {
  run_random_history<testing::History<TypeParam, 1>>();
  run_random_history<testing::History<TypeParam, 5>>();
}

TYPED_TEST(BoundedCacheTest, AgreesWithItsDefinitionWhenEntriesExpire) {
  using History = testing::History<TypeParam, 1'000'000>;
  run_random_history<History>({.ttl = Time(100)});
  run_random_history<History>({.idle_ttl = Time(60)});
  run_random_history<History>({.ttl = Time(150), .idle_ttl = Time(50)});
}

TYPED_TEST(BoundedCacheTest, AnExpiredEntryIsNotFoundAndGoesWithExpire) {
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

TYPED_TEST(BoundedCacheTest, AUseKeepsAnIdleEntryAliveAndAReplacementMakesItYoung) {
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

TYPED_TEST(BoundedCacheTest, APinnedEntryIsNoVictimButExpiresAndCanBeErased) {
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

TYPED_TEST(BoundedCacheTest, AClosedCacheIsEmptyAndLetsNothingIn) {
  BoundedCache<int, int, TypeParam> small(2);
  static_cast<void>(small.insert(1, 10));
  EXPECT_EQ(small.close().size(), 1U);
  EXPECT_TRUE(small.closed());
  EXPECT_EQ(small.insert(1, 10).outcome, Outcome::closed);
  EXPECT_EQ(small.clone().insert(1, 10).outcome, Outcome::closed);
  EXPECT_EQ(small.get(1), nullptr);
}

TYPED_TEST(BoundedCacheTest, ErasesOnCondition) {
  BoundedCache<int, int, TypeParam> small(2);
  static_cast<void>(small.insert(1, 10));
  EXPECT_TRUE(small.erase_if(1, [](int value) { return value == 11; }).empty());
  EXPECT_EQ(small.erase_if(1, [](int value) { return value == 10; }).size(), 1U);
}

TYPED_TEST(BoundedCacheTest, FindsOnConditionAndCountsWhatFailsItAsAMissAndAsNoUse) {
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

TYPED_TEST(BoundedCacheTest, ReplacesOnCondition) {
  BoundedCache<int, std::unique_ptr<int>, TypeParam> small(2);
  static_cast<void>(small.insert(1, std::make_unique<int>(10)));
  auto value = std::make_unique<int>(11);
  EXPECT_FALSE(small.replace_if(1, [](const auto&) { return false; }, std::move(value)));
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(**small.replace_if(1, [](const auto& held) { return *held == 10; }, std::move(value)), 10);
  EXPECT_EQ(**small.peek(1), 11);
}

TYPED_TEST(BoundedCacheTest, ExpireAllTakesEverythingAndCountsIt) {
  BoundedCache<int, int, TypeParam> small(2);
  static_cast<void>(small.insert(1, 10));
  EXPECT_EQ(small.expire_all().size(), 1U);
  EXPECT_EQ(small.statistics().expirations, 1U);
  small.reset_statistics();
  EXPECT_EQ(small.statistics().expirations, 0U);
}

TEST(BoundedCachePolicyTest, AnLfuCloneKeepsTheUseCounts) {
  BoundedCache<int, int, Lfu> cache(2);
  static_cast<void>(cache.insert(1, 10));
  static_cast<void>(cache.insert(2, 20));
  for (int use = 0; use < 5; ++use) EXPECT_NE(cache.get(1), nullptr);
  auto clone = cache.clone();
  for (int use = 0; use < 4; ++use) EXPECT_NE(clone.get(2), nullptr);
  EXPECT_EQ(clone.pop_victim().front().key, 2);  // five uses against six
}

}  // namespace
}  // namespace client_cache
