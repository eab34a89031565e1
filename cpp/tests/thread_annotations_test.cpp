#include "client_cache/thread_annotations.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>

namespace client_cache {
namespace {

struct CountingMutex {
  static inline int held = 0;
  static inline int locked = 0;
  static void lock() {
    ++held;
    ++locked;
  }
  static void unlock() { --held; }
};

TEST(ThreadAnnotationsTest, TheLockIsHeldForItsScopeAlsoWhenThatThrows) {
  AnnotatedMutex<CountingMutex> mutex{};
  CountingMutex::locked = 0;
  try {
    const ScopedLock lock(mutex);
    EXPECT_EQ(CountingMutex::held, 1);
    throw std::runtime_error("out of the scope");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(CountingMutex::held, 0);
  }
  EXPECT_EQ(CountingMutex::locked, 1);
}

TEST(ThreadAnnotationsTest, TheWrapperCostsNoSpace) {
  EXPECT_EQ(sizeof(AnnotatedMutex<std::mutex>), sizeof(std::mutex));
}

}  // namespace
}  // namespace client_cache
