// The entries of a cache: a slab that they lie in, an index that finds them, a policy that orders them and an
// expiration that dates them, kept in step by their numbers.
//
// Complexity: O(1) expected, besides take_all, clone_into and walks (O(n)), and victim(): O(pinned entries before it).
// Thread safety: none.
// Invariants: index, policy and expiration know the same entries, and the table owns them. A pinned entry is no victim.
// What leaves is handed over, not destroyed. Everything that can fail is in reserve(), before anything that changes.
// Does not: know a capacity, or how a key is hashed or compared; give memory back but in take_all().
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "client_cache/entry.hpp"
#include "client_cache/eviction_policy.hpp"
#include "client_cache/expiration.hpp"
#include "client_cache/hash_index.hpp"
#include "client_cache/number.hpp"
#include "client_cache/removed.hpp"
#include "client_cache/slab.hpp"

namespace client_cache {

template <class Key, class Value, EvictionPolicy Policy>
class EntryTable {
 public:
  using Entry = client_cache::Entry<Key, Value>;
  using Removed = client_cache::Removed<Entry>;

  // An entry, or none.
  struct Found {
    Number number = kNone;
    Entry* entry = nullptr;

    explicit operator bool() const noexcept { return number != kNone; }
    Entry* operator->() const noexcept { return entry; }
    bool operator==(const Found& other) const noexcept { return number == other.number; }
  };

