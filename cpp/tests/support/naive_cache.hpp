// The oracle: a bounded cache as its definition reads. It keeps a list and sorts it whenever it is asked for an order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/lfu.hpp"
#include "client_cache/lru.hpp"

namespace client_cache::testing {

struct UseHistory {
  std::uint64_t uses;
  std::uint64_t last_use;
};

template <class Policy>
bool evicted_before(const UseHistory& one, const UseHistory& other);

template <>
inline bool evicted_before<Lru>(const UseHistory& one, const UseHistory& other) {
  return one.last_use < other.last_use;
}

template <>
inline bool evicted_before<Lfu>(const UseHistory& one, const UseHistory& other) {
  return std::tie(one.uses, one.last_use) < std::tie(other.uses, other.last_use);
}

template <class Policy>
class NaiveCache {
 public:
  using Items = std::vector<std::pair<int, int>>;

  // All that its future answers depend on: the capacity, and of each entry, the next victim first, key, value and uses.
  using State = std::pair<std::size_t, std::vector<std::tuple<int, int, std::uint64_t>>>;

  explicit NaiveCache(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  std::optional<int> get(int key) {
    for (auto& entry : entries_) {
      if (entry.key != key) continue;
      entry.history = {entry.history.uses + 1, ++clock_};
      return entry.value;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<int> peek(int key) const {
    for (const auto& entry : entries_) {
      if (entry.key == key) return entry.value;
    }
    return std::nullopt;
  }

  std::pair<Outcome, Items> insert(int key, int value) {
    if (peek(key)) return {Outcome::exists, {}};
    if (capacity_ == 0) return {Outcome::refused, {}};
    Items removed = evict_down_to(capacity_ - 1, std::nullopt);
    entries_.push_back({key, value, {1, ++clock_}});
    return {Outcome::stored, std::move(removed)};
  }

  Items erase(int key) {
    const std::optional<int> value = peek(key);
    if (!value) return {};
    std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; });
    return {{key, *value}};
  }

  Items pop_victim() { return entries_.empty() ? Items{} : erase(ordered().front().first); }

  Items clear() {
    Items removed = ordered();
    entries_.clear();
    return removed;
  }

  Items resize(std::size_t capacity, std::optional<int> keep = std::nullopt) {
    capacity_ = capacity;
    return evict_down_to(capacity, keep);
  }

  // The next victim first.
  [[nodiscard]] Items ordered() const {
    Items items;
    for (const Entry& entry : sorted()) items.emplace_back(entry.key, entry.value);
    return items;
  }

  [[nodiscard]] State state() const {
    State state{capacity_, {}};
    for (const Entry& entry : sorted()) state.second.emplace_back(entry.key, entry.value, entry.history.uses);
    return state;
  }

 private:
  struct Entry {
    int key;
    int value;
    UseHistory history;
  };

  [[nodiscard]] std::vector<Entry> sorted() const {
    std::vector<Entry> entries = entries_;
    std::sort(entries.begin(), entries.end(),
              [](const Entry& one, const Entry& other) { return evicted_before<Policy>(one.history, other.history); });
    return entries;
  }

  Items evict_down_to(std::size_t limit, std::optional<int> keep) {
    Items removed;
    while (size() > limit) {
      const Items order = ordered();
      const bool spared = keep && order.size() > 1 && order[0].first == *keep;
      removed.push_back(erase(order[spared ? 1 : 0].first).front());
    }
    return removed;
  }

  std::vector<Entry> entries_;
  std::size_t capacity_;
  std::uint64_t clock_ = 0;
};

}  // namespace client_cache::testing
