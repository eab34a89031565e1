#include "client_cache/ghosts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/lru.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

class GhostsTest : public ::testing::Test {
 protected:
  void add(std::size_t hash, Time now = {}, Time end = kForever) {
    ghosts->reserve(1);
    ghosts->add(hash, {.when = now, .by = hash + 1000}, end);
  }
  // The hashes that are found, and of those the far ones.
  std::pair<std::vector<std::size_t>, std::vector<std::size_t>> found() {
    std::vector<std::size_t> all;
    std::vector<std::size_t> far;
    for (std::size_t hash = 0; hash < 100; ++hash) {
      const Ghost* const ghost = ghosts->find(hash);
      if (ghost == nullptr) continue;
      all.push_back(hash);
      if (ghost->far) far.push_back(hash);
    }
    EXPECT_EQ(all.size(), ghosts->size());
    return {all, far};
  }

  using Hashes = std::vector<std::size_t>;
  testing::Checked<Ghosts> ghosts{std::size_t{2}};
};

TEST_F(GhostsTest, NoneAtFirst) {
  EXPECT_EQ(ghosts->find(1), nullptr);
  ghosts->forget(1);
  EXPECT_EQ(ghosts->size(), 0U);
}

TEST_F(GhostsTest, TellsWhenAndForWhom) {
  add(1, Time(5), Time(9));
  const Ghost* const ghost = ghosts->find(1);
  ASSERT_NE(ghost, nullptr);
  EXPECT_EQ(ghost->eviction.when, Time(5));
  EXPECT_EQ(ghost->eviction.by, 1001U);
  EXPECT_EQ(ghost->end, Time(9));
}

TEST_F(GhostsTest, NoGhostIsEvictedBeforeAnOlderOne) {
  add(1, Time(5));
  add(2, Time(4));
  EXPECT_EQ(ghosts->find(2)->eviction.when, Time(5));
}

TEST_F(GhostsTest, AsManyAsTheCacheHoldsAreNearAndTwiceAsManyFar) {
  for (std::size_t hash = 1; hash <= 8; ++hash) add(hash);
  EXPECT_EQ(found(), std::pair(Hashes({3, 4, 5, 6, 7, 8}), Hashes({3, 4, 5, 6})));
}

TEST_F(GhostsTest, AForgottenOneLeavesItsPlaceFree) {
  for (std::size_t hash = 1; hash <= 6; ++hash) add(hash);
  ghosts->forget(6);
  EXPECT_EQ(found(), std::pair(Hashes({1, 2, 3, 4, 5}), Hashes({1, 2, 3, 4})));
  add(7);
  EXPECT_EQ(found(), std::pair(Hashes({1, 2, 3, 4, 5, 7}), Hashes({1, 2, 3, 4})));
}

TEST_F(GhostsTest, OneForAHash) {
  for (const std::size_t hash : {1U, 2U, 3U, 1U}) add(hash);
  EXPECT_EQ(found(), std::pair(Hashes({1, 2, 3}), Hashes({2})));
}

TEST_F(GhostsTest, ASmallerCapacityForgetsTheOldest) {
  for (std::size_t hash = 1; hash <= 6; ++hash) add(hash);
  ghosts->resize(1);
  EXPECT_EQ(found(), std::pair(Hashes({4, 5, 6}), Hashes({4, 5})));
  ghosts->resize(0);
  EXPECT_EQ(ghosts->size(), 0U);
  add(9);
  EXPECT_EQ(ghosts->size(), 0U);
}

TEST_F(GhostsTest, AHugeCapacityHasABoundedNumber) {
  ghosts->resize(static_cast<std::size_t>(-1));
  Ghosts& raw = *ghosts;
  for (std::size_t hash = 0; hash < Ghosts::kMost + 10; ++hash) {
    raw.reserve(1);
    raw.add(hash, {}, kForever);
  }
  EXPECT_EQ(ghosts->size(), Ghosts::kMost);
  EXPECT_EQ(ghosts->find(9), nullptr);
  EXPECT_NE(ghosts->find(10), nullptr);
}

TEST_F(GhostsTest, ReserveThatFailsHasChangedNothing) {
  add(1);
  const std::size_t failed = testing::fail_each_allocation(
      [this] { ghosts->reserve(50); }, [this] { EXPECT_EQ(found(), std::pair(Hashes({1}), Hashes())); });
  EXPECT_GE(failed, 2U);
}

// An exact cache of any size, by a list.
class Replayed {
 public:
  explicit Replayed(std::size_t capacity) : capacity_(capacity) {}

  void ask(int key) {
    const auto at = std::find(keys_.begin(), keys_.end(), key);
    if (at != keys_.end()) {
      ++hits;
      keys_.erase(at);
    } else if (keys_.size() == capacity_) {
      keys_.pop_front();
    }
    keys_.push_back(key);
  }

  std::uint64_t hits = 0;

