// Judges a recorded history: is there an order of its calls, one at a time, in which the cache's definition gives every
// answer that was recorded, and no call comes before one that had been answered when it was invoked?
//
// The search is that of Wing and Gong, exhaustive: every call that may come next is tried. What was tried is remembered
// by the calls that are done and the state they led to, since what follows depends on nothing else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "support/naive_cache.hpp"
#include "support/recorded_history.hpp"

namespace client_cache::testing {

// The definition, with the names of a ConcurrentCache.
template <class Policy>
class SequentialCache : public NaiveCache<Policy> {
 public:
  using NaiveCache<Policy>::NaiveCache;

  [[nodiscard]] bool contains(int key) const { return this->peek(key).has_value(); }
  [[nodiscard]] auto snapshot() const { return this->ordered(); }
  auto resize(std::size_t capacity) {
    auto removed = NaiveCache<Policy>::resize(capacity);
    if (!removed) throw std::length_error("more entries are pinned than would fit");
    return *std::move(removed);
  }
};

template <class Policy>
class LinearizabilityCheck {
 public:
  // At most 64 events.
  explicit LinearizabilityCheck(RecordedHistory history) : history_(std::move(history)) {}

  // The cache is in its state before the first call.
  [[nodiscard]] bool passes(const SequentialCache<Policy>& before) { return passes(before, 0); }

 private:
  using Events = std::uint64_t;  // one bit for each

  static Events bit(std::size_t event) { return Events{1} << event; }

  // NOLINTNEXTLINE(misc-no-recursion): one level for each event
  bool passes(const SequentialCache<Policy>& before, Events done) {
    std::uint64_t first_answer = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t event = 0; event < history_.size(); ++event) {
      if ((done & bit(event)) == 0) first_answer = std::min(first_answer, history_[event].answered);
    }
    if (first_answer == std::numeric_limits<std::uint64_t>::max()) return true;
    for (std::size_t event = 0; event < history_.size(); ++event) {
      if ((done & bit(event)) != 0 || history_[event].invoked > first_answer) continue;
      SequentialCache<Policy> cache = before;
      if (perform(cache, history_[event].call) != history_[event].answer) continue;
      const Events done_next = done | bit(event);
      if (tried_.emplace(done_next, cache.state()).second && passes(cache, done_next)) return true;
    }
    return false;
  }

  RecordedHistory history_;
  std::set<std::pair<Events, typename NaiveCache<Policy>::State>> tried_;
};

template <class Policy>
bool linearizable(const RecordedHistory& history, const SequentialCache<Policy>& before) {
  return LinearizabilityCheck<Policy>(history).passes(before);
}

}  // namespace client_cache::testing
