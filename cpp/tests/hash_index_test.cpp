#include "client_cache/hash_index.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

struct Number {
  std::size_t id;
};

class HashIndexTest : public ::testing::Test {
 protected:
  Number& insert(std::size_t hash, std::size_t id) {
    auto& number = numbers[id] = std::make_unique<Number>(Number{id});
    index->reserve(index->size() + 1);
    index->insert(hash, *number);
    return *number;
  }
  Number* find(std::size_t hash, std::size_t id) {
    return index->find(hash, [id](const Number& number) { return number.id == id; });
  }

  std::map<std::size_t, std::unique_ptr<Number>> numbers;
  testing::Checked<HashIndex<Number>> index;
};

TEST_F(HashIndexTest, AnEmptyIndexFindsNothing) { EXPECT_EQ(find(0, 0), nullptr); }

TEST_F(HashIndexTest, FindsByHashAndPredicate) {
  const Number& one = insert(10, 1);
  const Number& two = insert(10, 2);
  EXPECT_EQ(find(10, 1), &one);
  EXPECT_EQ(find(10, 2), &two);
  EXPECT_EQ(find(10, 3), nullptr);
  EXPECT_EQ(find(11, 1), nullptr);
}

TEST_F(HashIndexTest, ThePredicateSeesOnlyEntriesOfTheSameHash) {
  for (std::size_t id = 0; id < 1000; ++id) insert(id, id);
  std::size_t asked = 0;
  EXPECT_EQ(index->find(1000,
                        [&asked](const Number&) {
                          ++asked;
                          return true;
                        }),
            nullptr);
  EXPECT_EQ(asked, 0U);
}

TEST_F(HashIndexTest, GrowthKeepsEveryEntry) {
  for (std::size_t id = 0; id < 1000; ++id) {
    insert(id, id);
    for (std::size_t known = id < 10 ? 0 : id - 10; known <= id; ++known)
      ASSERT_EQ(find(known, known), numbers[known].get());
  }
  for (std::size_t id = 0; id < 1000; ++id) EXPECT_EQ(find(id, id), numbers[id].get());
}

TEST_F(HashIndexTest, InsertingNeedsNoMemoryAfterReserve) {
  Number number{1};
  index->reserve(1000);
  const testing::FailingAllocation failing(0);
  for (std::size_t i = 0; i < 1000; ++i) index->insert(i, number);
  EXPECT_EQ(index->size(), 1000U);
}

TEST_F(HashIndexTest, AFailedGrowthChangesNothing) {
  for (std::size_t id = 0; id < 5; ++id) insert(id, id);
  const auto all_found = [&] {
    for (std::size_t id = 0; id < 5; ++id) EXPECT_EQ(find(id, id), numbers[id].get());
  };
  EXPECT_GT(testing::fail_each_allocation([&] { index->reserve(1000); }, all_found), 0U);
  all_found();
}

TEST_F(HashIndexTest, AMovedIndexTakesTheEntriesAndLeavesNone) {
  const Number& one = insert(1, 1);
  testing::Checked<HashIndex<Number>> taken(std::move(*index));
  EXPECT_EQ(index->size(), 0U);
  EXPECT_EQ(find(1, 1), nullptr);
  EXPECT_EQ(taken->find(1, [](const Number&) { return true; }), &one);
  insert(2, 2);
  *index = std::move(*taken);
  EXPECT_EQ(find(1, 1), &one);
  EXPECT_EQ(find(2, 2), nullptr);
  EXPECT_EQ(taken->size(), 0U);
}

// Long runs that wrap around the end of the table are where shifting back goes wrong: few hashes, full tables.
TEST_F(HashIndexTest, EntriesStayFindableThroughAnyOrderOfErasures) {
  std::mt19937_64 random(7);  // the same histories in every run
  for (const std::size_t distinct_hashes : {std::size_t{1}, std::size_t{3}, std::size_t{20}, SIZE_MAX}) {
    std::map<std::size_t, std::size_t> hashes;
    std::size_t next_id = 0;
    for (int step = 0; step < 4000; ++step) {
      const bool insertion = hashes.empty() || (hashes.size() < 25 && random() % 2 == 0);
      if (insertion) {
        hashes[next_id] = static_cast<std::size_t>(random()) % distinct_hashes;
        insert(hashes[next_id], next_id);
        ++next_id;
      } else {
        const auto gone = std::next(hashes.begin(), static_cast<std::ptrdiff_t>(random() % hashes.size()));
        index->erase(gone->second, *numbers[gone->first]);
        numbers.erase(gone->first);
        hashes.erase(gone);
      }
      for (const auto& [id, hash] : hashes) ASSERT_EQ(find(hash, id), numbers[id].get());
      ASSERT_EQ(index->size(), hashes.size());
    }
    for (const auto& [id, hash] : hashes) index->erase(hash, *numbers[id]);
  }
}

}  // namespace
}  // namespace client_cache
