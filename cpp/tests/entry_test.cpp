#include "client_cache/entry.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "client_cache/lfu.hpp"
#include "client_cache/lru.hpp"

namespace client_cache {
namespace {

TEST(EntryTest, TakesKeyAndValueByMove) {
  std::string key = "a key too long for the small string buffer";
  const char* const text = key.data();
  auto value = std::make_unique<int>(7);
  const int* const address = value.get();
  const Entry<Lru::Hook, std::string, std::unique_ptr<int>> entry(1, std::move(key), std::move(value));
  EXPECT_EQ(entry.hash, 1U);
  EXPECT_EQ(entry.item.key.data(), text);
  EXPECT_EQ(entry.item.value.get(), address);
}

TEST(EntryTest, ACopyHasTheItemAndAFreshHook) {
  Entry<Lru::Hook, std::string, int> original(1, "key", 7);
  original.previous = original.next = &original;
  const auto copy(original);
  EXPECT_EQ(copy.hash, 1U);
  EXPECT_EQ(copy.item.key, "key");
  EXPECT_EQ(copy.item.value, 7);
  EXPECT_EQ(copy.next, nullptr);
  EXPECT_EQ(copy.previous, nullptr);
}

// Memory an entry takes is a promise of docs/algorithms.md.
TEST(EntryTest, AnEntryOfTwoPointersIsFiveWordsInLruAndSixInLfu) {
  EXPECT_EQ(sizeof(Entry<Lru::Hook, void*, void*>), 5 * sizeof(void*));
  EXPECT_EQ(sizeof(Entry<Lfu::Hook, void*, void*>), 6 * sizeof(void*));
}

}  // namespace
}  // namespace client_cache
