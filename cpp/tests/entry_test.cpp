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
  Lru::Hook& linked = original;
  linked.previous = linked.next = &linked;
  original.pinned = true;
  original.created = original.used = Time(3);
  const auto copy(original);
  EXPECT_EQ(copy.hash, 1U);
  EXPECT_EQ(copy.item.key, "key");
  EXPECT_EQ(copy.item.value, 7);
  const Lru::Hook& hook = copy;
  EXPECT_EQ(hook.next, nullptr);
  EXPECT_EQ(hook.previous, nullptr);
  EXPECT_TRUE(copy.pinned);
  EXPECT_EQ(copy.created, Time(3));
  EXPECT_EQ(copy.used, Time(3));
}

// Memory an entry takes is a promise of docs/algorithms.md.
TEST(EntryTest, AnEntryOfTwoPointersIsTwelveWordsInLruAndThirteenInLfu) {
  EXPECT_EQ(sizeof(Entry<Lru::Hook, void*, void*>), 12 * sizeof(void*));
  EXPECT_EQ(sizeof(Entry<Lfu::Hook, void*, void*>), 13 * sizeof(void*));
}

}  // namespace
}  // namespace client_cache
