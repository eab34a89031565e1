#include "client_cache/entry.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace client_cache {
namespace {

TEST(EntryTest, TakesKeyAndValueByMove) {
  std::string key = "a key too long for the small string buffer";
  const char* const text = key.data();
  auto value = std::make_unique<int>(7);
  const int* const address = value.get();
  const Entry<std::string, std::unique_ptr<int>> entry(1, std::move(key), std::move(value));
  EXPECT_EQ(entry.hash, 1U);
  EXPECT_EQ(entry.item.key.data(), text);
  EXPECT_EQ(entry.item.value.get(), address);
  EXPECT_FALSE(entry.pinned);
}

// Memory an entry takes is a promise of docs/algorithms.md.
TEST(EntryTest, AnEntryOfTwoPointersIsFourWords) { EXPECT_EQ(sizeof(Entry<void*, void*>), 4 * sizeof(void*)); }

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
  Entry<void*, Marked> entry(1, nullptr, Marked(nullptr, 7));
#ifndef _MSC_VER  // which does not let members share bytes
  EXPECT_EQ(sizeof(entry), 4 * sizeof(void*));
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
