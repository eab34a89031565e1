#include "client_cache/hash_index.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <utility>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

class HashIndexTest : public ::testing::Test {
 protected:
  void insert(std::size_t hash, Number number) {
    index->reserve(index->size() + 1);
    index->insert(hash, number);
  }
  Number find(std::size_t hash, Number number) {
    return index->find(hash, [number](Number candidate) { return candidate == number; });
  }

  testing::Checked<HashIndex> index;
};

TEST_F(HashIndexTest, AnEmptyIndexFindsNothing) { EXPECT_EQ(find(0, 1), kNone); }

TEST_F(HashIndexTest, FindsByHashAndPredicate) {
  insert(10, 1);
  insert(10, 2);
  EXPECT_EQ(find(10, 1), 1U);
  EXPECT_EQ(find(10, 2), 2U);
  EXPECT_EQ(find(10, 3), kNone);
  EXPECT_EQ(find(11, 1), kNone);
}

TEST_F(HashIndexTest, ThePredicateSeesOnlyEntriesOfTheSameHash) {
  for (Number id = 1; id <= 1000; ++id) insert(id, id);
  std::size_t asked = 0;
  EXPECT_EQ(index->find(1001,
                        [&asked](Number) {
                          ++asked;
                          return true;
                        }),
            kNone);
  EXPECT_EQ(asked, 0U);
}

TEST_F(HashIndexTest, GrowthKeepsEveryNumber) {
  for (Number id = 1; id <= 1000; ++id) {
    insert(id, id);
    for (Number known = id < 10 ? 1 : id - 9; known <= id; ++known) ASSERT_EQ(find(known, known), known);
  }
  for (Number id = 1; id <= 1000; ++id) EXPECT_EQ(find(id, id), id);
}

TEST_F(HashIndexTest, ATableOfAnySizeHoldsAsManyAsItWasToldOf) {
  for (const std::size_t most : {1U, 2U, 3U, 5U, 13U, 100U, 1000U}) {
    testing::Checked<HashIndex> bounded;
    for (Number id = 1; id <= most; ++id) {
      bounded->reserve(id, most);
      bounded->insert(id, id);
    }
    for (Number id = 1; id <= most; ++id)
      ASSERT_EQ(bounded->find(id, [id](Number candidate) { return candidate == id; }), id);
    bounded->reserve(most + 1, most);  // all the same
    bounded->insert(0, kHighestNumber);
    EXPECT_EQ(bounded->size(), most + 1);
  }
}

TEST_F(HashIndexTest, InsertingNeedsNoMemoryAfterReserve) {
  index->reserve(1000);
  const testing::FailingAllocation failing(0);
  for (Number id = 1; id <= 1000; ++id) index->insert(id, id);
  EXPECT_EQ(index->size(), 1000U);
}

TEST_F(HashIndexTest, AFailedGrowthChangesNothing) {
  for (Number id = 1; id <= 5; ++id) insert(id, id);
  const auto all_found = [&] {
    for (Number id = 1; id <= 5; ++id) EXPECT_EQ(find(id, id), id);
  };
  EXPECT_GT(testing::fail_each_allocation([&] { index->reserve(1000); }, all_found), 0U);
  all_found();
}

TEST_F(HashIndexTest, AMovedIndexTakesTheEntriesAndLeavesNone) {
  insert(1, 1);
  testing::Checked<HashIndex> taken(std::move(*index));
  EXPECT_EQ(index->size(), 0U);
  EXPECT_EQ(find(1, 1), kNone);
  EXPECT_EQ(taken->find(1, [](Number) { return true; }), 1U);
  insert(2, 2);
  *index = std::move(*taken);
  EXPECT_EQ(find(1, 1), 1U);
  EXPECT_EQ(find(2, 2), kNone);
  EXPECT_EQ(taken->size(), 0U);
}

// Long runs that wrap around the end of the table are where shifting back goes wrong: few hashes, full tables.
TEST_F(HashIndexTest, NumbersStayFindableThroughAnyOrderOfErasures) {
  std::mt19937_64 random(7);  // the same histories in every run
  for (const std::size_t distinct_hashes : {std::size_t{1}, std::size_t{3}, std::size_t{20}, SIZE_MAX}) {
    std::map<Number, std::size_t> hashes;
    Number next_id = 1;
    for (int step = 0; step < 4000; ++step) {
      const bool insertion = hashes.empty() || (hashes.size() < 25 && random() % 2 == 0);
      if (insertion) {
        hashes[next_id] = static_cast<std::size_t>(random()) % distinct_hashes;
        insert(hashes[next_id], next_id);
        ++next_id;
      } else {
        const auto gone = std::next(hashes.begin(), static_cast<std::ptrdiff_t>(random() % hashes.size()));
        index->erase(gone->second, gone->first);
        hashes.erase(gone);
      }
      for (const auto& [id, hash] : hashes) ASSERT_EQ(find(hash, id), id);
      ASSERT_EQ(index->size(), hashes.size());
    }
    for (const auto& [id, hash] : hashes) index->erase(hash, id);
  }
}

}  // namespace
}  // namespace client_cache
