#include "client_cache/entry_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "client_cache/entry.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

template <class Policy>
class EntryTableTest : public ::testing::Test {
 protected:
  using Table = EntryTable<std::size_t, std::shared_ptr<int>, Policy>;
  using Found = typename Table::Found;

  Found add(std::size_t key) {
    table->reserve(table->size() + 1, 100);
    return table->add(key, std::size_t{key}, std::shared_ptr<int>(value));
  }
  static Found find(const Table& where, std::size_t key) {
    return where.find(key, [key](const auto& entry) { return entry.item.key == key; });
  }
  static std::vector<std::size_t> keys(const Table& where) {
    std::vector<std::size_t> found;
    where.for_each([&found](const Found& at) { found.push_back(at->item.key); });
    return found;
  }

  std::shared_ptr<int> value = std::make_shared<int>(7);
  testing::Checked<Table> table;
};

TYPED_TEST_SUITE(EntryTableTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(EntryTableTest, AnAddedEntryIsFoundAndOrdered) {
  const auto one = this->add(1);
  this->add(2);
  EXPECT_EQ(this->find(*this->table, 1), one);
  EXPECT_EQ(this->table->victim(), one);
  this->table->hit(one);
  EXPECT_EQ(this->keys(*this->table), (std::vector<std::size_t>{2, 1}));
}

TYPED_TEST(EntryTableTest, ATakenEntryIsNeitherFoundNorOrderedAndLivesInTheChain) {
  const auto one = this->add(1);
  this->add(2);
  {
    typename TestFixture::Table::Removed removed;
    this->table->take(one, removed);
    EXPECT_FALSE(this->find(*this->table, 1));
    EXPECT_EQ(this->keys(*this->table), (std::vector<std::size_t>{2}));
    EXPECT_EQ(removed.front().key, 1U);
    EXPECT_EQ(this->value.use_count(), 3);
  }
  EXPECT_EQ(this->value.use_count(), 2);
}

TYPED_TEST(EntryTableTest, TheVictimIsNeitherPinnedNorOneThatFailsTheCondition) {
  const auto other_than = [](const auto& kept) { return [&kept](const auto& found) { return found != kept; }; };
  EXPECT_FALSE(this->table->victim());
  const auto one = this->add(1);
  EXPECT_FALSE(this->table->victim(other_than(one)));
  const auto two = this->add(2);
  const auto three = this->add(3);
  EXPECT_EQ(this->table->victim(other_than(one)), two);
  EXPECT_EQ(this->table->victim(other_than(two)), one);
  this->table->pin(two, true);
  EXPECT_EQ(this->table->victim(other_than(one)), three);
  this->table->pin(two, true);
  this->table->pin(one, true);
  this->table->pin(three, true);
  EXPECT_EQ(this->table->pinned(), 3U);
  EXPECT_FALSE(this->table->victim());
  this->table->pin(two, false);
  EXPECT_EQ(this->table->victim(), two);
}

TYPED_TEST(EntryTableTest, WhatIsTakenIsNoLongerPinned) {
  const auto one = this->add(1);
  this->table->pin(one, true);
  typename TestFixture::Table::Removed removed;
  this->table->take(one, removed);
  EXPECT_EQ(this->table->pinned(), 0U);
}

TYPED_TEST(EntryTableTest, TakingAllHandsOverEverythingInOrder) {
  for (std::size_t key = 0; key < 100; ++key) this->add(key);
  const auto removed = this->table->take_all();
  EXPECT_EQ(removed.size(), 100U);
  std::size_t expected = 0;
  for (const auto& item : removed) EXPECT_EQ(item.key, expected++);
  EXPECT_EQ(this->table->size(), 0U);
  EXPECT_FALSE(this->table->victim());
  this->add(5);
  EXPECT_EQ(this->keys(*this->table), (std::vector<std::size_t>{5}));
}

TYPED_TEST(EntryTableTest, AMoveTakesTheEntriesAndDestroysTheOldOnes) {
  this->add(1);
  this->add(2);
  testing::Checked<typename TestFixture::Table> taken(std::move(*this->table));
  EXPECT_EQ(this->table->size(), 0U);
  EXPECT_EQ(this->keys(*taken), (std::vector<std::size_t>{1, 2}));
  this->add(3);
  *taken = std::move(*this->table);
  EXPECT_EQ(this->keys(*taken), (std::vector<std::size_t>{3}));
  EXPECT_EQ(this->value.use_count(), 2);
}

TYPED_TEST(EntryTableTest, AFailedCloneLeavesAnOrderlyPart) {
  for (std::size_t key = 0; key < 10; ++key) this->add(key);
  for (std::size_t key = 3; key < 7; ++key) this->table->hit(this->find(*this->table, key));
  const auto order = this->keys(*this->table);
  auto copy = std::make_unique<testing::Checked<typename TestFixture::Table>>();
  const std::size_t failures =
      testing::fail_each_allocation([&] { this->table->clone_into(**copy); },
                                    [&] {
                                      const auto part = this->keys(**copy);
                                      EXPECT_LT(part.size(), order.size());
                                      EXPECT_TRUE(std::equal(part.begin(), part.end(), order.begin()));
                                      static_cast<void>((*copy)->take_all());
                                    });
  EXPECT_GT(failures, 5U);
  EXPECT_EQ(this->keys(**copy), order);
  EXPECT_EQ(this->keys(*this->table), order);
}

TYPED_TEST(EntryTableTest, EntriesAreDestroyedWithTheTable) {
  this->add(1);
  this->add(2);
  {
    const auto dying = std::move(*this->table);
  }
  EXPECT_EQ(this->value.use_count(), 1);
}

}  // namespace
}  // namespace client_cache
