#include "client_cache/loading_cache.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "client_cache/lfu.hpp"
#include "support/latch.hpp"
#include "support/loading_cache_fixture.hpp"
#include "support/policies.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

using testing::wait_until_found;

template <class Policy>
class LoadingCacheTest : public testing::LoadingCacheTest<Policy> {};
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
  testing::Latch both_under_way(2);
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
