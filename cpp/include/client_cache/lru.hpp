// Least recently used: whoever has gone unused for longest is evicted first.
//
// Complexity: every operation is O(1), without allocation. A hook is two pointers.
// Thread safety: none.
// Invariant: the list runs from the least to the most recently used.
// Does not: remember anything of a hook that was erased.
#pragma once

#include "client_cache/eviction_policy.hpp"
#include "client_cache/intrusive_list.hpp"

namespace client_cache {

class Lru {
 public:
  struct Hook : ListLinks {};

  void reserve() noexcept {}
  void inserted(Hook& hook) noexcept { by_recency_.push_back(hook); }
  void hit(Hook& hook) noexcept { by_recency_.move_to_back(hook); }
  void erased(Hook& hook) noexcept { by_recency_.remove(hook); }
  void adopt(Hook& hook, const Hook& /*original*/) noexcept { by_recency_.push_back(hook); }

  [[nodiscard]] Hook* victim() const noexcept { return by_recency_.front(); }
  [[nodiscard]] Hook* last() const noexcept { return by_recency_.back(); }
  [[nodiscard]] Hook* next(const Hook& hook) const noexcept { return by_recency_.next(hook); }
  [[nodiscard]] Hook* previous(const Hook& hook) const noexcept { return by_recency_.previous(hook); }

  [[nodiscard]] bool check_invariants() const noexcept { return by_recency_.check_invariants(); }

 private:
  IntrusiveList<Hook> by_recency_;
};

static_assert(EvictionPolicy<Lru>);

}  // namespace client_cache
