// A BoundedCache whose memory runs out, or whose hash or comparison throws.
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/bounded_cache_fixture.hpp"
#include "support/failing_allocation.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

using testing::TextEqual;
using testing::TextHash;

template <class Policy>
class BoundedCacheFailureTest : public testing::BoundedCacheTest<Policy> {};
TYPED_TEST_SUITE(BoundedCacheFailureTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(BoundedCacheFailureTest, AFailedInsertionChangesNothingAndKeepsItsArguments) {
  const std::string text = "a key too long for the small string buffer";
  // Seven entries fill the first places, so the eighth needs more; a full cache must evict nobody when it fails.
  for (const std::size_t capacity : {7U, 8U}) {
    testing::Checked<typename TestFixture::Texts> texts(capacity);
    for (const char* const key : {"1", "2", "3", "4", "5", "6", "7"}) {
      static_cast<void>(texts->insert(key, std::make_unique<int>(1)));
      EXPECT_NE(texts->get(std::string_view(key)), nullptr);
    }
    std::string key = text;
    auto value = std::make_unique<int>(7);
    const std::size_t failures = testing::fail_each_allocation(
        [&] { EXPECT_EQ(texts->insert(std::move(key), std::move(value)).outcome, Outcome::stored); },
        [&] {
          EXPECT_EQ(key, text);
          ASSERT_NE(value, nullptr);
          EXPECT_EQ(texts->size(), 7U);
          EXPECT_TRUE(texts->contains("1"));
          EXPECT_FALSE(texts->contains(text));
        });
    EXPECT_GT(failures, 0U);
    EXPECT_TRUE(texts->contains(text));
    EXPECT_EQ(texts->size(), capacity);
  }
}

TYPED_TEST(BoundedCacheFailureTest, AFailedGetChangesNothing) {
  for (const int key : {1, 2, 3}) this->store(this->cache, key);
  for (int use = 0; use < 2; ++use) EXPECT_NE(this->cache->get(1), nullptr);
  // A policy that groups by count now needs a group for 2, between those of 1 and 3.
  testing::fail_each_allocation([&] { EXPECT_NE(this->cache->get(2), nullptr); },
                                [&] { EXPECT_EQ(this->keys(*this->cache), (std::vector{2, 3, 1})); });
  EXPECT_EQ(this->keys(*this->cache).front(), 3);
}

TYPED_TEST(BoundedCacheFailureTest, AThrowingHashOrEqualChangesNothing) {
  testing::Checked<typename TestFixture::Texts> texts(std::size_t{2});
  for (const char* const key : {"one", "two"}) static_cast<void>(texts->insert(key, std::make_unique<int>(1)));
  for (bool* const broken : {&TextHash::broken, &TextEqual::broken}) {
    const auto throws = [broken](auto&& operation) {
      *broken = true;
      EXPECT_THROW(operation(), std::runtime_error);
      *broken = false;
    };
    // The cache itself, unchecked while its hash is broken.
    auto& raw = *texts;
    throws([&] { static_cast<void>(raw.get("one")); });
    throws([&] { static_cast<void>(raw.insert("one", std::make_unique<int>(2))); });
    throws([&] { static_cast<void>(raw.erase("one")); });
    throws([&] { static_cast<void>(raw.resize(0, "one")); });
    EXPECT_EQ(texts->size(), 2U);
    EXPECT_EQ(texts->capacity(), 2U);
    EXPECT_TRUE(texts->contains("one"));
  }
}

}  // namespace
}  // namespace client_cache
