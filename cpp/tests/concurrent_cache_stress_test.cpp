// Every operation from sixteen threads, on values whose destructors use the cache they were in. For the sanitizers.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "client_cache/expiration.hpp"
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
  static Time now() { return Time(++ticks); }

  Restless(Cache& cache, int key) : cache_(&cache), key_(std::make_unique<int>(key)) { ++alive; }
  Restless(const Restless& other) : Restless(*other.cache_, other.key()) {}
  Restless(Restless&& other) noexcept : cache_(other.cache_), key_(std::move(other.key_)) { ++alive; }
  Restless& operator=(const Restless&) = delete;
  Restless& operator=(Restless&& other) noexcept {
    std::swap(key_, other.key_);
    return *this;
  }
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
    if (const auto found = cache_->get(other, now())) {
      EXPECT_EQ(found->key(), other);
    }
    static_cast<void>(cache_->insert(int{other}, Restless(*cache_, other), now()));
    static_cast<void>(cache_->erase(key()));
    --depth;
  }

  static inline std::atomic<int> ticks = 0;

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
    const Time now = Cache::Value::now();
    switch (below(24)) {
      case 0:
        resize([&] { return cache_.resize(static_cast<std::size_t>(below(kLargest + 1))); });
        break;
      case 1:
        resize([&] { return cache_.resize(kLargest, key); });
        break;
      case 2:
        check(cache_.pop_victim());
        break;
      case 3:
        check(cache_.erase(key));
        break;
      case 4:
        check(cache_.erase_if(key, [key](const auto& value) { return value.key() == key; }));
        break;
      case 5:
        check(cache_.snapshot());
        EXPECT_LE(cache_.states().size(), kLargest);
        break;
      case 6:
        EXPECT_TRUE(cache_.clone().check_invariants());
        break;
      case 7:
        EXPECT_TRUE(cache_.check_invariants());
        EXPECT_LE(cache_.size(), kLargest);
        EXPECT_LE(cache_.capacity(), kLargest);
        break;
      case 8:
        if (below(20) == 0) check(below(2) == 0 ? cache_.clear() : cache_.expire_all());
        break;
      case 9:
        check(cache_.expire(now));
        break;
      case 10:
        check_value(key, cache_.peek(key, now));
        break;
      case 11:
        check_value(key, cache_.replace(key, typename Cache::Value(cache_, key), now));
        break;
      case 12:
      case 13:
        static_cast<void>(cache_.pin(key, below(4) == 0));
        break;
      case 14:
      case 15:
      case 16:
      case 17: {
        const auto insertion = cache_.insert(int{key}, typename Cache::Value(cache_, key), now);
        check(insertion.removed);
        check(insertion.expired);
        break;
      }
      case 18:
        check_value(key, cache_.use(key, now));
        break;
      default:
        if (check_value(key, cache_.get(key, now))) ++hits_;
    }
  }

  [[nodiscard]] int hits() const { return hits_; }

 private:
  int below(std::size_t limit) { return static_cast<int>(random_() % limit); }

  // Refused when more are pinned than would fit.
  template <class Resize>
  static void resize(const Resize& resize) {
    try {
      check(resize());
    } catch (const std::length_error&) {
      return;
    }
  }

  static bool check_value(int key, const std::optional<typename Cache::Value>& value) {
    if (!value) return false;
    EXPECT_EQ(value->key(), key);
    return true;
  }

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
  typename Value::Cache cache(kLargest, {.ttl = Time(2000), .idle_ttl = Time(500)});
  std::atomic<int> hits = 0;
  testing::run_together(kThreads, [&](int thread) {
    Worker worker(cache, thread);
    for (int step = 0; step < 2000; ++step) worker.step();
    hits += worker.hits();
  });
  EXPECT_TRUE(cache.check_invariants());
  EXPECT_GT(hits, 0);
  EXPECT_EQ(Value::alive, static_cast<int>(cache.size()));
  EXPECT_GT(cache.statistics().evictions, 0U);
  EXPECT_GT(cache.statistics().expirations, 0U);
  static_cast<void>(cache.close());  // from now on it refuses what the destructors store
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(Value::alive, 0);
}

}  // namespace
}  // namespace client_cache
