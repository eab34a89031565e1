// What becomes of a LoadingCache's creations that throw, or ask for others.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(__GLIBC__) && defined(__GLIBCXX__)
#include <pthread.h>
#endif

#include "support/failing_allocation.hpp"
#include "support/latch.hpp"
#include "support/loading_cache_fixture.hpp"
#include "support/policies.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

using testing::wait_until_found;

template <class Policy>
class LoadingCacheErrorTest : public testing::LoadingCacheTest<Policy> {};
TYPED_TEST_SUITE(LoadingCacheErrorTest, testing::Policies, testing::PolicyNames);

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

TYPED_TEST(LoadingCacheErrorTest, AnErrorReachesEveryThreadOfItsAttemptAndTheNextCallTriesAgain) {
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

TYPED_TEST(LoadingCacheErrorTest, WhatIsThrownNeedNotBeAnException) {
  const auto errors = errors_of(2, [&](int /*thread*/) {
    static_cast<void>(this->cache->get_or_create(1, []() -> int {
      wait_until_found(1);
      throw 42;  // NOLINT(hicpp-exception-baseclass,misc-throw-by-value-catch-by-reference)
    }));
  });
  for (const std::exception_ptr& error : errors) EXPECT_THROW(std::rethrow_exception(error), int);
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10);
}

#if defined(__GLIBC__) && defined(__GLIBCXX__)  // elsewhere a thread that ends so leaves its frames as they are
TYPED_TEST(LoadingCacheErrorTest, WhenTheCreatingThreadIsCancelledAWaitingOneTakesOver) {
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
#endif

TYPED_TEST(LoadingCacheErrorTest, WhenMemoryRunsOutNothingIsStoredAndNothingLeftUnderWay) {
  const auto unchanged = [this] { EXPECT_EQ(this->cache->size(), 0U); };
  const auto create = [this] { EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10); };
  EXPECT_GT(testing::fail_each_allocation(create, unchanged), 0U);
  EXPECT_EQ(this->cache->size(), 1U);
}

// Creations that ask for others.

TYPED_TEST(LoadingCacheErrorTest, ACreationMayAskForAnotherKey) {
  const int value = this->cache->get_or_create(1, [this] {
    return 1 + this->cache->get_or_create(2, [this] { return this->other->get_or_create(1, [] { return 20; }); });
  });
  EXPECT_EQ(value, 21);
  EXPECT_EQ(this->cache->size(), 2U);
}

TYPED_TEST(LoadingCacheErrorTest, ACreationThatAsksForItsOwnKeyIsRefusedAndTheNextCallTriesAgain) {
  const auto recurse = [this] { return this->cache->get_or_create(1, &TestFixture::not_called); };
  EXPECT_THROW(static_cast<void>(this->cache->get_or_create(1, recurse)), CircularCreation);
  EXPECT_THROW(static_cast<void>(this->cache->get_or_create(1, [&] { return this->other->get_or_create(1, recurse); })),
               CircularCreation);
  EXPECT_EQ(this->cache->get_or_create(1, [] { return 10; }), 10);
}

TYPED_TEST(LoadingCacheErrorTest, ACreationMayDoWithoutWhatItWasRefused) {
  const int value = this->cache->get_or_create(1, [this] {
    EXPECT_THROW(static_cast<void>(this->cache->get_or_create(1, &TestFixture::not_called)), CircularCreation);
    return 10;
  });
  EXPECT_EQ(value, 10);
  EXPECT_EQ(this->cache->size(), 1U);
}

TYPED_TEST(LoadingCacheErrorTest, ThreadsThatWouldWaitForEachOtherInACircleAreRefused) {
  constexpr int kThreads = 3;
  testing::Latch all_under_way(kThreads);
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

TYPED_TEST(LoadingCacheErrorTest, AChainOfWaitsThatIsNoCircleIsNotRefused) {
  constexpr int kThreads = 4;
  testing::Latch all_under_way(kThreads);
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

}  // namespace
}  // namespace client_cache