  explicit EntryTable(Lifetime lifetime = {}) noexcept : expiration_(lifetime) {}
  EntryTable(EntryTable&& other) noexcept
      : slab_(std::move(other.slab_)),
        index_(std::move(other.index_)),
        policy_(std::move(other.policy_)),
        expiration_(std::move(other.expiration_)),
        pinned_(std::exchange(other.pinned_, 0)) {}
  EntryTable& operator=(EntryTable&& other) noexcept {
    EntryTable taken(std::move(other));
    std::swap(slab_, taken.slab_);
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

  // The entry with this hash for which `matches(entry)` holds.
  template <class Matches>
  [[nodiscard]] Found find(std::size_t hash, Matches matches) const {
    Found found;
    found.number = index_.find(hash, [&](Number number) {
      found.entry = &(*slab_)[number];
      return matches(std::as_const(*found.entry));
    });
    return found;
  }

  void hit(const Found& found, Time now = {}) {
    policy_.hit(found.number);
    expiration_.hit(found.number, now);
  }

  // The entry starts a new life: its value was replaced, which counts as a use.
  void renew(const Found& found, Time now) {
    policy_.hit(found.number);
    expiration_.erased(found.number);
    expiration_.inserted(found.number, now);
  }

  void pin(const Found& found, bool pinned) noexcept {
    pinned_ += static_cast<std::size_t>(pinned) - static_cast<std::size_t>(found->pinned);
    found->pinned = pinned;
  }

  [[nodiscard]] bool is_expired(const Found& found, Time now) const noexcept {
    return expiration_.is_expired(found.number, now);
  }
  [[nodiscard]] Time created(const Found& found) const noexcept { return expiration_.created(found.number); }
  [[nodiscard]] Time end_of(const Found& found) const noexcept { return expiration_.end_of(found.number); }
  [[nodiscard]] Found first_expired(Time now) const noexcept { return entry_of(expiration_.first_expired(now)); }

  // Until there are `count` entries, the next add() needs no memory. There are never to be more than `most`.
  void reserve(std::size_t count, std::size_t most) {
    const auto most_numbers = static_cast<Number>(std::min(most, std::size_t{kHighestNumber}));
    if (slab_ == nullptr) slab_ = std::make_shared<Slab<Entry>>();
    slab_->reserve();
    index_.reserve(count, most);
    policy_.reserve(slab_->highest(), most_numbers);
    expiration_.reserve(slab_->highest(), most_numbers);
  }

  // A new entry, for which reserve() made room.
  Found add(std::size_t hash, Key&& key, Value&& value, Time now = {}) noexcept {
    const Number number = slab_->make(hash, std::move(key), std::move(value));
    index_.insert(hash, number);
    policy_.inserted(number);
    expiration_.inserted(number, now);
    return entry_of(number);
  }

  void take(const Found& found, Removed& removed) noexcept {
    index_.erase(found->hash, found.number);
    policy_.erased(found.number);
    expiration_.erased(found.number);
    pin(found, false);
    removed.append(slab_, found.number);
  }

  Removed take_all() noexcept {
    Removed removed;
    for (Number number = policy_.victim(); number != kNone; number = policy_.next(number))
      removed.append(slab_, number);
    slab_ = {};
    index_ = {};
    policy_ = {};
    expiration_ = Expiration(lifetime());
    pinned_ = 0;
    return removed;
  }

  // Those for which `condition(entry)` holds, in the order of eviction.
  template <class Condition>
  void take_every(Condition condition, Removed& removed) noexcept {
    for (Number number = policy_.victim(); number != kNone;) {
      const Found found = entry_of(number);
      number = policy_.next(number);
      if (condition(std::as_const(*found.entry))) take(found, removed);
    }
  }

  // Who is evicted next, passing over pinned entries; none when there is nobody else.
  [[nodiscard]] Found victim() const noexcept {
    return victim([](const Found&) { return true; });
  }

  // The same, passing over those for which `condition(found)` does not hold too.
  template <class Condition>
  [[nodiscard]] Found victim(Condition condition) const noexcept {
    Found found = entry_of(policy_.victim());
    while (found && (found->pinned || !condition(std::as_const(found)))) found = entry_of(policy_.next(found.number));
    return found;
  }

  // visit(found) in the order of eviction, the next victim first.
  template <class F>
  void for_each(F visit) const {
    for (Number number = policy_.victim(); number != kNone; number = policy_.next(number)) visit(entry_of(number));
  }

  template <class F>
  void for_each_reversed(F visit) const {
    for (Number number = policy_.last(); number != kNone; number = policy_.previous(number)) visit(entry_of(number));
  }

  // The same entries, order and use history, into an empty table. When it throws, what was copied so far is in `copy`.
  void clone_into(EntryTable& copy) const {
    std::vector<Number> numbers(slab_ == nullptr ? 0 : std::size_t{slab_->highest()} + 1);  // the copies', by ours
    copy.expiration_ = Expiration(lifetime());
    for_each([&](const Found& original) {
      copy.reserve(size(), size());
      const Number number =
          copy.slab_->make(original->hash, std::as_const(original->item.key), std::as_const(original->item.value));
      copy.index_.insert(original->hash, number);
      copy.policy_.adopt(number, policy_, original.number);
      copy.pin(copy.entry_of(number), original->pinned);
      numbers[original.number] = number;
    });
    copy.expiration_.adopt(expiration_, numbers);
  }

  // For tests: whether index and policy are sound and know the same entries. O(n).
  [[nodiscard]] bool check_invariants() const noexcept {
    if (!index_.check_invariants() || !policy_.check_invariants() || !expiration_.check_invariants()) return false;
    std::size_t ordered = 0;
    std::size_t pinned = 0;
    Number before = kNone;
    bool sound = true;
    for_each([&](const Found& at) {
      sound = sound && policy_.previous(at.number) == before &&
              find(at->hash, [&at](const Entry& entry) { return &entry == at.entry; }) == at;
      before = at.number;
      ++ordered;
      if (at->pinned) ++pinned;
    });
    return sound && policy_.last() == before && ordered == size() && pinned == pinned_;
  }

 private:
  [[nodiscard]] Found entry_of(Number number) const noexcept {
    return number == kNone ? Found{} : Found{number, &(*slab_)[number]};
  }

  std::shared_ptr<Slab<Entry>> slab_;  // with those that entries were handed to; none while there was no entry
  HashIndex index_;
  Policy policy_;
  Expiration expiration_;
  std::size_t pinned_ = 0;
};

}  // namespace client_cache
