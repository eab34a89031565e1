#include "client_cache/loading_cache.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "client_cache/expiration.hpp"
#include "client_cache/lfu.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"
#include "support/owned_mutex.hpp"
#include "support/policies.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

// Counts the comparisons that find what they look for. While a key is not cached, these are the threads that found its
// creation under way, and now wait for it.
struct CountingEqual {
  static inline std::atomic<int> found = 0;

  bool operator()(int key, int query) const {
    if (key != query) return false;
    ++found;
    found.notify_all();
    return true;
  }
};

void wait_until_found(int times) {
  for (int found = CountingEqual::found; found < times; found = CountingEqual::found) CountingEqual::found.wait(found);
}

template <class Policy>
class LoadingCacheTest : public ::testing::Test {
 protected:
  using Cache = LoadingCache<int, int, Policy, std::hash<int>, CountingEqual, testing::OwnedMutex>;
  using Pointers = LoadingCache<int, std::shared_ptr<int>, Policy, std::hash<int>, CountingEqual, testing::OwnedMutex>;

  void SetUp() override { CountingEqual::found = 0; }

  static int not_called() {
    ADD_FAILURE() << "a hit created";
    return -1;
  }

  testing::Checked<Cache> cache{std::size_t{3}};
  testing::Checked<Cache> other{std::size_t{3}};
};

TYPED_TEST_SUITE(LoadingCacheTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(LoadingCacheTest, AMissStoresWhatTheFactoryReturns) {
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10);
  EXPECT_EQ(this->cache->snapshot(), (std::vector<std::pair<int, int>>{{1, 10}}));
}

TYPED_TEST(LoadingCacheTest, AHitCallsNoFactoryAndCountsAsAUse) {
  for (const int key : {1, 2, 3}) static_cast<void>(this->cache->get_or_create(key, [key] { return 10 * key; }));
  EXPECT_EQ(this->cache->get_or_create(1, &TestFixture::not_called), 10);
  EXPECT_EQ(this->cache->snapshot(), (std::vector<std::pair<int, int>>{{2, 20}, {3, 30}, {1, 10}}));
}

TYPED_TEST(LoadingCacheTest, AMissMakesItsKeyFromTheQuery) {
  struct Equal {
    bool operator()(const std::string& key, std::string_view query) const { return key == query; }
  };
  struct Hash {
    std::size_t operator()(std::string_view query) const { return std::hash<std::string_view>()(query); }
  };
  LoadingCache<std::string, int, TypeParam, Hash, Equal> texts(3);
  const std::string_view query = "storage in us-east-1";
  EXPECT_EQ(texts.get_or_create(query, [] { return 10; }), 10);
  EXPECT_EQ(texts.get_or_create(query, [] { return 20; }), 10);
}

TYPED_TEST(LoadingCacheTest, ACreationThatEndedSinceTheLookUpIsNotRepeated) {
  struct Query {
    std::string_view text;
    std::function<void()> before_a_key_is_made;

    explicit operator std::string() const {
      before_a_key_is_made();
      return std::string(text);
    }
  };
  struct Equal {
    bool operator()(const std::string& key, const std::string& other) const { return key == other; }
    bool operator()(const std::string& key, const Query& query) const { return key == query.text; }
  };
  struct Hash {
    std::size_t operator()(const std::string& key) const { return std::hash<std::string>()(key); }
    std::size_t operator()(const Query& query) const { return std::hash<std::string_view>()(query.text); }
  };
  LoadingCache<std::string, int, TypeParam, Hash, Equal> texts(3);
  const auto meanwhile = [&texts] { EXPECT_EQ(texts.get_or_create(std::string("key"), [] { return 10; }), 10); };
  const Query query{.text = "key", .before_a_key_is_made = meanwhile};
  EXPECT_EQ(texts.get_or_create(query, &TestFixture::not_called), 10);
}

TYPED_TEST(LoadingCacheTest, ThreadsThatAskForOneKeyShareOneCreation) {
  constexpr int kThreads = 16;
  std::atomic<int> created = 0;
  testing::run_together(kThreads, [&](int /*thread*/) {
    const int value = this->cache->get_or_create(1, [&created] {
      wait_until_found(kThreads - 1);
      return ++created;
    });
    EXPECT_EQ(value, 1);
  });
  EXPECT_EQ(created, 1);
}

