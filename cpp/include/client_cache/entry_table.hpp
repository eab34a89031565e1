// The entries of a cache: an index that finds them, a policy that orders them and an expiration that dates them, kept
// in step.
//
// Complexity: O(1) expected, besides take_all, clone_into and walks (O(n)), and victim(): O(pinned entries before it).
// Thread safety: none.
// Invariants: index, policy and expiration know the same entries, and the table owns them. A pinned entry is no victim.
// What leaves is handed over, not destroyed. Everything that can fail (reserve, the making of an entry) comes before
// anything that changes.
// Does not: know a capacity, or how a key is hashed or compared.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "client_cache/eviction_policy.hpp"
#include "client_cache/expiration.hpp"
#include "client_cache/hash_index.hpp"
#include "client_cache/removed.hpp"

namespace client_cache {

template <class Entry, EvictionPolicy Policy>
class EntryTable {
  using Hook = typename Policy::Hook;

 public:
  using Removed = client_cache::Removed<Entry>;

  explicit EntryTable(Lifetime lifetime = {}) noexcept : expiration_(lifetime) {}
  EntryTable(EntryTable&& other) noexcept
      : index_(std::move(other.index_)),
        policy_(std::move(other.policy_)),
        expiration_(std::move(other.expiration_)),
        pinned_(std::exchange(other.pinned_, 0)) {}
  EntryTable& operator=(EntryTable&& other) noexcept {
    EntryTable taken(std::move(other));
    std::swap(index_, taken.index_);
    std::swap(policy_, taken.policy_);
    std::swap(expiration_, taken.expiration_);
    std::swap(pinned_, taken.pinned_);
    return *this;
  }
  EntryTable(const EntryTable&) = delete;
  EntryTable& operator=(const EntryTable&) = delete;
  ~EntryTable() { static_cast<void>(take_all()); }

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }
  [[nodiscard]] std::size_t pinned() const noexcept { return pinned_; }
  [[nodiscard]] Lifetime lifetime() const noexcept { return expiration_.lifetime(); }

  // The entry with this hash for which `matches(entry)` holds, or null.
  template <class Matches>
  [[nodiscard]] Entry* find(std::size_t hash, Matches matches) const {
    return index_.find(hash, matches);
  }

  void hit(Entry& entry, Time now = {}) {
    policy_.hit(entry);
    expiration_.hit(entry, now);
  }

  // The entry starts a new life: its value was replaced, which counts as a use.
  void renew(Entry& entry, Time now) {
    policy_.hit(entry);
    expiration_.erased(entry);
    expiration_.inserted(entry, now);
  }

  void pin(Entry& entry, bool pinned) noexcept {
    pinned_ += static_cast<std::size_t>(pinned) - static_cast<std::size_t>(entry.pinned);
    entry.pinned = pinned;
  }

  [[nodiscard]] bool is_expired(const Entry& entry, Time now) const noexcept {
    return expiration_.is_expired(entry, now);
  }
  [[nodiscard]] Time end_of(const Entry& entry) const noexcept { return expiration_.end_of(entry); }
  [[nodiscard]] Entry* first_expired(Time now) const noexcept {
    return static_cast<Entry*>(expiration_.first_expired(now));
  }

  // Until there are `count` entries, the next add() needs no memory.
  void reserve(std::size_t count) {
    index_.reserve(count);
    policy_.reserve();
  }

  // Takes ownership of a new entry, for which reserve() made room.
  void add(Entry& entry, Time now = {}) noexcept {
    index_.insert(entry.hash, entry);
    policy_.inserted(entry);
    expiration_.inserted(entry, now);
  }

  void take(Entry& entry, Removed& removed) noexcept {
    index_.erase(entry.hash, entry);
    policy_.erased(entry);
    expiration_.erased(entry);
    pin(entry, false);
    removed.append(entry);
  }

  Removed take_all() noexcept {
    Removed removed;
    for_each([&removed](Entry& entry) { removed.append(entry); });
    index_ = {};
    policy_ = {};
    expiration_ = Expiration(lifetime());
    pinned_ = 0;
    return removed;
  }

  // Those for which `condition(entry)` holds, in the order of eviction.
  template <class Condition>
  void take_every(Condition condition, Removed& removed) noexcept {
    for (Hook* hook = policy_.victim(); hook != nullptr;) {
      Entry& entry = *entry_of(hook);
      hook = policy_.next(*hook);
      if (condition(std::as_const(entry))) take(entry, removed);
    }
  }

  // Who is evicted next, passing over pinned entries; null when there is nobody else.
  [[nodiscard]] Entry* victim() const noexcept {
    return victim([](const Entry&) { return true; });
  }

  // The same, passing over those for which `condition(entry)` does not hold too.
  template <class Condition>
  [[nodiscard]] Entry* victim(Condition condition) const noexcept {
    Entry* entry = entry_of(policy_.victim());
    while (entry != nullptr && (entry->pinned || !condition(std::as_const(*entry))))
      entry = entry_of(policy_.next(*entry));
    return entry;
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
    std::vector<Expiration::Hook*> dated;
    dated.reserve(size());
    for_each([this, &copy, &dated](const Entry& original) {
      copy.reserve(size());
      Entry& entry = *new Entry(original);
      copy.index_.insert(entry.hash, entry);
      copy.policy_.adopt(entry, original);
      dated.push_back(&entry);
    });
    copy.expiration_ = Expiration(lifetime());
    copy.expiration_.adopt(dated);
    copy.pinned_ = pinned_;
  }

  // For tests: whether index and policy are sound and know the same entries. O(n).
  [[nodiscard]] bool check_invariants() const noexcept {
    if (!index_.check_invariants() || !policy_.check_invariants() || !expiration_.check_invariants()) return false;
    std::size_t ordered = 0;
    std::size_t pinned = 0;
    const Hook* before = nullptr;
    bool sound = true;
    for_each([&](const Entry& entry) {
      sound = sound && policy_.previous(entry) == before &&
              find(entry.hash, [&entry](const Entry& found) { return &found == &entry; }) != nullptr;
      before = &entry;
      ++ordered;
      if (entry.pinned) ++pinned;
    });
    return sound && policy_.last() == before && ordered == size() && pinned == pinned_;
  }

 private:
  static Entry* entry_of(Hook* hook) noexcept { return static_cast<Entry*>(hook); }

  HashIndex<Entry> index_;
  Policy policy_;
  Expiration expiration_;
  std::size_t pinned_ = 0;
};

}  // namespace client_cache
