// A cache of at most capacity() entries that gives them up in its policy's exact order.
//
// Lookups take any query that `Hash` and `Equal` accept: a query finds the key for which Equal{}(key, query) holds, and
// Hash{} must agree on the two.
//
// Complexity: O(1) expected, besides clear, clone and walks (O(n)) and resize (O(evicted)).
// Thread safety: none; see ConcurrentCache.
// Invariants: size() <= capacity(). What a member function removes it returns, so keys and values are destroyed only
// with the cache, and user code runs nowhere but in Hash, Equal, copies and visitors. A call that throws (no memory, a
// throwing Hash or Equal) has changed nothing and left its arguments unmoved. Pointers stay valid until their entry
// leaves. A cache moved from is empty.
// Does not: lock, overwrite a stored value, or give back the index's memory except in clear().
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "client_cache/entry.hpp"
#include "client_cache/entry_table.hpp"
#include "client_cache/eviction_policy.hpp"
#include "client_cache/lru.hpp"
#include "client_cache/removed.hpp"

namespace client_cache {

enum class Outcome {
  stored,
  exists,   // an equal key is there: nothing changed
  refused,  // the capacity is 0: nothing changed
};

template <class Key, class Value, EvictionPolicy Policy = Lru, class Hash = std::hash<Key>,
          class Equal = std::equal_to<>>
class BoundedCache {
  using Entry = client_cache::Entry<typename Policy::Hook, Key, Value>;

 public:
  using KeyType = Key;
  using ValueType = Value;
  using Outcome = client_cache::Outcome;
  using Removed = client_cache::Removed<Entry>;

  struct [[nodiscard]] Insertion {
    Outcome outcome;
    Removed removed;
  };

  explicit BoundedCache(std::size_t capacity) noexcept : capacity_(capacity) {}

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  // Counts as a use. Null when there is no such key.
  template <class Query>
  [[nodiscard]] Value* get(const Query& query) {
    Entry* const entry = find(query);
    if (entry == nullptr) return nullptr;
    entries_.hit(*entry);
    return &entry->item.value;
  }

  // Does not count as a use.
  template <class Query>
  [[nodiscard]] const Value* peek(const Query& query) const {
    const Entry* const entry = find(query);
    return entry == nullptr ? nullptr : &entry->item.value;
  }

  template <class Query>
  [[nodiscard]] bool contains(const Query& query) const {
    return find(query) != nullptr;
  }

  // Moves from its arguments only when it stores. Evicts before it stores, so the new entry is never the victim.
  Insertion insert(Key&& key, Value&& value) {
    const std::size_t hash = Hash{}(std::as_const(key));
    if (find(key, hash) != nullptr) return {Outcome::exists, {}};
    if (capacity_ == 0) return {Outcome::refused, {}};
    entries_.reserve(std::min(size() + 1, capacity_));
    Entry& entry = *new Entry(hash, std::move(key), std::move(value));  // the last step that can fail
    Insertion insertion{Outcome::stored, evict_down_to(capacity_ - 1)};
    entries_.add(entry);
    return insertion;
  }

  template <class Query>
  Removed erase(const Query& query) {
    Removed removed;
    if (Entry* const entry = find(query)) entries_.take(*entry, removed);
    return removed;
  }

  // Takes the entry that would be evicted next.
  Removed pop_victim() noexcept {
    Removed removed;
    if (Entry* const victim = entries_.victim()) entries_.take(*victim, removed);
    return removed;
  }

  Removed clear() noexcept { return entries_.take_all(); }

  Removed resize(std::size_t capacity) noexcept {
    capacity_ = capacity;
    return evict_down_to(capacity);
  }

  // The entry `keep` is evicted only when the capacity is 0.
  template <class Query>
  Removed resize(std::size_t capacity, const Query& keep) {
    const Entry* const kept = find(keep);
    capacity_ = capacity;
    return evict_down_to(capacity, kept);
  }

  // visit(const Key&, const Value&) in the order of eviction, the next victim first.
  template <class F>
  void for_each(F visit) const {
    entries_.for_each([&visit](const Entry& entry) { visit(entry.item.key, entry.item.value); });
  }

  template <class F>
  void for_each_reversed(F visit) const {
    entries_.for_each_reversed([&visit](const Entry& entry) { visit(entry.item.key, entry.item.value); });
  }

  // The same entries, order, use history and capacity.
  [[nodiscard]] BoundedCache clone() const {
    BoundedCache copy(capacity_);
    clone_into(copy);
    return copy;
  }

  // The same, into an empty cache. When it throws, what was copied so far is in `copy`, to be destroyed by its owner.
  void clone_into(BoundedCache& copy) const {
    copy.capacity_ = capacity_;
    entries_.clone_into(copy.entries_);
  }

  // For tests: whether all parts agree, and every key is found under its own hash. O(n).
  [[nodiscard]] bool check_invariants() const {
    bool found = true;
    entries_.for_each([&](const Entry& entry) { found = found && find(entry.item.key) == &entry; });
    return found && entries_.check_invariants() && size() <= capacity_;
  }

 private:
  template <class Query>
  [[nodiscard]] Entry* find(const Query& query) const {
    return find(query, Hash{}(query));
  }

  template <class Query>
  [[nodiscard]] Entry* find(const Query& query, std::size_t hash) const {
    return entries_.find(hash, [&query](const Entry& entry) { return Equal{}(entry.item.key, query); });
  }

  Removed evict_down_to(std::size_t limit, const Entry* keep = nullptr) noexcept {
    Removed removed;
    while (size() > limit) entries_.take(*entries_.victim(keep), removed);
    return removed;
  }

  EntryTable<Entry, Policy> entries_;
  std::size_t capacity_;
};

}  // namespace client_cache
