// A hash table of numbers: open addressing, linear probing, half of the spread hash beside the number.
//
// With that in the slot, a probe asks about a number only when 32 bits agree, and growing asks about none.
// Deletion shifts the rest of the run back, so there are no tombstones, and a table does not slow down with age.
//
// Complexity: find, insert and erase O(1) expected; reserve O(n) when it grows, O(1) amortised. A slot is eight bytes,
// and at most two thirds of them are taken, as in CPython's dict: 12 bytes an entry where all are there that may come,
// and up to 96 before. A fuller table costs more than it saves: at three quarters an evicting insertion among 100,000
// entries took twice as long. The table never shrinks, except by having an empty one assigned.
// Thread safety: none; const members are safe together.
// Invariants: at least a third of the slots is free; between an entry's home slot and its slot none is free.
// Does not: own entries, compute hashes or compare keys; duplicates are the caller's to prevent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "client_cache/number.hpp"

namespace client_cache {

class HashIndex {
 public:
  HashIndex() noexcept = default;
  HashIndex(HashIndex&& other) noexcept { swap(other); }
  HashIndex& operator=(HashIndex&& other) noexcept {
    HashIndex taken(std::move(other));
    swap(taken);
    return *this;
  }
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;
  ~HashIndex() = default;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // The number under this hash for which `matches(number)` holds, or kNone. It may be asked about one of another hash,
  // of which it is to say that it does not match.
  template <class Matches>
  [[nodiscard]] Number find(std::size_t hash, Matches matches) const {
    if (size_ == 0) return kNone;
    const std::uint32_t spread = spread_of(hash);
    for (std::size_t at = home(spread);; at = after(at)) {
      const Slot slot = slots_[at];
      if (slot.number == kNone || (slot.spread == spread && matches(slot.number))) return slot.number;
    }
  }

  // Makes room for `count` numbers in all: until there are as many, insert() needs no memory. There are hardly to be
  // more than `most`. Strong guarantee.
  void reserve(std::size_t count, std::size_t most = kHighestNumber) {
    if (slots_for(count) <= slot_count_) return;
    const std::size_t last = slots_for(std::min(most, std::size_t{kHighestNumber}));
    const std::size_t doubled = std::max({slots_for(count), 2 * slot_count_, kFewestSlots});
    HashIndex grown(doubled <= last / 4 || slots_for(count) > last ? doubled : last);  // where it will grow to anyway
    for (std::size_t at = 0; at < slot_count_; ++at) {
      if (slots_[at].number != kNone) grown.insert(slots_[at]);
    }
    swap(grown);
  }

  // The number is new, and its room was reserved.
  void insert(std::size_t hash, Number number) noexcept { insert(Slot{spread_of(hash), number}); }

  // The number is here, under this hash.
  void erase(std::size_t hash, Number number) noexcept {
    std::size_t hole = home(spread_of(hash));
    while (slots_[hole].number != number) hole = after(hole);
    for (std::size_t at = after(hole); slots_[at].number != kNone; at = after(at)) {
      const bool reachable_from_hole = distance(home(slots_[at].spread), at) >= distance(hole, at);
      if (reachable_from_hole) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole].number = kNone;
    --size_;
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    std::size_t taken = 0;
    for (std::size_t at = 0; at < slot_count_; ++at) {
      if (slots_[at].number == kNone) continue;
      ++taken;
      for (std::size_t on_the_way = home(slots_[at].spread); on_the_way != at; on_the_way = after(on_the_way)) {
        if (slots_[on_the_way].number == kNone) return false;
      }
    }
    return taken == size_ && (slot_count_ == 0 || slots_for(size_) <= slot_count_);
  }

 private:
  struct Slot {
    std::uint32_t spread = 0;
    Number number = kNone;
  };

  static constexpr std::size_t kFewestSlots = 8;

  static constexpr std::size_t slots_for(std::size_t count) noexcept { return count + count / 2 + 1; }

  explicit HashIndex(std::size_t slot_count) : slots_(std::make_unique<Slot[]>(slot_count)), slot_count_(slot_count) {}

  // Fibonacci hashing: the top bits of the product depend on every bit of the hash, so a weak hash (std::hash of an
  // integer or a pointer is often the value itself) spreads too. The multiplier is 2^64 divided by the golden ratio.
  static constexpr std::uint32_t spread_of(std::size_t hash) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{hash} * 0x9E3779B97F4A7C15U) >> 32U);
  }
  // Its share of the slots: no more than 2^32 times the one by the other, so that any number of slots will do.
  [[nodiscard]] std::size_t home(std::uint32_t spread) const noexcept {
    return static_cast<std::size_t>((std::uint64_t{spread} * slot_count_) >> 32U);
  }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return at + 1 == slot_count_ ? 0 : at + 1; }
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const noexcept {
    return to >= from ? to - from : to + slot_count_ - from;
  }

  void insert(Slot added) noexcept {
    std::size_t at = home(added.spread);
    while (slots_[at].number != kNone) at = after(at);
    slots_[at] = added;
    ++size_;
  }

  void swap(HashIndex& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(slot_count_, other.slot_count_);
    std::swap(size_, other.size_);
  }

  std::unique_ptr<Slot[]> slots_;
  std::size_t slot_count_ = 0;
  std::size_t size_ = 0;
};

}  // namespace client_cache
