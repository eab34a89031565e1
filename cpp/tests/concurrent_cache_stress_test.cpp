// Every operation from sixteen threads, on values whose destructors use the cache they were in. For the sanitizers.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "support/policies.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

constexpr int kThreads = 16;
constexpr int kKeys = 48;
constexpr std::size_t kLargest = 24;

// Holds the key it belongs to on the heap, where a sanitizer watches it, and counts its living instances. When one
// dies, it works on the cache; what dies in turn through that work works on it too, a few levels deep.
template <class Policy>
class Restless {
 public:
  using Cache = ConcurrentCache<BoundedCache<int, Restless, Policy>>;

  static inline std::atomic<int> alive = 0;

  Restless(Cache& cache, int key) : cache_(&cache), key_(std::make_unique<int>(key)) { ++alive; }
  Restless(const Restless& other) : Restless(*other.cache_, other.key()) {}
  Restless(Restless&& other) noexcept : cache_(other.cache_), key_(std::move(other.key_)) { ++alive; }
  Restless& operator=(const Restless&) = delete;
  Restless& operator=(Restless&&) = delete;
  ~Restless() {
    --alive;
    if (key_ != nullptr) call_back();
  }

  [[nodiscard]] int key() const { return *key_; }

 private:
  void call_back() const {
    thread_local int depth = 0;
    if (depth == 3) return;
    ++depth;
    const int other = (7 * key() + 1) % kKeys;
    if (const auto found = cache_->get(other)) {
      EXPECT_EQ(found->key(), other);
    }
    static_cast<void>(cache_->insert(int{other}, Restless(*cache_, other)));
    static_cast<void>(cache_->erase(key()));
    --depth;
  }

  Cache* cache_;
  std::unique_ptr<int> key_;
};

// One thread's choices.
template <class Cache>
class Worker {
 public:
  Worker(Cache& cache, int thread) : cache_(cache), random_(static_cast<unsigned>(thread + 1)) {}

  void step() {
    const int key = below(kKeys);
    switch (below(16)) {
      case 0:
        check(cache_.resize(static_cast<std::size_t>(below(kLargest + 1))));
        break;
      case 1:
        check(cache_.resize(kLargest, key));
        break;
      case 2:
        check(cache_.pop_victim());
        break;
      case 3:
        check(cache_.erase(key));
        break;
      case 4:
        check(cache_.snapshot());
        break;
      case 5:
        EXPECT_TRUE(cache_.clone().check_invariants());
        break;
      case 6:
        EXPECT_TRUE(cache_.check_invariants());
        EXPECT_LE(cache_.size(), kLargest);
        EXPECT_LE(cache_.capacity(), kLargest);
        break;
      case 7:
        if (below(20) == 0) check(cache_.clear());
        break;
      case 8:
        static_cast<void>(cache_.contains(key));
        if (const auto value = cache_.peek(key)) {
          EXPECT_EQ(value->key(), key);
        }
        break;
      case 9:
      case 10:
      case 11:
        check(cache_.insert(int{key}, typename Cache::Value(cache_, key)).removed);
        break;
      default:
        if (const auto value = cache_.get(key)) {
          EXPECT_EQ(value->key(), key);
          ++hits_;
        }
    }
  }

  [[nodiscard]] int hits() const { return hits_; }

 private:
  int below(std::size_t limit) { return static_cast<int>(random_() % limit); }

  // Each key once, with its own value.
  template <class Items>
  static void check(const Items& items) {
    std::set<int> keys;
    for (const auto& [key, value] : items) {
      EXPECT_EQ(value.key(), key);
      EXPECT_TRUE(keys.insert(key).second);
    }
    EXPECT_LE(keys.size(), kLargest);
  }

  Cache& cache_;  // NOLINT(cppcoreguidelines-avoid-const-or-ref-data-members)
  std::minstd_rand random_;
  int hits_ = 0;
};

template <class Policy>
class ConcurrentCacheStressTest : public ::testing::Test {};

TYPED_TEST_SUITE(ConcurrentCacheStressTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(ConcurrentCacheStressTest, NoEntryIsLostDoubledOrMixedUpWhileDestructorsCallBack) {
  using Value = Restless<TypeParam>;
  ASSERT_EQ(Value::alive, 0);
  typename Value::Cache cache(kLargest);
  std::atomic<int> hits = 0;
  testing::run_together(kThreads, [&](int thread) {
    Worker worker(cache, thread);
    for (int step = 0; step < 2000; ++step) worker.step();
    hits += worker.hits();
  });
  EXPECT_TRUE(cache.check_invariants());
  EXPECT_GT(hits, 0);
  EXPECT_EQ(Value::alive, static_cast<int>(cache.size()));
  static_cast<void>(cache.resize(0));  // from now on it refuses what the destructors store
  EXPECT_EQ(Value::alive, 0);
}

}  // namespace
}  // namespace client_cache