TYPED_TEST(LoadingCacheTest, EveryThreadThatWaitedCountsAsAUse) {
  constexpr int kThreads = 5;
  const auto create = [] {
    wait_until_found(kThreads - 1);
    return 10;
  };
  testing::run_together(kThreads, [&](int /*thread*/) { static_cast<void>(this->cache->get_or_create(1, create)); });
  for (int use = 1; use < kThreads; ++use) static_cast<void>(this->cache->get_or_create(2, [] { return 20; }));
  const int least_used = std::is_same_v<TypeParam, Lfu> ? 2 : 1;
  EXPECT_EQ(this->cache->snapshot().front().first, least_used);
}

TYPED_TEST(LoadingCacheTest, SixtyFourThreadsThatAskForEightKeysCreateEight) {
  constexpr int kKeys = 8;
  std::array<std::atomic<int>, kKeys> created{};
  static_cast<void>(this->cache->resize(kKeys));
  testing::run_together(64, [&](int thread) {
    for (int step = 0; step < kKeys; ++step) {
      const int key = (thread + step) % kKeys;
      const int value = this->cache->get_or_create(key, [&created, key] {
        ++created[static_cast<std::size_t>(key)];
        return 10 * key;
      });
      EXPECT_EQ(value, 10 * key);
    }
  });
  for (const auto& count : created) EXPECT_EQ(count, 1);
}

TYPED_TEST(LoadingCacheTest, DifferentKeysAreCreatedInParallel) {
  std::latch both_under_way(2);
  testing::run_together(2, [&](int key) {
    EXPECT_EQ(this->cache->get_or_create(key,
                                         [&both_under_way, key] {
                                           both_under_way.arrive_and_wait();
                                           return key;
                                         }),
              key);
  });
}

TYPED_TEST(LoadingCacheTest, AHitDoesNotWaitForACreation) {
  static_cast<void>(this->cache->insert(2, 20));
  const int value = this->cache->get_or_create(1, [this] {
    std::thread([this] {
      EXPECT_EQ(this->cache->get_or_create(2, &TestFixture::not_called), 20);
      EXPECT_EQ(this->cache->size(), 1U);
      static_cast<void>(this->cache->resize(2));
    }).join();
    return 10;
  });
  EXPECT_EQ(value, 10);
}

// Errors.

// What each thread's call threw; kept until the threads have ended, and only then read.
template <class Work>
std::vector<std::exception_ptr> errors_of(int threads, const Work& work) {
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(threads));
  testing::run_together(threads, [&](int thread) {
    try {
      work(thread);
    } catch (...) {
      errors[static_cast<std::size_t>(thread)] = std::current_exception();
    }
  });
  return errors;
}

TYPED_TEST(LoadingCacheTest, AnErrorReachesEveryThreadOfItsAttemptAndTheNextCallTriesAgain) {
  constexpr int kThreads = 8;
  std::atomic<int> attempts = 0;
  const auto errors = errors_of(kThreads, [&](int /*thread*/) {
    static_cast<void>(this->cache->get_or_create(1, [&attempts]() -> int {
      wait_until_found(kThreads - 1);
      throw std::runtime_error("attempt " + std::to_string(++attempts));
    }));
  });
  for (const std::exception_ptr& error : errors) {
    ASSERT_TRUE(error);
    EXPECT_THROW(
        {
          try {
            std::rethrow_exception(error);
          } catch (const std::runtime_error& caught) {
            EXPECT_STREQ(caught.what(), "attempt 1");
            throw;
          }
        },
        std::runtime_error);
  }
  EXPECT_EQ(this->cache->size(), 0U);
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10);
}

TYPED_TEST(LoadingCacheTest, WhatIsThrownNeedNotBeAnException) {
  const auto errors = errors_of(2, [&](int /*thread*/) {
    static_cast<void>(this->cache->get_or_create(1, []() -> int {
      wait_until_found(1);
      throw 42;  // NOLINT(hicpp-exception-baseclass,misc-throw-by-value-catch-by-reference)
    }));
  });
  for (const std::exception_ptr& error : errors) EXPECT_THROW(std::rethrow_exception(error), int);
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10);
}

