#include "client_cache/concurrent_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"
#include "support/owned_mutex.hpp"
#include "support/policies.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

// Runs a function when it dies, unless it was moved from; notes whether anything ever died under the lock.
class Mourned {
 public:
  static inline int deaths = 0;
  static inline int deaths_under_the_lock = 0;
  static inline int copies_until_one_throws = 0;  // 0: none does

  explicit Mourned(std::function<void()> at_death = [] {}) : at_death_(std::move(at_death)) {}
  Mourned(Mourned&& other) noexcept : at_death_(std::exchange(other.at_death_, nullptr)) {}
  Mourned& operator=(Mourned&& other) noexcept {
    std::swap(at_death_, other.at_death_);
    return *this;
  }
  Mourned(const Mourned& other) : at_death_(other.at_death_) {
    if (copies_until_one_throws == 0) return;
    --copies_until_one_throws;
    if (copies_until_one_throws == 0) throw std::runtime_error("copy");
  }
  Mourned& operator=(const Mourned&) = delete;
  ~Mourned() {
    if (!at_death_) return;
    ++deaths;
    if (testing::OwnedMutex::held_here()) {
      ++deaths_under_the_lock;
    } else {
      at_death_();
    }
  }

 private:
  std::function<void()> at_death_;
};

template <class Policy>
class ConcurrentCacheTest : public ::testing::Test {
 protected:
  using Numbers = ConcurrentCache<BoundedCache<int, int, Policy>>;
  using MournedCache = ConcurrentCache<BoundedCache<int, Mourned, Policy>, testing::OwnedMutex>;

  void SetUp() override {
    Mourned::deaths = 0;
    Mourned::deaths_under_the_lock = 0;
  }
  void TearDown() override {
    static_cast<void>(mourned->clear());
    EXPECT_EQ(Mourned::deaths_under_the_lock, 0);
  }

  // A value whose destructor uses the cache it was in, as a client's finalizer may.
  static Mourned calling_back(MournedCache& cache) {
    return Mourned([&cache] {
      EXPECT_LE(cache.size(), cache.capacity());
      EXPECT_FALSE(cache.contains(1000));
      static_cast<void>(cache.insert(2000, Mourned()));
      static_cast<void>(cache.erase(2000));
    });
  }
  static void fill(MournedCache& cache) {
    for (const int key : {1, 2, 3}) EXPECT_EQ(cache.insert(int{key}, calling_back(cache)).outcome, Outcome::stored);
    Mourned::deaths = 0;
  }

  testing::Checked<Numbers> numbers{std::size_t{3}};
  testing::Checked<MournedCache> mourned{std::size_t{4}};
};

