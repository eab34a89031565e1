// A hash table of positions: finds what equals a new thing among things that are stored elsewhere, or takes it in.
//
// Complexity: O(1) expected. Thread safety: none. Invariant: at most half of the slots are used.
// Not here: the things themselves, and removal.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "model_store/pages.hpp"

namespace model_store {

class Interner {
 public:
  explicit Interner(std::size_t expected = 0) : slots_(std::bit_ceil(2 * expected + kFewest)) {}

  // The position for which `equals(position)` holds among those of this hash, or else `fresh()`, which is taken in.
  template <typename Equals, typename Fresh>
  std::uint32_t find_or_add(std::size_t hash, Equals equals, Fresh fresh) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    const auto tag = static_cast<std::uint32_t>(hash);
    std::size_t i = tag & mask();
    for (; slots_[i].next_position != 0; i = (i + 1) & mask()) {
      if (slots_[i].tag == tag && equals(slots_[i].next_position - 1)) return slots_[i].next_position - 1;
    }
    const std::uint32_t position = fresh();
    slots_[i] = {tag, position + 1};
    ++used_;
    return position;
  }

 private:
  static constexpr std::size_t kFewest = 256;

  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t next_position = 0;  // the position + 1, or 0 for an empty slot
  };

  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

  void grow() {
    PageVector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.next_position == 0) continue;
      std::size_t i = slot.tag & mask();
      while (slots_[i].next_position != 0) i = (i + 1) & mask();
      slots_[i] = slot;
    }
  }

  PageVector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace model_store