TYPED_TEST(LoadingCacheTest, WhenTheCreatingThreadIsCancelledAWaitingOneTakesOver) {
  std::atomic<int> created = 0;
  std::atomic<int> returned = 0;
  testing::run_together(2, [&](int /*thread*/) {
    EXPECT_EQ(this->cache->get_or_create(1,
                                         [&created] {
                                           if (++created > 1) return 10;
                                           wait_until_found(1);
                                           pthread_exit(nullptr);
                                         }),
              10);
    ++returned;
  });
  EXPECT_EQ(created, 2);
  EXPECT_EQ(returned, 1);
}

TYPED_TEST(LoadingCacheTest, WhenMemoryRunsOutNothingIsStoredAndNothingLeftUnderWay) {
  const auto unchanged = [this] { EXPECT_EQ(this->cache->size(), 0U); };
  const auto create = [this] { EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10); };
  EXPECT_GT(testing::fail_each_allocation(create, unchanged), 0U);
  EXPECT_EQ(this->cache->size(), 1U);
}

// Creations that ask for others.

TYPED_TEST(LoadingCacheTest, ACreationMayAskForAnotherKey) {
  const int value = this->cache->get_or_create(1, [this] {
    return 1 + this->cache->get_or_create(2, [this] { return this->other->get_or_create(1, [] { return 20; }); });
  });
  EXPECT_EQ(value, 21);
  EXPECT_EQ(this->cache->size(), 2U);
}

TYPED_TEST(LoadingCacheTest, ACreationThatAsksForItsOwnKeyIsRefusedAndTheNextCallTriesAgain) {
  const auto recurse = [this] { return this->cache->get_or_create(1, &TestFixture::not_called); };
  EXPECT_THROW(static_cast<void>(this->cache->get_or_create(1, recurse)), CircularCreation);
  EXPECT_THROW(static_cast<void>(this->cache->get_or_create(1, [&] { return this->other->get_or_create(1, recurse); })),
               CircularCreation);
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10);
}

TYPED_TEST(LoadingCacheTest, ACreationMayDoWithoutWhatItWasRefused) {
  const int value = this->cache->get_or_create(1, [this] {
    EXPECT_THROW(static_cast<void>(this->cache->get_or_create(1, &TestFixture::not_called)), CircularCreation);
    return 10;
  });
  EXPECT_EQ(value, 10);
  EXPECT_EQ(this->cache->size(), 1U);
}

TYPED_TEST(LoadingCacheTest, ThreadsThatWouldWaitForEachOtherInACircleAreRefused) {
  constexpr int kThreads = 3;
  std::latch all_under_way(kThreads);
  LoadingCache<int, int, TypeParam> third(3);
  const auto get_or_create = [&](int from, const std::function<int()>& create) {
    if (from == 0) return this->cache->get_or_create(1, create);
    if (from == 1) return this->other->get_or_create(1, create);
    return third.get_or_create(1, create);
  };
  const auto errors = errors_of(kThreads, [&](int thread) {
    static_cast<void>(get_or_create(thread, [&, thread] {
      all_under_way.arrive_and_wait();
      return get_or_create((thread + 1) % kThreads, &TestFixture::not_called);
    }));
  });
  for (const std::exception_ptr& error : errors) {
    ASSERT_TRUE(error);
    EXPECT_THROW(std::rethrow_exception(error), CircularCreation);
  }
  for (int from = 0; from < kThreads; ++from) EXPECT_EQ(get_or_create(from, [] { return 10; }), 10);
}

TYPED_TEST(LoadingCacheTest, AChainOfWaitsThatIsNoCircleIsNotRefused) {
  constexpr int kThreads = 4;
  std::latch all_under_way(kThreads);
  static_cast<void>(this->cache->resize(kThreads));
  testing::run_together(kThreads, [&](int thread) {
    const int value = this->cache->get_or_create(thread, [&, thread] {
      all_under_way.arrive_and_wait();
      if (thread + 1 < kThreads) return this->cache->get_or_create(thread + 1, &TestFixture::not_called);
      wait_until_found(kThreads - 1);
      return 10;
    });
    EXPECT_EQ(value, 10);
  });
}

