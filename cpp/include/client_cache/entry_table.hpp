// The entries of a cache: an index that finds them and a policy that orders them, kept in step.
//
// Complexity: O(1) expected, besides take_all, clone_into and walks (O(n)).
// Thread safety: none.
// Invariants: index and policy know the same entries, and the table owns them. What leaves is handed over, not
// destroyed. Everything that can fail (reserve, the making of an entry) comes before anything that changes.
// Does not: know a capacity, or how a key is hashed or compared.
#pragma once

#include <cstddef>
#include <utility>

#include "client_cache/eviction_policy.hpp"
#include "client_cache/hash_index.hpp"
#include "client_cache/removed.hpp"

namespace client_cache {

template <class Entry, EvictionPolicy Policy>
class EntryTable {
  using Hook = typename Policy::Hook;
  using Removed = client_cache::Removed<Entry>;

 public:
  EntryTable() noexcept = default;
  EntryTable(EntryTable&& other) noexcept = default;
  EntryTable& operator=(EntryTable&& other) noexcept {
    EntryTable taken(std::move(other));
    std::swap(index_, taken.index_);
    std::swap(policy_, taken.policy_);
    return *this;
  }
  EntryTable(const EntryTable&) = delete;
  EntryTable& operator=(const EntryTable&) = delete;
  ~EntryTable() { static_cast<void>(take_all()); }

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

  // The entry with this hash for which `matches(entry)` holds, or null.
  template <class Matches>
  [[nodiscard]] Entry* find(std::size_t hash, Matches matches) const {
    return index_.find(hash, matches);
  }

  void hit(Entry& entry) { policy_.hit(entry); }

  // Until there are `count` entries, the next add() needs no memory.
  void reserve(std::size_t count) {
    index_.reserve(count);
    policy_.reserve();
  }

  // Takes ownership of a new entry, for which reserve() made room.
  void add(Entry& entry) noexcept {
    index_.insert(entry.hash, entry);
    policy_.inserted(entry);
  }

  void take(Entry& entry, Removed& removed) noexcept {
    index_.erase(entry.hash, entry);
    policy_.erased(entry);
    removed.append(entry);
  }

  Removed take_all() noexcept {
    Removed removed;
    for_each([&removed](Entry& entry) { removed.append(entry); });
    index_ = {};
    policy_ = {};
    return removed;
  }

  // Who is evicted next, or, when that is `keep`, who is evicted after it, if anybody.
  [[nodiscard]] Entry* victim(const Entry* keep = nullptr) const noexcept {
    Hook* const victim = policy_.victim();
    if (victim == nullptr || victim != keep) return entry_of(victim);
    Hook* const after = policy_.next(*victim);
    return entry_of(after == nullptr ? victim : after);
  }

  // visit(Entry&) in the order of eviction, the next victim first.
  template <class F>
  void for_each(F visit) const {
    for (Hook* hook = policy_.victim(); hook != nullptr; hook = policy_.next(*hook)) visit(*entry_of(hook));
  }

  template <class F>
  void for_each_reversed(F visit) const {
    for (Hook* hook = policy_.last(); hook != nullptr; hook = policy_.previous(*hook)) visit(*entry_of(hook));
  }

  // The same entries, order and use history, into an empty table. When it throws, what was copied so far is in `copy`.
  void clone_into(EntryTable& copy) const {
    for_each([this, &copy](const Entry& original) {
      copy.reserve(size());
      Entry& entry = *new Entry(original);
      copy.index_.insert(entry.hash, entry);
      copy.policy_.adopt(entry, original);
    });
  }

  // For tests: whether index and policy are sound and know the same entries. O(n).
  [[nodiscard]] bool check_invariants() const noexcept {
    if (!index_.check_invariants() || !policy_.check_invariants()) return false;
    std::size_t ordered = 0;
    const Hook* before = nullptr;
    bool sound = true;
    for_each([&](const Entry& entry) {
      sound = sound && policy_.previous(entry) == before &&
              find(entry.hash, [&entry](const Entry& found) { return &found == &entry; }) != nullptr;
      before = &entry;
      ++ordered;
    });
    return sound && policy_.last() == before && ordered == size();
  }

 private:
  static Entry* entry_of(Hook* hook) noexcept { return static_cast<Entry*>(hook); }

  HashIndex<Entry> index_;
  Policy policy_;
};

}  // namespace client_cache
