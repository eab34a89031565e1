// The oracle: a bounded cache as its definition reads. It keeps a list and sorts it whenever it is asked for an order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
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

  // All that its answers to come depend on but for what it counts: the capacity, whether it is closed, and of each
  // entry, the next victim first, key, value, uses, times and pin.
  using EntryState = std::tuple<int, int, std::uint64_t, Time, Time, bool>;
  using State = std::tuple<std::size_t, bool, std::vector<EntryState>>;

  struct Insertion {
    Outcome outcome;
    Items removed;
  };

  using HashOf = std::size_t (*)(int);

  explicit NaiveCache(
      std::size_t capacity, Lifetime lifetime = {}, HashOf hash = [](int key) { return static_cast<std::size_t>(key); })
      : capacity_(capacity), lifetime_(lifetime), hash_(hash) {}

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Statistics& statistics() const { return statistics_; }

  std::optional<int> get(int key, Time now = {}) {
    const std::optional<int> value = use(key, now);
    ++(value ? statistics_.hits : statistics_.misses);
    const Ghost* const ghost = value ? nullptr : find_ghost(key);
    if (ghost != nullptr && now < ghost->end) {
      ++statistics_.regrets;
      if (!ghost->far) ++statistics_.near_regrets;
    }
    return value;
  }

  [[nodiscard]] std::optional<Eviction> eviction(int key) const {
    const Ghost* const ghost = find_ghost(key);
    return ghost == nullptr ? std::nullopt : std::optional(ghost->eviction);
  }

  // For a clone.
  void forget_ghosts() { ghosts_.clear(); }

  std::optional<int> use(int key, Time now = {}) {
    Entry* const entry = find_live(key, now);
    if (entry == nullptr) return std::nullopt;
    entry->history = {entry->history.uses + 1, ++clock_};
    entry->used = now;
    return entry->value;
  }

  [[nodiscard]] std::optional<int> peek(int key, Time now = {}) const {
    const Entry* const entry = const_cast<NaiveCache*>(this)->find_live(key, now);
    return entry == nullptr ? std::nullopt : std::optional(entry->value);
  }

  Insertion insert(int key, int value, Time now = {}) {
    if (closed_) return {Outcome::closed, {}};
    if (find(key) != nullptr) return {Outcome::exists, {}};
    if (capacity_ == 0) return {Outcome::refused, {}};
    if (pinned() == capacity_) return {Outcome::pinned, {}};
    forget_ghost(key);
    Items removed = evict_down_to(capacity_ - 1, {now, hash_(key)}, std::nullopt);
    entries_.push_back({key, value, {1, ++clock_}, now, now, false});
    return {Outcome::stored, std::move(removed)};
  }

  std::optional<int> replace(int key, int value, Time now = {}) {
    Entry* const entry = find_live(key, now);
    if (entry == nullptr) return std::nullopt;
    use(key, now);
    entry->created = now;
    return std::exchange(entry->value, value);
  }

  bool pin(int key, bool pinned) {
    Entry* const entry = find(key);
    if (entry != nullptr) entry->pinned = pinned;
    return entry != nullptr;
  }

  // In any order: sorted by key.
  Items expire(Time now) {
    Items removed;
    for (const Entry& entry : entries_) {
      if (is_expired(entry, now)) removed.emplace_back(entry.key, entry.value);
    }
    for (const auto& [key, value] : removed) erase(key);
    std::sort(removed.begin(), removed.end());
    statistics_.expirations += removed.size();
    return removed;
  }

  Items erase(int key) {
    const Entry* const entry = find(key);
    if (entry == nullptr) {
      forget_ghost(key);
      return {};
    }
    Items removed{{key, entry->value}};
    std::erase_if(entries_, [key](const Entry& each) { return each.key == key; });
    return removed;
  }

  Items pop_victim() {
    const std::optional<int> key = victim(std::nullopt);
    return key ? erase(*key) : Items{};
  }

  Items clear() {
    Items removed = ordered();
    entries_.clear();
    ghosts_.clear();
    return removed;
  }

  Items close() {
    closed_ = true;
    return clear();
  }

  // Null when more are pinned than would fit.
  std::optional<Items> resize(std::size_t capacity, Time now = {}) { return resize(capacity, std::nullopt, now); }
  std::optional<Items> resize(std::size_t capacity, std::optional<int> keep, Time now = {}) {
    if (capacity == 0 || (keep && find(*keep) == nullptr)) keep.reset();
    const std::size_t staying = pinned() + (keep && !find(*keep)->pinned ? 1 : 0);
    if (staying > capacity) return std::nullopt;
    Items removed = evict_down_to(capacity, {now, std::nullopt}, keep);
    capacity_ = capacity;
    keep_ghost_limits();
    return removed;
  }

  // The next victim first.
  [[nodiscard]] Items ordered() const {
    Items items;
    for (const Entry& entry : sorted()) items.emplace_back(entry.key, entry.value);
    return items;
  }

  [[nodiscard]] State state() const {
    std::vector<EntryState> entries;
    for (const Entry& each : sorted()) {
      entries.emplace_back(each.key, each.value, each.history.uses, each.created, each.used, each.pinned);
    }
    return {capacity_, closed_, std::move(entries)};
  }

 private:
  struct Entry {
    int key;
    int value;
    UseHistory history;
    Time created;
    Time used;
    bool pinned;
  };

  struct Ghost {
    std::size_t hash;
    Eviction eviction;
    Time end;
    bool far;
  };

  [[nodiscard]] Entry* find(int key) {
    for (Entry& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }
  [[nodiscard]] Entry* find_live(int key, Time now) {
    Entry* const entry = find(key);
    return entry == nullptr || is_expired(*entry, now) ? nullptr : entry;
  }
  [[nodiscard]] bool is_expired(const Entry& entry, Time now) const {
    return (lifetime_.ttl != kForever && now - entry.created >= lifetime_.ttl) ||
           (lifetime_.idle_ttl != kForever && now - entry.used >= lifetime_.idle_ttl);
  }
  [[nodiscard]] std::size_t pinned() const {
    return static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(), [](auto& each) { return each.pinned; }));
  }

  // The first of the order that is neither pinned nor `keep`.
  [[nodiscard]] std::optional<int> victim(std::optional<int> keep) {
    for (const auto& [key, value] : ordered()) {
      if (!find(key)->pinned && keep != key) return key;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<Entry> sorted() const {
    std::vector<Entry> entries = entries_;
    std::sort(entries.begin(), entries.end(),
              [](const Entry& one, const Entry& other) { return evicted_before<Policy>(one.history, other.history); });
    return entries;
  }

  [[nodiscard]] const Ghost* find_ghost(int key) const {
    for (const Ghost& ghost : ghosts_) {
      if (ghost.hash == hash_(key)) return &ghost;
    }
    return nullptr;
  }
  void forget_ghost(int key) {
    std::erase_if(ghosts_, [hash = hash_(key)](const Ghost& ghost) { return ghost.hash == hash; });
  }
  void remember(int key, const Eviction& eviction) {
    const auto end = [](Time start, Time limit) { return limit == kForever ? kForever : start + limit; };
    const Entry& entry = *find(key);
    forget_ghost(key);
    if (capacity_ > 0 && ghosts_.size() == 3 * capacity_) ghosts_.erase(ghosts_.begin());
    ghosts_.push_back({hash_(key), eviction,
                       std::min(end(entry.created, lifetime_.ttl), end(entry.used, lifetime_.idle_ttl)), false});
    keep_ghost_limits();
  }
  void keep_ghost_limits() {
    const auto is_near = [](const Ghost& ghost) { return !ghost.far; };
    while (std::count_if(ghosts_.begin(), ghosts_.end(), is_near) > static_cast<std::ptrdiff_t>(capacity_)) {
      std::find_if(ghosts_.begin(), ghosts_.end(), is_near)->far = true;
    }
    while (std::count_if(ghosts_.begin(), ghosts_.end(), std::not_fn(is_near)) >
           2 * static_cast<std::ptrdiff_t>(capacity_)) {
      ghosts_.erase(ghosts_.begin());
    }
  }

  Items evict_down_to(std::size_t limit, const Eviction& eviction, std::optional<int> keep) {
    Items removed;
    while (size() > limit) {
      const int key = *victim(keep);
      remember(key, eviction);
      removed.push_back(erase(key).front());
    }
    statistics_.evictions += removed.size();
    return removed;
  }

  std::vector<Entry> entries_;
  std::vector<Ghost> ghosts_;  // the oldest first
  std::size_t capacity_;
  Lifetime lifetime_;
  HashOf hash_;
  bool closed_ = false;
  Statistics statistics_;
  std::uint64_t clock_ = 0;
};

}  // namespace client_cache::testing