 private:
  std::list<int> keys_;
  std::size_t capacity_;
};

// What the ghosts of a cache say of larger ones is what those would have done: for Lru exactly.
TEST(GhostsOfLru, SayWhatLargerCachesWouldHaveHit) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::minstd_rand random(seed);
    const std::size_t capacity = 1 + random() % 10;
    BoundedCache<int, int> cache(capacity);
    Replayed same(capacity);
    Replayed doubled(2 * capacity);
    Replayed quadrupled(4 * capacity);
    for (int asked = 0; asked < 3000; ++asked) {
      // Half of the keys in a loop that no small cache holds, half at random with favourites.
      const int key = asked % 2 == 0 ? asked / 2 % 30 : static_cast<int>(random() % 60 * (random() % 60) / 60);
      if (cache.get(key) == nullptr) static_cast<void>(cache.insert(int{key}, 0));
      for (Replayed* each : {&same, &doubled, &quadrupled}) each->ask(key);
      ASSERT_TRUE(cache.check_invariants());
    }
    const SizeEvidence evidence = cache.size_evidence();
    EXPECT_EQ(evidence.hits, same.hits);
    EXPECT_EQ(evidence.hits + evidence.near_regrets, doubled.hits);
    EXPECT_EQ(evidence.hits + evidence.regrets, quadrupled.hits);
    EXPECT_LT(same.hits, quadrupled.hits);
  }
}

class RegretsTest : public ::testing::Test {
 protected:
  void store(int key, Time now = {}) { static_cast<void>(cache->insert(int{key}, 0, now)); }
  std::uint64_t regrets(int key, Time now = {}) {
    const std::uint64_t before = cache->statistics().regrets;
    EXPECT_EQ(cache->get(key, now), nullptr);
    return cache->statistics().regrets - before;
  }

  testing::Checked<BoundedCache<int, int>> cache{std::size_t{1}, Lifetime{.ttl = Time(10)}};
};

TEST_F(RegretsTest, OnlyWhatWasEvictedIsRegretted) {
  store(1);
  store(2, Time(3));
  EXPECT_EQ(regrets(1), 1U);
  EXPECT_EQ(regrets(3), 0U);
  EXPECT_EQ(cache->eviction(1)->when, Time(3));
  EXPECT_EQ(cache->eviction(1)->by, std::hash<int>{}(2));
  EXPECT_FALSE(cache->eviction(2));
}

TEST_F(RegretsTest, WhatLeavesInAnotherWayIsNot) {
  store(1);
  static_cast<void>(cache->erase(1));
  store(2);
  static_cast<void>(cache->pop_victim());
  store(3);
  static_cast<void>(cache->expire(Time(10)));
  EXPECT_EQ(regrets(1) + regrets(2) + regrets(3), 0U);
}

TEST_F(RegretsTest, WhatWouldHaveExpiredIsNot) {
  store(1);
  store(2);
  EXPECT_EQ(regrets(1, Time(9)), 1U);
  EXPECT_EQ(regrets(1, Time(10)), 0U);
}

TEST_F(RegretsTest, NothingIsAfterClear) {
  store(1);
  store(2);
  static_cast<void>(cache->clear());
  EXPECT_EQ(regrets(1), 0U);
}

TEST_F(RegretsTest, WhatIsErasedAfterItsEvictionIsNot) {
  store(1);
  store(2);
  static_cast<void>(cache->erase(1));
  EXPECT_EQ(regrets(1), 0U);
}

TEST_F(RegretsTest, ASmallerCapacityEvictsForNobody) {
  static_cast<void>(cache->resize(4));
  for (int key = 1; key <= 3; ++key) store(key);
  static_cast<void>(cache->resize(2, Time(7)));
  ASSERT_TRUE(cache->eviction(1));
  EXPECT_EQ(cache->eviction(1)->when, Time(7));
  EXPECT_FALSE(cache->eviction(1)->by);
}

TEST_F(RegretsTest, EvidenceBeginsAnewWithAnotherCapacity) {
  store(1);
  store(2);
  EXPECT_EQ(regrets(1), 1U);
  static_cast<void>(cache->resize(1));
  EXPECT_EQ(cache->size_evidence().regrets, 1U);
  static_cast<void>(cache->resize(2));
  EXPECT_EQ(cache->size_evidence().misses, 0U);
  EXPECT_EQ(cache->size_evidence().regrets, 0U);
  EXPECT_EQ(cache->size_evidence().largest_size, 1U);
  EXPECT_EQ(cache->statistics().regrets, 1U);
}

TEST_F(RegretsTest, ACloneHasNone) {
  store(1);
  store(2);
  BoundedCache<int, int> copy = cache->clone();
  EXPECT_FALSE(copy.eviction(1));
  EXPECT_EQ(copy.size_evidence().largest_size, 1U);
}

}  // namespace
}  // namespace client_cache
