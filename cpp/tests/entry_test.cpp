#include "client_cache/entry.hpp"

#include <gtest/gtest.h>

#include <cstdint>
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

// As the binding's objects are, with the number of what built them.
class Marked {
 public:
  Marked(void* object, std::uint32_t mark) : object_(object), mark_(mark) {}
  Marked(Marked&& other) noexcept : object_(std::exchange(other.object_, nullptr)), mark_(other.mark_) {}
  Marked(const Marked& other) = default;
  Marked& operator=(Marked&& other) noexcept {
    object_ = std::exchange(other.object_, nullptr);
    mark_ = other.mark_;
    return *this;
  }
  void* object() const { return object_; }
  std::uint32_t mark() const { return mark_; }

 private:
  void* object_;
  std::uint32_t mark_;
};

TEST(EntryTest, WhatFitsIntoTheValuesPaddingTakesNoMemoryAndStaysWhenTheValueIsAssigned) {
  Entry<Lru::Hook, void*, Marked> entry(1, nullptr, Marked(nullptr, 7));
#ifndef _MSC_VER  // which does not let members share bytes
  EXPECT_EQ(sizeof(entry), 12 * sizeof(void*));
#endif
  entry.pinned = true;
  entry.item.value = Marked(&entry, 8);
  EXPECT_TRUE(entry.pinned);
  entry.pinned = false;
  EXPECT_EQ(entry.item.value.mark(), 8U);
  EXPECT_EQ(entry.item.value.object(), &entry);
}

}  // namespace
}  // namespace client_cache