// What is removed, and what others do meanwhile.

TYPED_TEST(LoadingCacheTest, WithCapacityZeroEveryCallerCreatesForItself) {
  static_cast<void>(this->cache->resize(0));
  std::latch both_under_way(2);
  testing::run_together(2, [&](int thread) {
    EXPECT_EQ(this->cache->get_or_create(1,
                                         [&both_under_way, thread] {
                                           both_under_way.arrive_and_wait();
                                           return thread;
                                         }),
              thread);
  });
  EXPECT_EQ(this->cache->size(), 0U);
}

TYPED_TEST(LoadingCacheTest, WhatTheCacheDoesNotTakeIsReturnedAllTheSame) {
  static_cast<void>(this->cache->resize(1));
  static_cast<void>(this->cache->insert(1, 10));
  EXPECT_TRUE(this->cache->pin(1));
  EXPECT_EQ(this->cache->get_or_create(2, [] { return 20; }), 20);
  EXPECT_FALSE(this->cache->contains(2));
  static_cast<void>(this->cache->close());
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 11; }), 11);
  EXPECT_EQ(this->cache->size(), 0U);
}

TYPED_TEST(LoadingCacheTest, WhatHasExpiredIsCreatedAnewAndGoesToTheHandlerBeforeWhatIsEvicted) {
  testing::Checked<typename TestFixture::Cache> mortal{std::size_t{2}, Lifetime{.ttl = Time(10)}};
  std::vector<int> removed_values;
  const auto ask = [&](int key, Time now) {
    return mortal->get_or_create(
        key, [key, now] { return key + static_cast<int>(now.count()); },
        [&removed_values](const auto& removed) {
          for (const auto& [removed_key, value] : removed) removed_values.push_back(value);
        },
        now);
  };
  EXPECT_EQ(ask(100, Time(1)), 101);
  EXPECT_EQ(ask(100, Time(10)), 101);
  EXPECT_EQ(ask(100, Time(11)), 111);
  EXPECT_EQ(removed_values, (std::vector<int>{101}));
  EXPECT_EQ(ask(200, Time(20)), 220);
  EXPECT_EQ(ask(300, Time(21)), 321);
  EXPECT_EQ(removed_values, (std::vector<int>{101, 111}));
  static_cast<void>(mortal->pin(300));
  EXPECT_EQ(ask(400, Time(22)), 422);
  EXPECT_EQ(removed_values, (std::vector<int>{101, 111, 220}));
}

TYPED_TEST(LoadingCacheTest, EveryCallCountsAsOneHitOrOneMiss) {
  constexpr int kThreads = 4;
  const auto create = [] {
    wait_until_found(kThreads - 1);
    return 10;
  };
  testing::run_together(kThreads, [&](int /*thread*/) { static_cast<void>(this->cache->get_or_create(1, create)); });
  static_cast<void>(this->cache->get_or_create(1, &TestFixture::not_called));
  EXPECT_EQ(this->cache->statistics().misses, 4U);
  EXPECT_EQ(this->cache->statistics().hits, 1U);
}

TYPED_TEST(LoadingCacheTest, WhatIsEvictedGoesToTheHandlerWhenTheWaitingThreadsHaveBeenServed) {
  static_cast<void>(this->cache->resize(1));
  static_cast<void>(this->cache->insert(1, 10));
  std::latch waiting_thread_served(1);
  std::atomic<int> evicted = 0;
  testing::run_together(2, [&](int /*thread*/) {
    bool created = false;
    static_cast<void>(this->cache->get_or_create(
        2,
        [&created] {
          created = true;
          wait_until_found(1);
          return 20;
        },
        [&](typename TestFixture::Cache::Removed removed) {
          waiting_thread_served.wait();
          ASSERT_EQ(removed.size(), 1U);
          evicted = removed.front().key;
        }));
    if (!created) waiting_thread_served.count_down();
  });
  EXPECT_EQ(evicted, 1);
}

TYPED_TEST(LoadingCacheTest, WhatTheHandlerThrowsLeavesTheCallAndTheValueStored) {
  static_cast<void>(this->cache->resize(1));
  static_cast<void>(this->cache->insert(1, 10));
  EXPECT_THROW(static_cast<void>(this->cache->get_or_create(
                   2, [] { return 20; }, [](const auto&) { throw std::runtime_error("handler"); })),
               std::runtime_error);
  EXPECT_EQ(this->cache->get_or_create(2, &TestFixture::not_called), 20);
}

