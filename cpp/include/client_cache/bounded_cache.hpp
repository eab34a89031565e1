// A cache of at most capacity() entries that gives them up in its policy's exact order, and whose entries may expire.
//
// Lookups take any query that `Hash` and `Equal` accept: a query finds the key for which Equal{}(key, query) holds, and
// Hash{} must agree on the two.
//
// Where a Lifetime is set, `now` says what time it is, on a clock that does not go back. get(), peek() and contains()
// take an expired entry for none. It stays until expire() removes it, which goes before whatever counts, walks or
// stores entries.
//
// What it evicts for want of room it remembers as ghosts, which look-ups that miss are held against; see ghosts.hpp.
// clear() and close() leave none, and what else removes entries makes none.
//
// Complexity: O(1) expected, besides clear, clone and walks (O(n)), resize (O(evicted)) and what passes over pinned
// entries to find a victim.
// Thread safety: none; see ConcurrentCache.
// Invariants: size() <= capacity(); a pinned entry is never a victim. What a member function removes it returns, so
// keys and values are destroyed only with the cache, and user code runs nowhere but in Hash, Equal, copies and
// visitors. A call that throws (no memory, a throwing Hash or Equal) has changed nothing and left its arguments
// unmoved. Pointers stay valid until their entry leaves. A cache moved from is empty.
// Does not: lock, read a clock, or give memory back except in clear().
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "client_cache/entry_table.hpp"
#include "client_cache/eviction_policy.hpp"
#include "client_cache/expiration.hpp"
#include "client_cache/ghosts.hpp"
#include "client_cache/lru.hpp"
#include "client_cache/removed.hpp"
#include "client_cache/statistics.hpp"

namespace client_cache {

enum class Outcome {
  stored,
  exists,   // an equal key is there: nothing changed
  refused,  // the capacity is 0: nothing changed
  pinned,   // every entry is pinned, and they fill the cache: nothing changed
  closed,   // the cache was closed: nothing changed
};

template <class Key, class Value, EvictionPolicy Policy = Lru, class Hash = std::hash<Key>,
          class Equal = std::equal_to<>>
class BoundedCache {
  using Table = EntryTable<Key, Value, Policy>;
  using Entry = typename Table::Entry;
  using Found = typename Table::Found;

 public:
  using KeyType = Key;
  using ValueType = Value;
  using Outcome = client_cache::Outcome;
  using Removed = typename Table::Removed;

  struct [[nodiscard]] Insertion {
    Outcome outcome;
    Removed removed;  // the victims
  };

  explicit BoundedCache(std::size_t capacity, Lifetime lifetime = {}) noexcept
      : entries_(lifetime), ghosts_(capacity), capacity_(capacity) {}

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  [[nodiscard]] Lifetime lifetime() const noexcept { return entries_.lifetime(); }
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] const Statistics& statistics() const noexcept { return statistics_; }
  void reset_statistics() noexcept {
    statistics_ = {};
    start_evidence();
  }

  [[nodiscard]] SizeEvidence size_evidence() const noexcept {
    return {.capacity = capacity_,
            .largest_size = largest_size_,
            .hits = statistics_.hits - before_.hits,
            .misses = statistics_.misses - before_.misses,
            .regrets = statistics_.regrets - before_.regrets,
            .near_regrets = statistics_.near_regrets - before_.near_regrets};
  }

  // When the entry of this key was evicted for want of room, if that is remembered.
  template <class Query>
  [[nodiscard]] std::optional<Eviction> eviction(const Query& query) const {
    const Ghost* const ghost = ghosts_.find(Hash{}(query));
    return ghost == nullptr ? std::nullopt : std::optional(ghost->eviction);
  }

  // Counts as a use. Null when there is no such key.
  template <class Query>
  [[nodiscard]] Value* get(const Query& query, Time now = {}) {
    return get_if(query, kAny, now);
  }

  // The same, of a value for which `condition(value)` holds; any other is taken for none.
  template <class Query, class Condition>
  [[nodiscard]] Value* get_if(const Query& query, Condition condition, Time now = {}) {
    Value* const value = use_if(query, condition, now);
    if (value == nullptr) [[unlikely]] {
      count_miss(Hash{}(query), now);
      return nullptr;
    }
    ++statistics_.hits;
    return value;
  }

  // The same, counted as neither hit nor miss: for a caller that has counted already.
  template <class Query>
  [[nodiscard]] Value* use(const Query& query, Time now = {}) {
    return use_if(query, kAny, now);
  }
  template <class Query, class Condition>
  [[nodiscard]] Value* use_if(const Query& query, Condition condition, Time now = {}) {
    const Found found = find_live(query, now);
    if (!found || !condition(std::as_const(found->item.value))) return nullptr;
    entries_.hit(found, now);
    return &found->item.value;
  }