TYPED_TEST_SUITE(ConcurrentCacheTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(ConcurrentCacheTest, EveryOperationDoesWhatTheCacheBehindTheLockDoes) {
  auto& cache = this->numbers;
  EXPECT_EQ(cache->capacity(), 3U);
  EXPECT_EQ(cache->get(1), std::nullopt);
  EXPECT_EQ(cache->peek(1), std::nullopt);
  for (const int key : {1, 2, 3}) EXPECT_EQ(cache->insert(int{key}, 10 * key).outcome, Outcome::stored);
  EXPECT_EQ(cache->insert(1, 99).outcome, Outcome::exists);
  EXPECT_EQ(cache->get(1), 10);
  EXPECT_EQ(cache->peek(2), 20);
  EXPECT_TRUE(cache->contains(3));
  EXPECT_EQ(cache->snapshot(), (std::vector<std::pair<int, int>>{{2, 20}, {3, 30}, {1, 10}}));
  EXPECT_EQ(cache->insert(4, 40).removed.front().key, 2);
  EXPECT_EQ(cache->pop_victim().size(), 1U);
  EXPECT_EQ(cache->erase(4).size(), 1U);
  EXPECT_EQ(cache->size(), 1U);
  EXPECT_EQ(cache->clear().front().value, 10);
  EXPECT_EQ(cache->resize(0).size(), 0U);
  EXPECT_EQ(cache->insert(1, 10).outcome, Outcome::refused);
}

TYPED_TEST(ConcurrentCacheTest, TellsAndTakesThoseWhoseKeysFulfilACondition) {
  auto& cache = this->numbers;
  const auto is_odd = [](int key) { return key % 2 == 1; };
  for (const int key : {1, 2, 3}) static_cast<void>(cache->insert(int{key}, 10 * key));
  EXPECT_EQ(cache->size_of(is_odd), 2U);
  EXPECT_EQ(cache->snapshot_of(is_odd), (std::vector<std::pair<int, int>>{{1, 10}, {3, 30}}));
  EXPECT_EQ(cache->states_of(is_odd).back().value, 30);
  EXPECT_EQ(cache->pop_victim_of(is_odd).front().key, 1);
  EXPECT_EQ(cache->expire_every(is_odd).front().key, 3);
  EXPECT_TRUE(cache->erase_every(is_odd).empty());
  EXPECT_EQ(cache->snapshot(), (std::vector<std::pair<int, int>>{{2, 20}}));
}

TYPED_TEST(ConcurrentCacheTest, ResizingSparesTheKeptEntry) {
  for (const int key : {1, 2, 3}) static_cast<void>(this->numbers->insert(int{key}, 10 * key));
  EXPECT_EQ(this->numbers->resize(1, 1).size(), 2U);
  EXPECT_TRUE(this->numbers->contains(1));
}

TYPED_TEST(ConcurrentCacheTest, ACloneIsIndependent) {
  for (const int key : {1, 2, 3}) static_cast<void>(this->numbers->insert(int{key}, 10 * key));
  static_cast<void>(this->numbers->get(1));
  typename TestFixture::Numbers clone((*this->numbers).clone());
  EXPECT_EQ(clone.snapshot(), this->numbers->snapshot());
  EXPECT_EQ(clone.capacity(), 3U);
  static_cast<void>(clone.clear());
  EXPECT_EQ(this->numbers->size(), 3U);
}

TYPED_TEST(ConcurrentCacheTest, AVisitWithoutTheLockSeesEveryItemInOrder) {
  for (const int key : {1, 2, 3}) static_cast<void>(this->numbers->insert(int{key}, 10 * key));
  std::vector<std::pair<int, int>> seen;
  this->numbers->visit_unlocked([&seen](const int& key, const int& value) { seen.emplace_back(key, value); });
  EXPECT_EQ(seen, this->numbers->snapshot());
}

TYPED_TEST(ConcurrentCacheTest, AnErasedValueMayCallBack) {
  this->fill(*this->mourned);
  static_cast<void>(this->mourned->erase(2));
  EXPECT_EQ(Mourned::deaths, 2);  // the value, and the one its destructor stored and erased
}

TYPED_TEST(ConcurrentCacheTest, AnEvictedValueMayCallBack) {
  this->fill(*this->mourned);
  static_cast<void>(this->mourned->resize(3));
  static_cast<void>(this->mourned->insert(4, Mourned()));
  EXPECT_GE(Mourned::deaths, 1);
}

TYPED_TEST(ConcurrentCacheTest, APoppedValueMayCallBack) {
  this->fill(*this->mourned);
  static_cast<void>(this->mourned->pop_victim());
  EXPECT_EQ(Mourned::deaths, 2);
}

TYPED_TEST(ConcurrentCacheTest, ValuesThatLeaveByResizingMayCallBack) {
  this->fill(*this->mourned);
  static_cast<void>(this->mourned->resize(1, 2));
  EXPECT_GE(Mourned::deaths, 2);
  EXPECT_TRUE(this->mourned->contains(2) || this->mourned->size() <= 1);
}

TYPED_TEST(ConcurrentCacheTest, ClearedValuesMayCallBack) {
  this->fill(*this->mourned);
  static_cast<void>(this->mourned->clear());
  EXPECT_EQ(Mourned::deaths, 6);
  EXPECT_EQ(this->mourned->size(), 0U);
}

TYPED_TEST(ConcurrentCacheTest, ARefusedValueStaysWithItsCallerAndMayCallBack) {
  this->fill(*this->mourned);
  {
    Mourned value = this->calling_back(*this->mourned);
    EXPECT_EQ(this->mourned->insert(1, std::move(value)).outcome, Outcome::exists);
  }
  EXPECT_EQ(Mourned::deaths, 2);
}

TYPED_TEST(ConcurrentCacheTest, CopiesDieUnlocked) {
  this->fill(*this->mourned);
  static_cast<void>(this->mourned->get(1));
  static_cast<void>(this->mourned->snapshot());
  {
    auto clone = (*this->mourned).clone();
  }
  EXPECT_EQ(Mourned::deaths, 2 * 7);
}

TYPED_TEST(ConcurrentCacheTest, CopiesOfAFailedSnapshotOrCloneDieUnlocked) {
  static_cast<void>(this->mourned->resize(21));  // more than have room at once
  for (int key = 0; key < 20; ++key)
    static_cast<void>(this->mourned->insert(int{key}, this->calling_back(*this->mourned)));
  const auto order = [this] {
    std::vector<int> keys;
    this->mourned->visit_unlocked([&keys](const int& key, const Mourned&) { keys.push_back(key); });
    return keys;
  };
  const auto before = order();
  const auto unchanged = [&] { EXPECT_EQ(order(), before); };
  // What succeeds in the end outlives the failing allocations: destructors that call back need memory themselves.
  std::vector<std::pair<int, Mourned>> items;
  EXPECT_GT(testing::fail_each_allocation([&] { items = this->mourned->snapshot(); }, unchanged), 0U);
  std::unique_ptr<typename TestFixture::MournedCache> clone;
  const auto make_clone = [&] { clone.reset(new typename TestFixture::MournedCache(this->mourned->clone())); };
  EXPECT_GT(testing::fail_each_allocation(make_clone, unchanged), 0U);
  EXPECT_GT(Mourned::deaths, 0);
}

TYPED_TEST(ConcurrentCacheTest, AThrowingCopyReleasesTheLockBeforeTheCopiesSoFarDie) {
  this->fill(*this->mourned);
  const auto throws_at_copy = [](int number, auto&& operation) {
    Mourned::copies_until_one_throws = number;
    EXPECT_THROW(operation(), std::runtime_error);
    EXPECT_EQ(Mourned::copies_until_one_throws, 0);
  };
  throws_at_copy(1, [this] { static_cast<void>(this->mourned->get(1)); });
  throws_at_copy(1, [this] { static_cast<void>(this->mourned->peek(1)); });
  throws_at_copy(3, [this] { static_cast<void>(this->mourned->snapshot()); });
  throws_at_copy(3, [this] { static_cast<void>(this->mourned->clone()); });
  EXPECT_EQ(Mourned::deaths,
            2 * (2 + 2));  // of each failed one two copies, and what their destructors stored and erased
  EXPECT_EQ(this->mourned->size(), 3U);
}

// Threads and what they leave behind.

constexpr int kThreads = 8;

TYPED_TEST(ConcurrentCacheTest, ThreadsThatStoreOneKeyStoreItOnce) {
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> stored = 0;
    testing::run_together(kThreads, [&](int thread) {
      if (this->numbers->insert(int{round}, int{thread}).outcome == Outcome::stored) ++stored;
    });
    EXPECT_EQ(stored, 1);
  }
}

TYPED_TEST(ConcurrentCacheTest, ThreadsThatTakeVictimsTakeEachEntryOnce) {
  constexpr int kEntries = 2000;
  static_cast<void>(this->numbers->resize(kEntries));
  for (int key = 0; key < kEntries; ++key) static_cast<void>(this->numbers->insert(int{key}, 10 * key));
  std::vector<std::set<int>> taken(kThreads);
  testing::run_together(kThreads, [&](int thread) {
    while (true) {
      const auto removed = (*this->numbers).pop_victim();
      if (removed.empty()) return;
      taken[static_cast<std::size_t>(thread)].insert(removed.front().key);
    }
  });
  std::set<int> all;
  std::size_t total = 0;
  for (const auto& keys : taken) {
    all.insert(keys.begin(), keys.end());
    total += keys.size();
  }
  EXPECT_EQ(total, static_cast<std::size_t>(kEntries));
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kEntries));
}

}  // namespace
}  // namespace client_cache
