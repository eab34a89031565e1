#include "client_cache/number.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace client_cache {
namespace {

// How often elements are copied to more room while numbers up to `highest` come one by one.
std::size_t growths(Number highest, Number most) {
  std::vector<int> elements;
  std::size_t count = 0;
  for (Number number = 1; number <= highest; ++number) {
    const std::size_t capacity = elements.capacity();
    make_room(elements, number, most);
    EXPECT_GT(elements.size(), number);
    if (elements.capacity() != capacity) ++count;
  }
  return count;
}

TEST(MakeRoomTest, WhatIsWithinTheLimitIsCopiedSeldom) {
  EXPECT_LE(growths(100'000, 100'000), 6U);
  EXPECT_EQ(growths(4, 3), 1U);
}

TEST(MakeRoomTest, WhatIsBeyondTheLimitIsNotCopiedEachTime) { EXPECT_LE(growths(100'000, 3), 20U); }

TEST(MakeRoomTest, TakesLittleMoreThanTheLimit) {
  std::vector<int> elements;
  for (Number number = 1; number <= 1000; ++number) make_room(elements, number, 1000);
  EXPECT_LE(elements.capacity(), 1100U);
}

}  // namespace
}  // namespace client_cache
