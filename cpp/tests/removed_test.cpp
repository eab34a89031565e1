#include "client_cache/removed.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "client_cache/entry.hpp"
#include "client_cache/slab.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

using Value = std::shared_ptr<int>;
using TestEntry = Entry<int, Value>;
using TestRemoved = Removed<TestEntry>;

static_assert(std::forward_iterator<TestRemoved::iterator>);
static_assert(!std::is_copy_constructible_v<TestRemoved> && std::is_nothrow_move_constructible_v<TestRemoved>);

class RemovedTest : public ::testing::Test {
 protected:
  Number make(int key) {
    slab->reserve();
    return slab->make(std::size_t{0}, int{key}, Value(value));
  }
  void append(int key) { removed.append(slab, make(key)); }
  static std::vector<int> keys(const TestRemoved& chain) {
    std::vector<int> found;
    for (const auto& [key, value] : chain) found.push_back(key);
    return found;
  }

  Value value = std::make_shared<int>(7);
  std::shared_ptr<Slab<TestEntry>> slab = std::make_shared<Slab<TestEntry>>();
  TestRemoved removed;
};

TEST_F(RemovedTest, NothingRemovedIsEmpty) {
  EXPECT_TRUE(removed.empty());
  EXPECT_EQ(removed.size(), 0U);
  EXPECT_EQ(removed.begin(), removed.end());
}

TEST_F(RemovedTest, ItemsKeepTheOrderInWhichTheyLeft) {
  for (const int key : {1, 2, 3}) append(key);
  EXPECT_FALSE(removed.empty());
  EXPECT_EQ(removed.size(), 3U);
  EXPECT_EQ(removed.front().key, 1);
  EXPECT_EQ(keys(removed), (std::vector{1, 2, 3}));
}

TEST_F(RemovedTest, AppendingNeedsNoMemory) {
  const Number number = make(1);
  const testing::FailingAllocation failing(0);
  removed.append(slab, number);
  EXPECT_EQ(removed.size(), 1U);
}

TEST_F(RemovedTest, ItemsAreDestroyedWithIt) {
  for (const int key : {1, 2, 3}) append(key);
  EXPECT_EQ(value.use_count(), 4);
  removed = {};
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_TRUE(removed.empty());
}

TEST_F(RemovedTest, ValuesCanBeMovedOut) {
  append(1);
  const Value kept = std::move(removed.begin()->value);
  removed = {};
  EXPECT_EQ(kept, value);
  EXPECT_EQ(value.use_count(), 2);
}

TEST_F(RemovedTest, AMoveLeavesItEmptyAndUsable) {
  append(1);
  append(2);
  TestRemoved taken(std::move(removed));
  EXPECT_TRUE(removed.empty());
  EXPECT_EQ(removed.size(), 0U);
  append(3);
  EXPECT_EQ(keys(taken), (std::vector{1, 2}));
  taken = std::move(removed);
  EXPECT_EQ(keys(taken), (std::vector{3}));
  EXPECT_EQ(value.use_count(), 2);
}

TEST_F(RemovedTest, ItemsOutliveTheCacheAndTheirPlacesGoWithThem) {
  append(1);
  slab = nullptr;
  EXPECT_EQ(keys(removed), (std::vector{1}));
  removed = {};
  EXPECT_EQ(value.use_count(), 1);
}

TEST_F(RemovedTest, APlaceIsFreeWhenItsItemIsDestroyed) {
  append(1);
  removed = {};
  EXPECT_EQ(make(2), 1U);
  slab->destroy(1);
}

TEST_F(RemovedTest, AChainOfAMillionIsDestroyedWithoutRecursion) {
  for (int key = 0; key < 1'000'000; ++key) append(key);
  removed = {};
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace client_cache