  // Does not count as a use.
  template <class Query>
  [[nodiscard]] const Value* peek(const Query& query, Time now = {}) const {
    const Found found = find_live(query, now);
    return found ? &found->item.value : nullptr;
  }

  template <class Query>
  [[nodiscard]] bool contains(const Query& query, Time now = {}) const {
    return static_cast<bool>(find_live(query, now));
  }

  // Moves from its arguments only when it stores. Evicts before it stores, so the new entry is never the victim.
  Insertion insert(Key&& key, Value&& value, Time now = {}) {
    const std::size_t hash = Hash{}(std::as_const(key));
    if (closed_) return {Outcome::closed, {}};
    if (find(key, hash)) return {Outcome::exists, {}};
    if (capacity_ == 0) return {Outcome::refused, {}};
    if (entries_.pinned() == capacity_) return {Outcome::pinned, {}};
    entries_.reserve(std::min(size() + 1, capacity_), capacity_);
    if (size() == capacity_) ghosts_.reserve(1);  // the last step that can fail
    ghosts_.forget(hash);
    Insertion insertion{Outcome::stored, evict_down_to(capacity_ - 1, {.when = now, .by = hash})};
    entries_.add(hash, std::move(key), std::move(value), now);
    largest_size_ = std::max(largest_size_, size());
    return insertion;
  }

  // Puts another value in the place of the one that is there, which it returns; the entry's age begins anew, and it
  // counts as used. Without such a key nothing changes, and `value` is not moved from.
  template <class Query>
  [[nodiscard]] std::optional<Value> replace(const Query& query, Value&& value, Time now = {}) {
    return replace_if(query, kAny, std::move(value), now);
  }

  // The same, if `condition` holds for the value that is there.
  template <class Query, class Condition>
  [[nodiscard]] std::optional<Value> replace_if(const Query& query, Condition condition, Value&& value, Time now = {}) {
    const Found found = find_live(query, now);
    if (!found || !condition(std::as_const(found->item.value))) return std::nullopt;
    entries_.renew(found, now);
    return std::exchange(found->item.value, std::move(value));
  }

  // Whether there is such a key. A pinned entry is not evicted, but may expire and be erased. Pinned twice is pinned.
  template <class Query>
  bool pin(const Query& query, bool pinned = true) {
    const Found found = find(query);
    if (found) entries_.pin(found, pinned);
    return static_cast<bool>(found);
  }

  Removed expire(Time now) noexcept {
    Removed removed;
    while (const Found expired = entries_.first_expired(now)) entries_.take(expired, removed);
    statistics_.expirations += removed.size();
    return removed;
  }

  // Whatever its age: everything has become stale.
  Removed expire_all() noexcept {
    Removed removed = clear();
    statistics_.expirations += removed.size();
    return removed;
  }

  template <class Query>
  Removed erase(const Query& query) {
    return erase_if(query, kAny);
  }

  // The same, if `condition(value)` holds.
  template <class Query, class Condition>
  Removed erase_if(const Query& query, Condition condition) {
    Removed removed;
    const std::size_t hash = Hash{}(query);
    const Found found = find(query, hash);
    if (!found) {
      ghosts_.forget(hash);
    } else if (condition(std::as_const(found->item.value))) {
      entries_.take(found, removed);
    }
    return removed;
  }

  // All whose key fulfils `condition`, which cannot throw, pinned ones too. O(n). Ghosts stay: whose they are is not
  // known.
  template <class Condition>
  Removed erase_every(Condition condition) noexcept {
    Removed removed;
    entries_.take_every([&condition](const Entry& entry) { return condition(entry.item.key); }, removed);
    return removed;
  }

  // The same, because they have become stale.
  template <class Condition>
  Removed expire_every(Condition condition) noexcept {
    Removed removed = erase_every(condition);
    statistics_.expirations += removed.size();
    return removed;
  }

  // Takes the entry that would be evicted next, if any.
  Removed pop_victim() noexcept {
    return pop_victim_of([](const Key&) { return true; });
  }

  // The first of those whose key fulfils `condition`, which cannot throw.
  template <class Condition>
  Removed pop_victim_of(Condition condition) noexcept {
    Removed removed;
    const Found victim = entries_.victim([&condition](const Found& found) { return condition(found->item.key); });
    if (victim) entries_.take(victim, removed);
    return removed;
  }

  Removed clear() noexcept {
    ghosts_.clear();
    return entries_.take_all();
  }

  // Removes everything, and lets nothing in again.
  Removed close() noexcept {
    closed_ = true;
    return clear();
  }