TYPED_TEST(LoadingCacheTest, FactoriesHandlersAndDestructorsRunOutsideEveryLockAndMayCallBack) {
  testing::Checked<typename TestFixture::Pointers> pointers{std::size_t{1}};
  int deaths = 0;
  // Each value asks, when it dies, for the key that is being created then.
  const auto create = [&](int key) {
    EXPECT_FALSE(testing::OwnedMutex::held_here());
    return std::shared_ptr<int>(new int(key), [&](const int* value) {
      EXPECT_FALSE(testing::OwnedMutex::held_here());
      const int next = *value + 1;
      delete value;
      ++deaths;
      if (next == 4) return;
      EXPECT_EQ(*pointers->get_or_create(next, [] { return std::make_shared<int>(-1); }), next);
    });
  };
  for (const int key : {1, 2, 3}) {
    const auto value = pointers->get_or_create(
        key, [&] { return create(key); },
        [&](const auto& removed) {
          EXPECT_FALSE(testing::OwnedMutex::held_here());
          EXPECT_EQ(removed.front().key, key - 1);
        });
    EXPECT_EQ(*value, key);
  }
  EXPECT_EQ(deaths, 2);
  static_cast<void>(pointers->clear());
  EXPECT_EQ(deaths, 3);
}

TYPED_TEST(LoadingCacheTest, AValueInsertedByHandMeanwhileGoesBeforeTheOneCreated) {
  testing::Checked<typename TestFixture::Pointers> pointers{std::size_t{1}};
  int deaths = 0;
  const auto value = pointers->get_or_create(1, [&] {
    static_cast<void>(pointers->insert(1, std::make_shared<int>(10)));
    return std::shared_ptr<int>(new int(20), [&](const int* created) {
      delete created;
      ++deaths;
      EXPECT_EQ(*pointers->get_or_create(1, [] { return std::make_shared<int>(30); }), 10);
    });
  });
  EXPECT_EQ(*value, 10);
  EXPECT_EQ(deaths, 1);
}

TYPED_TEST(LoadingCacheTest, ManyThreadsCreateNoKeyTwiceAtATime) {
  constexpr int kThreads = 16;
  constexpr int kKeys = 24;
  using Value = std::shared_ptr<const int>;  // where a sanitizer watches it
  LoadingCache<int, Value, TypeParam> shared(kKeys / 2);
  std::array<std::atomic<int>, kKeys> under_way{};
  std::atomic<int> failed = 0;
  std::function<Value(int, int)> ask;
  const auto create = [&](int key, int step) {
    // One key in four needs another one, always a smaller one, so that no circle can arise.
    if (key % 4 == 3) static_cast<void>(ask(key / 2, step));
    EXPECT_EQ(under_way[static_cast<std::size_t>(key)]++, 0);
    std::this_thread::yield();
    --under_way[static_cast<std::size_t>(key)];
    if (step % 16 == 0) throw key;  // NOLINT(hicpp-exception-baseclass)
    return std::make_shared<const int>(key);
  };
  ask = [&](int key, int step) {
    return shared.get_or_create(
        key, [&] { return create(key, step); },
        [](const auto& removed) {
          for (const auto& [removed_key, value] : removed) EXPECT_EQ(*value, removed_key);
        });
  };
  testing::run_together(kThreads, [&](int thread) {
    std::minstd_rand random(static_cast<unsigned>(thread + 1));
    const auto below = [&random](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    for (int step = 1; step <= 1000; ++step) {
      const int key = below(kKeys);
      if (below(16) == 0) static_cast<void>(shared.resize(1 + static_cast<std::size_t>(below(kKeys))));
      if (below(4) == 0) static_cast<void>(shared.erase(key));
      try {
        EXPECT_EQ(*ask(key, step), key);
      } catch (int) {
        ++failed;
      }
    }
  });
  EXPECT_TRUE(shared.check_invariants());
  EXPECT_GT(failed, 0);
}

}  // namespace
}  // namespace client_cache
