#include "client_cache/slab.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "support/failing_allocation.hpp"

namespace client_cache {
namespace {

using Value = std::shared_ptr<std::size_t>;

class SlabTest : public ::testing::Test {
 protected:
  Number make(std::size_t number) {
    slab.reserve();
    return slab.make(std::make_shared<std::size_t>(number));
  }
  void destroy_all(const std::vector<Number>& numbers) {
    for (const Number number : numbers) slab.destroy(number);
  }

  Slab<Value> slab;
};

TEST_F(SlabTest, ObjectsKeepTheirNumbersAndPlacesWhileOthersCome) {
  std::vector<Number> numbers;
  std::vector<const Value*> places;
  for (std::size_t made = 0; made < 5000; ++made) {
    numbers.push_back(make(made));
    places.push_back(&slab[numbers.back()]);
    EXPECT_LE(numbers.back(), slab.highest());
  }
  for (std::size_t made = 0; made < 5000; ++made) {
    EXPECT_EQ(*slab[numbers[made]], made);
    EXPECT_EQ(&slab[numbers[made]], places[made]);
  }
  EXPECT_EQ(std::set<Number>(numbers.begin(), numbers.end()).size(), 5000U);
  EXPECT_FALSE(std::set<Number>(numbers.begin(), numbers.end()).contains(kNone));
  destroy_all(numbers);
}

TEST_F(SlabTest, APlaceIsUsedAgain) {
  const Number one = make(1);
  const Number two = make(2);
  slab.destroy(one);
  slab.destroy(two);
  const Number again = make(3);
  const Number another = make(4);
  EXPECT_EQ((std::set<Number>{again, another}), (std::set<Number>{one, two}));
  EXPECT_EQ(*slab[again], 3U);
  destroy_all({again, another});
}

TEST_F(SlabTest, AnObjectIsDestroyedAtOnce) {
  const auto value = std::make_shared<std::size_t>(7);
  slab.reserve();
  const Number number = slab.make(value);
  EXPECT_EQ(value.use_count(), 2);
  slab.destroy(number);
  EXPECT_EQ(value.use_count(), 1);
}

TEST_F(SlabTest, MakingNeedsNoMemoryAfterReserve) {
  std::vector<Number> numbers;
  for (int made = 0; made < 100; ++made) {
    auto value = std::make_shared<std::size_t>(7);
    numbers.reserve(numbers.size() + 1);
    slab.reserve();
    const testing::FailingAllocation failing(0);
    numbers.push_back(slab.make(std::move(value)));
  }
  destroy_all(numbers);
}

TEST_F(SlabTest, AFailedReserveChangesNothing) {
  std::vector<Number> numbers;
  for (std::size_t made = 0; made < 7; ++made) numbers.push_back(make(made));
  const std::size_t failures =
      testing::fail_each_allocation([this] { slab.reserve(); }, [&] { EXPECT_EQ(*slab[numbers[6]], 6U); });
  EXPECT_EQ(failures, 1U);
  numbers.push_back(make(7));
  EXPECT_EQ(*slab[numbers[7]], 7U);
  destroy_all(numbers);
}

TEST(SlabOfThrowingTest, AConstructorThatThrowsLeavesThePlaceFree) {
  struct Throwing {
    explicit Throwing(bool throws) {
      if (throws) throw std::runtime_error("no");
    }
    Number padding = 0;
  };
  Slab<Throwing> slab;
  slab.reserve();
  EXPECT_THROW(slab.make(true), std::runtime_error);
  const Number one = slab.make(false);
  slab.reserve();
  const Number two = slab.make(false);
  slab.destroy(two);
  slab.destroy(one);
  slab.reserve();
  EXPECT_THROW(slab.make(true), std::runtime_error);
  const Number again = slab.make(false);
  slab.reserve();
  const Number another = slab.make(false);
  EXPECT_EQ((std::set<Number>{again, another}), (std::set<Number>{one, two}));
  slab.destroy(again);
  slab.destroy(another);
}

// What one thread makes others destroy while it goes on: places come back whole, and none is given out twice.
TEST_F(SlabTest, PlacesComeBackFromOtherThreads) {
  constexpr std::size_t kRounds = 200;
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kEach = 50;
  Number highest = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      std::vector<Number> numbers;
      for (std::size_t made = 0; made < kEach; ++made) {
        numbers.push_back(make(made));
        highest = std::max(highest, numbers.back());
      }
      threads.emplace_back([this, numbers = std::move(numbers)] {
        for (std::size_t made = 0; made < kEach; ++made) {
          EXPECT_EQ(*slab[numbers[made]], made);
          slab.destroy(numbers[made]);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_LE(highest, kThreads * kEach);
}

}  // namespace
}  // namespace client_cache