  // Throws std::length_error when more entries are pinned than would fit.
  Removed resize(std::size_t capacity, Time now = {}) { return resize_to(capacity, {}, now); }

  // The same with the entry `keep` pinned meanwhile, unless the capacity is 0.
  template <class Query>
  Removed resize(std::size_t capacity, const Query& keep, Time now = {}) {
    const Found kept = find(keep);
    return resize_to(capacity, capacity == 0 ? Found{} : kept, now);
  }

  // visit(const Key&, const Value&) in the order of eviction, the next victim first.
  template <class F>
  void for_each(F visit) const {
    entries_.for_each([&visit](const Found& at) { visit(std::as_const(at->item.key), std::as_const(at->item.value)); });
  }

  // visit(const Key&, const Value&, Time created, bool pinned), in the same order.
  template <class F>
  void for_each_with_state(F visit) const {
    entries_.for_each([this, &visit](const Found& at) {
      visit(std::as_const(at->item.key), std::as_const(at->item.value), entries_.created(at), at->pinned);
    });
  }

  template <class F>
  void for_each_reversed(F visit) const {
    entries_.for_each_reversed(
        [&visit](const Found& at) { visit(std::as_const(at->item.key), std::as_const(at->item.value)); });
  }

  // The same entries, order, use history, ages, pins, lifetime and capacity. Its statistics start at 0, and it has no
  // ghosts.
  [[nodiscard]] BoundedCache clone() const {
    BoundedCache copy(0);
    clone_into(copy);
    return copy;
  }

  // The same, into an empty cache. When it throws, what was copied so far is in `copy`, to be destroyed by its owner.
  void clone_into(BoundedCache& copy) const {
    copy.capacity_ = capacity_;
    copy.ghosts_.resize(capacity_);
    copy.closed_ = closed_;
    entries_.clone_into(copy.entries_);
    copy.start_evidence();
  }

  // For tests: whether all parts agree, and every key is found under its own hash. O(n).
  [[nodiscard]] bool check_invariants() const {
    bool found = true;
    entries_.for_each([&](const Found& at) { found = found && find(at->item.key) == at; });
    return found && entries_.check_invariants() && ghosts_.check_invariants() && size() <= capacity_;
  }

 private:
  static constexpr auto kAny = [](const Value&) { return true; };

  template <class Query>
  [[nodiscard]] Found find(const Query& query) const {
    return find(query, Hash{}(query));
  }

  template <class Query>
  [[nodiscard]] Found find(const Query& query, std::size_t hash) const {
    return entries_.find(hash, [&query](const Entry& entry) { return Equal{}(entry.item.key, query); });
  }

  template <class Query>
  [[nodiscard]] Found find_live(const Query& query, Time now) const {
    const Found found = find(query);
    return !found || entries_.is_expired(found, now) ? Found{} : found;
  }

  Removed resize_to(std::size_t capacity, const Found& keep, Time now) {
    const std::size_t staying = entries_.pinned() + (keep && !keep->pinned ? 1 : 0);
    if (staying > capacity) throw std::length_error("more entries are pinned than would fit");
    if (capacity == capacity_) return {};
    if (size() > capacity) ghosts_.reserve(size() - capacity);  // as many as there are to be afterwards, at least
    capacity_ = capacity;
    Removed removed = evict_down_to(capacity, {.when = now, .by = {}}, keep);
    ghosts_.resize(capacity);
    start_evidence();
    return removed;
  }

  // Others than pinned ones and `keep`, which are no more than `limit`. Their ghosts have room.
  Removed evict_down_to(std::size_t limit, Eviction eviction, const Found& keep = {}) noexcept {
    Removed removed;
    while (size() > limit) {
      const Found victim = entries_.victim([&keep](const Found& found) { return !(found == keep); });
      ghosts_.add(victim->hash, eviction, entries_.end_of(victim));
      entries_.take(victim, removed);
    }
    statistics_.evictions += removed.size();
    return removed;
  }

  [[gnu::cold, gnu::noinline]] void count_miss(std::size_t hash, Time now) noexcept {
    ++statistics_.misses;
    const Ghost* const ghost = ghosts_.find(hash);
    if (ghost == nullptr || now >= ghost->end) return;
    ++statistics_.regrets;
    if (!ghost->far) ++statistics_.near_regrets;
  }

  void start_evidence() noexcept {
    before_ = statistics_;
    largest_size_ = size();
  }

  Table entries_;
  Ghosts ghosts_;
  std::size_t capacity_;
  bool closed_ = false;
  Statistics statistics_;
  Statistics before_;             // when the capacity was last changed
  std::size_t largest_size_ = 0;  // since then
};

}  // namespace client_cache
