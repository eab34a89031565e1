// Concurrent histories of ConcurrentCache, recorded and judged: see support/linearizability.hpp.
//
// CLIENT_CACHE_HISTORIES in the environment sets how many are recorded for each policy.
#include "support/linearizability.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "client_cache/lfu.hpp"
#include "support/policies.hpp"
#include "support/recorded_history.hpp"

namespace client_cache {
namespace {

using testing::Answer;
using testing::Call;
using testing::Operation;
using testing::RecordedHistory;

constexpr int kKeys = 3;
constexpr int kLargestCapacity = 3;

// Gives other threads a turn after every lock, so that short calls overlap. Not by yielding: where the processors are
// busy, another process may then have one for its whole time slice, and the histories of this file took four minutes.
class PausingMutex {
 public:
  void lock() CLIENT_CACHE_UNCHECKED { mutex_.lock(); }
  void unlock() CLIENT_CACHE_UNCHECKED {
    mutex_.unlock();
    std::this_thread::sleep_for(std::chrono::nanoseconds(1));
  }

 private:
  std::mutex mutex_;
};

template <class Policy>
using Cache = ConcurrentCache<BoundedCache<int, int, Policy>, PausingMutex>;

// Two caches that are right as long as they are used by one thread, each in a way of going wrong that is often seen.

template <class Policy>
class PopsInTwoSteps : public Cache<Policy> {
 public:
  using Cache<Policy>::Cache;

  auto pop_victim() {
    const auto items = this->snapshot();
    return this->erase(items.empty() ? kKeys : items.front().first);
  }
};

template <class Policy>
class CountsKeyByKey : public Cache<Policy> {
 public:
  using Cache<Policy>::Cache;

  [[nodiscard]] std::size_t size() const {
    std::size_t count = 0;
    for (int key = 0; key < kKeys; ++key) count += this->contains(key) ? 1 : 0;
    return count;
  }
};

// Two to four threads, at most twelve calls, on a cache that has been used a little before.
class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed), capacity_(1 + below(kLargestCapacity)) {
    for (int call = 0; call < 3; ++call) before_.push_back(random_call());
    const int threads = 2 + below(3);
    programs_.resize(static_cast<std::size_t>(threads));
    for (auto& program : programs_) {
      for (int call = 0; call < 12 / threads; ++call) program.push_back(random_call());
    }
  }

  template <class CacheOfKind>
  [[nodiscard]] RecordedHistory record() const {
    CacheOfKind cache(static_cast<std::size_t>(capacity_));
    for (const Call& call : before_) static_cast<void>(perform(cache, call));
    return testing::record(cache, programs_);
  }

  template <class Policy>
  [[nodiscard]] bool allows(const RecordedHistory& history) const {
    testing::SequentialCache<Policy> cache(static_cast<std::size_t>(capacity_));
    for (const Call& call : before_) static_cast<void>(perform(cache, call));
    return testing::linearizable(history, cache);
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  Call random_call() {
    // Half of the calls store or use an entry: most caches are neither empty nor untouched.
    auto operation = static_cast<Operation>(below(testing::kOperations));
    if (below(2) == 0) operation = below(2) == 0 ? Operation::insert : Operation::get;
    const bool resizes = operation == Operation::resize;
    return {operation, below(resizes ? kLargestCapacity + 1 : kKeys), ++last_value_};
  }

  std::minstd_rand random_;
  int capacity_;
  int last_value_ = 0;
  std::vector<Call> before_;
  std::vector<std::vector<Call>> programs_;
};

unsigned histories_asked() {
  const char* const asked = std::getenv("CLIENT_CACHE_HISTORIES");  // NOLINT(concurrency-mt-unsafe): one thread
  return asked == nullptr ? 2000 : static_cast<unsigned>(std::stoul(asked));
}

std::string text(const RecordedHistory& history) {
  std::ostringstream text;
  for (const auto& event : history) text << "\n  " << event;
  return text.str();
}

template <class Policy>
class LinearizabilityTest : public ::testing::Test {
 protected:
  // Whether a call that the cache's definition answers so could have been answered so here.
  static bool accepts(const RecordedHistory& history) {
    return testing::linearizable(history, testing::SequentialCache<Policy>(2));
  }

