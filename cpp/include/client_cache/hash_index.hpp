// A hash table of pointers to entries: open addressing, linear probing, the entry's hash beside the pointer.
//
// With the hash in the slot, a probe reads an entry only when all bits of the hash agree, and growing reads none.
// Deletion shifts the rest of the run back, so there are no tombstones, and a table does not slow down with age.
//
// Complexity: find, insert and erase O(1) expected; reserve O(n) when it grows, O(1) amortised. A slot is two words,
// and at most 80 % of them are taken: 20 to 40 bytes an entry on a 64-bit machine. The table never shrinks, except by
// having an empty one assigned.
// Thread safety: none; const members are safe together.
// Invariants: the slot count is 0 or a power of two; at least a fifth of the slots is free; between an entry's home
// slot and its slot none is free.
// Does not: own entries, compute hashes or compare keys; duplicates are the caller's to prevent.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace client_cache {

template <class Entry>
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

  // The entry with this hash for which `matches(entry)` holds, or null.
  template <class Matches>
  [[nodiscard]] Entry* find(std::size_t hash, Matches matches) const {
    if (size_ == 0) return nullptr;
    for (std::size_t at = home(hash);; at = after(at)) {
      const Slot& slot = slots_[at];
      if (slot.entry == nullptr) return nullptr;
      if (slot.hash == hash && matches(std::as_const(*slot.entry))) return slot.entry;
    }
  }

  // Makes room for `count` entries in all: until there are as many, insert() needs no memory. Strong guarantee.
  void reserve(std::size_t count) {
    const std::size_t wanted = std::bit_ceil(count + count / 4 + 1);
    if (wanted <= slot_count_) return;
    HashIndex grown(wanted < kFewestSlots ? kFewestSlots : wanted);
    for (std::size_t at = 0; at < slot_count_; ++at) {
      if (slots_[at].entry != nullptr) grown.insert(slots_[at].hash, *slots_[at].entry);
    }
    swap(grown);
  }

  // The entry is new, and its room was reserved.
  void insert(std::size_t hash, Entry& entry) noexcept {
    std::size_t at = home(hash);
    while (slots_[at].entry != nullptr) at = after(at);
    slots_[at] = {hash, &entry};
    ++size_;
  }

  // The entry is here, under this hash.
  void erase(std::size_t hash, const Entry& entry) noexcept {
    std::size_t hole = home(hash);
    while (slots_[hole].entry != &entry) hole = after(hole);
    for (std::size_t at = after(hole); slots_[at].entry != nullptr; at = after(at)) {
      const bool reachable_from_hole = distance(home(slots_[at].hash), at) >= distance(hole, at);
      if (reachable_from_hole) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole].entry = nullptr;
    --size_;
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    std::size_t taken = 0;
    for (std::size_t at = 0; at < slot_count_; ++at) {
      if (slots_[at].entry == nullptr) continue;
      ++taken;
      for (std::size_t on_the_way = home(slots_[at].hash); on_the_way != at; on_the_way = after(on_the_way)) {
        if (slots_[on_the_way].entry == nullptr) return false;
      }
    }
    return taken == size_ &&
           (slot_count_ == 0 || (std::has_single_bit(slot_count_) && size_ + size_ / 4 < slot_count_));
  }

 private:
  struct Slot {
    std::size_t hash = 0;
    Entry* entry = nullptr;
  };

  static constexpr std::size_t kFewestSlots = 8;

  explicit HashIndex(std::size_t slot_count)
      : slots_(std::make_unique<Slot[]>(slot_count)),
        slot_count_(slot_count),
        home_shift_(static_cast<unsigned>(64 - std::countr_zero(slot_count))) {}

  // Fibonacci hashing: the top bits of the product depend on every bit of the hash, so a weak hash (std::hash of an
  // integer or a pointer is often the value itself) spreads too. The multiplier is 2^64 divided by the golden ratio.
  [[nodiscard]] std::size_t home(std::size_t hash) const noexcept {
    return static_cast<std::size_t>((std::uint64_t{hash} * 0x9E3779B97F4A7C15U) >> home_shift_);
  }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return (at + 1) & (slot_count_ - 1); }
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const noexcept {
    return (to - from) & (slot_count_ - 1);
  }

  void swap(HashIndex& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(slot_count_, other.slot_count_);
    std::swap(home_shift_, other.home_shift_);
    std::swap(size_, other.size_);
  }

  std::unique_ptr<Slot[]> slots_;
  std::size_t slot_count_ = 0;
  unsigned home_shift_ = 0;
  std::size_t size_ = 0;
};

}  // namespace client_cache
