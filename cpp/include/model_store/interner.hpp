// A hash table of positions: finds what equals a new thing among things that are stored elsewhere, or takes it in.
//
// Complexity: O(1) expected. Thread safety: none. Invariant: at most half of the slots are used.
// Not here: the things themselves, and removal.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model_store/pages.hpp"

namespace model_store {

class Interner {
 public:
  // The position for which `equals(position)` holds among those of this hash, or else `fresh()`, which is taken in.
  template <typename Equals, typename Fresh>
  std::uint32_t find_or_add(std::size_t hash, Equals equals, Fresh fresh) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    const auto tag = static_cast<std::uint32_t>(hash);
    std::size_t i = tag & mask();
    for (; slots_[i].used; i = (i + 1) & mask()) {
      if (slots_[i].tag == tag && equals(slots_[i].position)) return slots_[i].position;
    }
    const std::uint32_t position = fresh();
    slots_[i] = {tag, position, true};
    ++used_;
    return position;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t position = 0;
    bool used = false;
  };

  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

  void grow() {
    constexpr std::size_t kFirstSize = 256;
    PageVector<Slot> old(slots_.empty() ? kFirstSize : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (!slot.used) continue;
      std::size_t i = slot.tag & mask();
      while (slots_[i].used) i = (i + 1) & mask();
      slots_[i] = slot;
    }
  }

  PageVector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace model_store
