// Least recently used: whoever has gone unused for longest is evicted first.
//
// Complexity: every operation is O(1), and only reserve() allocates, O(1) amortised. An entry takes eight bytes.
// Thread safety: none.
// Invariant: the list runs from the least to the most recently used.
// Does not: remember anything of an entry that was erased.
#pragma once

#include <vector>

#include "client_cache/eviction_policy.hpp"
#include "client_cache/number.hpp"
#include "client_cache/numbered_list.hpp"

namespace client_cache {

class Lru {
 public:
  void reserve(Number highest, Number most) { make_room(neighbours_, highest, most); }
  void inserted(Number number) noexcept { by_recency_.push_back(neighbours_.data(), number); }
  void hit(Number number) noexcept { by_recency_.move_to_back(neighbours_.data(), number); }
  void erased(Number number) noexcept { by_recency_.remove(neighbours_.data(), number); }
  void adopt(Number number, const Lru& /*original*/, Number /*its_number*/) noexcept { inserted(number); }

  [[nodiscard]] Number victim() const noexcept { return by_recency_.front(); }
  [[nodiscard]] Number last() const noexcept { return by_recency_.back(); }
  [[nodiscard]] Number next(Number number) const noexcept { return neighbours_[number].next; }
  [[nodiscard]] Number previous(Number number) const noexcept { return neighbours_[number].previous; }

  [[nodiscard]] bool check_invariants() const noexcept { return by_recency_.check_invariants(neighbours_.data()); }

 private:
  std::vector<Neighbours> neighbours_;  // by number
  NumberedList by_recency_;
};

static_assert(EvictionPolicy<Lru>);

}  // namespace client_cache
