// What leaves a LoadingCache, and what others do to it while it creates.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "client_cache/expiration.hpp"
#include "support/checked.hpp"
#include "support/latch.hpp"
#include "support/loading_cache_fixture.hpp"
#include "support/owned_mutex.hpp"
#include "support/policies.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

using testing::wait_until_found;

template <class Policy>
class LoadingCacheRemovalTest : public testing::LoadingCacheTest<Policy> {};
TYPED_TEST_SUITE(LoadingCacheRemovalTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(LoadingCacheRemovalTest, WithCapacityZeroEveryCallerCreatesForItself) {
  static_cast<void>(this->cache->resize(0));
  testing::Latch both_under_way(2);
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

TYPED_TEST(LoadingCacheRemovalTest, WhatTheCacheDoesNotTakeIsReturnedAllTheSame) {
  static_cast<void>(this->cache->resize(1));
  static_cast<void>(this->cache->insert(1, 10));
  EXPECT_TRUE(this->cache->pin(1));
  EXPECT_EQ(this->cache->get_or_create(2, [] { return 20; }), 20);
  EXPECT_FALSE(this->cache->contains(2));
  static_cast<void>(this->cache->close());
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 11; }), 11);
  EXPECT_EQ(this->cache->size(), 0U);
}

TYPED_TEST(LoadingCacheRemovalTest, WhatHasExpiredIsCreatedAnewAndGoesToTheHandlerBeforeWhatIsEvicted) {
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

TYPED_TEST(LoadingCacheRemovalTest, EveryCallCountsAsOneHitOrOneMiss) {
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

TYPED_TEST(LoadingCacheRemovalTest, WhatIsEvictedGoesToTheHandlerWhenTheWaitingThreadsHaveBeenServed) {
  static_cast<void>(this->cache->resize(1));
  static_cast<void>(this->cache->insert(1, 10));
  testing::Latch waiting_thread_served(1);
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

TYPED_TEST(LoadingCacheRemovalTest, WhatTheHandlerThrowsLeavesTheCallAndTheValueStored) {
  static_cast<void>(this->cache->resize(1));
  static_cast<void>(this->cache->insert(1, 10));
  EXPECT_THROW(static_cast<void>(this->cache->get_or_create(
                   2, [] { return 20; }, [](const auto&) { throw std::runtime_error("handler"); })),
               std::runtime_error);
  EXPECT_EQ(this->cache->get_or_create(2, &TestFixture::not_called), 20);
}

TYPED_TEST(LoadingCacheRemovalTest, FactoriesHandlersAndDestructorsRunOutsideEveryLockAndMayCallBack) {
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

TYPED_TEST(LoadingCacheRemovalTest, AValueInsertedByHandMeanwhileGoesBeforeTheOneCreated) {
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

}  // namespace
}  // namespace client_cache
