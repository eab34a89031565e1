#include "client_cache/bounded_cache.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client_cache/lfu.hpp"
#include "support/bounded_cache_fixture.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

using testing::Items;

template <class Policy>
class BoundedCacheTest : public testing::BoundedCacheTest<Policy> {};
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

TYPED_TEST(BoundedCacheTest, AFullCacheEvictsWithoutMemory) {
  testing::Checked<typename TestFixture::Numbers> full(std::size_t{5});
  for (int key = 0; key < 20; ++key) this->store(full, key);  // with all the ghosts that it may have
  const std::size_t failures = testing::fail_each_allocation([&] { static_cast<void>(full->insert(20, 200)); }, [] {});
  EXPECT_EQ(failures, 0U);
  EXPECT_EQ(full->size(), 5U);
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