  // The number of histories until one is rejected; 0 when none is.
  template <class Broken>
  static unsigned histories_until_rejected() {
    for (unsigned seed = 1; seed <= 20'000; ++seed) {
      const RandomHistory history(seed);
      if (!history.allows<Policy>(history.record<Broken>())) return seed;
    }
    return 0;
  }
};

TYPED_TEST_SUITE(LinearizabilityTest, testing::Policies, testing::PolicyNames);

const Call kInsert{Operation::insert, 1, 10};
const Answer kStored{static_cast<int>(Outcome::stored), {}};

TYPED_TEST(LinearizabilityTest, TheCheckAcceptsCallsThatOverlapInEitherOrder) {
  const Call get{Operation::get, 1};
  EXPECT_TRUE(this->accepts({{kInsert, kStored, 1, 4}, {get, {10, {}}, 2, 3}}));
  EXPECT_TRUE(this->accepts({{kInsert, kStored, 1, 4}, {get, {}, 2, 3}}));
  EXPECT_TRUE(this->accepts({{kInsert, kStored, 1, 6}, {get, {}, 2, 3}, {get, {10, {}}, 4, 5}}));
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsAValueReadBeforeItsInsertion) {
  EXPECT_FALSE(this->accepts({{{Operation::get, 1}, {10, {}}, 1, 2}, {kInsert, kStored, 3, 4}}));
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsAMissAfterTheInsertionWasAnswered) {
  EXPECT_FALSE(this->accepts({{kInsert, kStored, 1, 2}, {{Operation::get, 1}, {}, 3, 4}}));
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsOneEntryTakenByTwo) {
  const Call pop{Operation::pop_victim};
  EXPECT_FALSE(this->accepts({{kInsert, kStored, 1, 2}, {pop, {{}, {{1, 10}}}, 3, 6}, {pop, {{}, {{1, 10}}}, 4, 5}}));
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsReadsThatSeeAnInsertionComeAndGo) {
  const Call get{Operation::get, 1};
  EXPECT_FALSE(this->accepts({{kInsert, kStored, 1, 6}, {get, {10, {}}, 2, 3}, {get, {}, 4, 5}}));
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsTheWrongVictim) {
  const Call other{Operation::insert, 2, 20};
  const Call third{Operation::insert, 0, 30};
  const RecordedHistory filled = {
      {kInsert, kStored, 1, 2}, {{Operation::get, 1}, {10, {}}, 3, 4}, {other, kStored, 5, 6}};
  const auto evicting = [&](std::pair<int, int> victim) {
    RecordedHistory history = filled;
    history.push_back({third, {static_cast<int>(Outcome::stored), {victim}}, 7, 8});
    return history;
  };
  const bool least_frequent = std::is_same_v<TypeParam, Lfu>;
  EXPECT_EQ(this->accepts(evicting({1, 10})), !least_frequent);
  EXPECT_EQ(this->accepts(evicting({2, 20})), least_frequent);
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsACacheThatPopsInTwoSteps) {
  EXPECT_GT(this->template histories_until_rejected<PopsInTwoSteps<TypeParam>>(), 0U);
}

TYPED_TEST(LinearizabilityTest, TheCheckRejectsACacheThatCountsKeyByKey) {
  EXPECT_GT(this->template histories_until_rejected<CountsKeyByKey<TypeParam>>(), 0U);
}

TYPED_TEST(LinearizabilityTest, EveryRecordedHistoryHasASequentialOrder) {
  const unsigned histories = histories_asked();
  unsigned overlapping = 0;
  for (unsigned seed = 1; seed <= histories; ++seed) {
    const RandomHistory history(seed);
    const RecordedHistory recorded = history.record<Cache<TypeParam>>();
    if (has_overlap(recorded)) ++overlapping;
    ASSERT_TRUE(history.allows<TypeParam>(recorded)) << "seed " << seed << ':' << text(recorded);
  }
  this->RecordProperty("overlapping", std::to_string(overlapping));
  EXPECT_GT(overlapping, histories / 10);
}

}  // namespace
}  // namespace client_cache
