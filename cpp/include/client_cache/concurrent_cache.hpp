// A BoundedCache behind one lock: the lock, and expire() before whatever stores.
//
// Names and meanings are those of BoundedCache. What is read leaves as a copy made under the lock; what is removed
// leaves by return value and is destroyed by the caller, unlocked. So the only user code under the lock is Hash, Equal
// and the copying of keys and values, and a destructor may call back into the cache.
//
// Thread safety: all members, at any time, besides construction, destruction and visit_unlocked().
// Invariants: cache_ is touched only with mutex_ held; no key or value of the cache or of its caller is destroyed while
// it is held, failed calls included.
// Does not: recurse (Hash, Equal and copying must not call back into this cache), wait for anything but the lock, or
// make values. A value whose destructor calls back needs clear() before the cache is destroyed.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/thread_annotations.hpp"

namespace client_cache {

// What is known of one entry, as a copy.
template <class Key, class Value>
struct EntryState {
  Key key;
  Value value;
  Time created;
  bool pinned;
};

template <class Cache, class Mutex = std::mutex>
class ConcurrentCache {
  using Lock = ScopedLock<Mutex>;

 public:
  using Key = typename Cache::KeyType;
  using Value = typename Cache::ValueType;
  using Outcome = typename Cache::Outcome;
  using Removed = typename Cache::Removed;
  using State = EntryState<Key, Value>;

  struct [[nodiscard]] Insertion {
    Outcome outcome;
    Removed removed;  // the victims
    Removed expired;
  };

  explicit ConcurrentCache(std::size_t capacity, Lifetime lifetime = {}) noexcept : cache_(capacity, lifetime) {}
  explicit ConcurrentCache(Cache&& cache) noexcept : cache_(std::move(cache)) {}
  ConcurrentCache(const ConcurrentCache&) = delete;
  ConcurrentCache& operator=(const ConcurrentCache&) = delete;
  ~ConcurrentCache() = default;

  [[nodiscard]] std::size_t size() const {
    const Lock lock(mutex_);
    return cache_.size();
  }

  [[nodiscard]] std::size_t capacity() const {
    const Lock lock(mutex_);
    return cache_.capacity();
  }

  [[nodiscard]] bool closed() const {
    const Lock lock(mutex_);
    return cache_.closed();
  }

  [[nodiscard]] Statistics statistics() const {
    const Lock lock(mutex_);
    return cache_.statistics();
  }

  void reset_statistics() {
    const Lock lock(mutex_);
    cache_.reset_statistics();
  }

  [[nodiscard]] SizeEvidence size_evidence() const {
    const Lock lock(mutex_);
    return cache_.size_evidence();
  }

  template <class Query>
  [[nodiscard]] std::optional<Eviction> eviction(const Query& query) const {
    const Lock lock(mutex_);
    return cache_.eviction(query);
  }

  template <class Query>
  [[nodiscard]] std::optional<Value> get(const Query& query, Time now = {}) {
    const Lock lock(mutex_);
    return copy_of(cache_.get(query, now));
  }

  template <class Query>
  [[nodiscard]] std::optional<Value> use(const Query& query, Time now = {}) {
    const Lock lock(mutex_);
    return copy_of(cache_.use(query, now));
  }

  // `condition(value)` runs under the lock, here and below.
  template <class Query, class Condition>
  [[nodiscard]] std::optional<Value> get_if(const Query& query, Condition condition, Time now = {}) {
    const Lock lock(mutex_);
    return copy_of(cache_.get_if(query, condition, now));
  }

  template <class Query, class Condition>
  [[nodiscard]] std::optional<Value> use_if(const Query& query, Condition condition, Time now = {}) {
    const Lock lock(mutex_);
    return copy_of(cache_.use_if(query, condition, now));
  }

  template <class Query>
  [[nodiscard]] std::optional<Value> peek(const Query& query, Time now = {}) const {
    const Lock lock(mutex_);
    return copy_of(cache_.peek(query, now));
  }

  template <class Query>
  [[nodiscard]] bool contains(const Query& query, Time now = {}) const {
    const Lock lock(mutex_);
    return cache_.contains(query, now);
  }

  Insertion insert(Key&& key, Value&& value, Time now = {}) {
    Removed expired;  // outlives the lock, also when insert throws
    const Lock lock(mutex_);
    expired = cache_.expire(now);
    auto [outcome, removed] = cache_.insert(std::move(key), std::move(value), now);
    return {outcome, std::move(removed), std::move(expired)};
  }

  template <class Query>
  [[nodiscard]] std::optional<Value> replace(const Query& query, Value&& value, Time now = {}) {
    const Lock lock(mutex_);
    return cache_.replace(query, std::move(value), now);
  }

  template <class Query, class Condition>
  [[nodiscard]] std::optional<Value> replace_if(const Query& query, Condition condition, Value&& value, Time now = {}) {
    const Lock lock(mutex_);
    return cache_.replace_if(query, condition, std::move(value), now);
  }

  template <class Query>
  bool pin(const Query& query, bool pinned = true) {
    const Lock lock(mutex_);
    return cache_.pin(query, pinned);
  }

  Removed expire(Time now) {
    const Lock lock(mutex_);
    return cache_.expire(now);
  }

  Removed expire_all() {
    const Lock lock(mutex_);
    return cache_.expire_all();
  }

  template <class Query>
  Removed erase(const Query& query) {
    const Lock lock(mutex_);
    return cache_.erase(query);
  }

  template <class Query, class Condition>
  Removed erase_if(const Query& query, Condition condition) {
    const Lock lock(mutex_);
    return cache_.erase_if(query, condition);
  }

  // `condition(key)` runs under the lock, and cannot throw, here and below.
  template <class Condition>
  Removed erase_every(Condition condition) {
    const Lock lock(mutex_);
    return cache_.erase_every(condition);
  }

  template <class Condition>
  Removed expire_every(Condition condition) {
    const Lock lock(mutex_);
    return cache_.expire_every(condition);
  }

  Removed pop_victim() {
    const Lock lock(mutex_);
    return cache_.pop_victim();
  }

  template <class Condition>
  Removed pop_victim_of(Condition condition) {
    const Lock lock(mutex_);
    return cache_.pop_victim_of(condition);
  }

  Removed clear() {
    const Lock lock(mutex_);
    return cache_.clear();
  }

  Removed close() {
    const Lock lock(mutex_);
    return cache_.close();
  }

  Removed resize(std::size_t capacity, Time now = {}) {
    const Lock lock(mutex_);
    return cache_.resize(capacity, now);
  }

  template <class Query>
  Removed resize(std::size_t capacity, const Query& keep, Time now = {}) {
    const Lock lock(mutex_);
    return cache_.resize(capacity, keep, now);
  }

  // The entries at one moment, in the order of eviction, with what is known of each.
  [[nodiscard]] std::vector<State> states() const { return states_of(kAny); }

  // Of those whose key fulfils `condition`, here and below.
  template <class Condition>
  [[nodiscard]] std::vector<State> states_of(Condition condition) const {
    std::vector<State> states;  // outlives the lock, also when a copy throws
    const Lock lock(mutex_);
    states.reserve(cache_.size());
    cache_.for_each_with_state([&](const Key& key, const Value& value, Time created, bool pinned) {
      if (condition(key)) states.push_back({key, value, created, pinned});
    });
    return states;
  }

  // The items at one moment, in the order of eviction.
  [[nodiscard]] std::vector<std::pair<Key, Value>> snapshot() const { return snapshot_of(kAny); }

  template <class Condition>
  [[nodiscard]] std::vector<std::pair<Key, Value>> snapshot_of(Condition condition) const {
    std::vector<std::pair<Key, Value>> items;  // outlives the lock, also when a copy throws
    const Lock lock(mutex_);
    items.reserve(cache_.size());
    cache_.for_each([&](const Key& key, const Value& value) {
      if (condition(key)) items.emplace_back(key, value);
    });
    return items;
  }

  template <class Condition>
  [[nodiscard]] std::size_t size_of(Condition condition) const {
    std::size_t size = 0;
    const Lock lock(mutex_);
    cache_.for_each([&](const Key& key, const Value&) {
      if (condition(key)) ++size;
    });
    return size;
  }

  // An independent copy, not behind a lock yet: `ConcurrentCache(cache.clone())` puts it behind one of its own.
  [[nodiscard]] Cache clone() const {
    Cache copy(0);  // outlives the lock, also when a copy throws
    {
      const Lock lock(mutex_);
      cache_.clone_into(copy);
    }
    return copy;
  }

  // Visits every item without the lock. Only for a caller that has stopped every other thread that could use this
  // cache, such as a garbage collector: it must neither wait for the lock nor find it held by a thread that it stopped.
  template <class F>
  void visit_unlocked(F visit) const CLIENT_CACHE_UNCHECKED {
    cache_.for_each(std::move(visit));
  }

  // For tests.
  [[nodiscard]] bool check_invariants() const {
    const Lock lock(mutex_);
    return cache_.check_invariants();
  }

 private:
  static constexpr auto kAny = [](const Key&) { return true; };

  static std::optional<Value> copy_of(const Value* value) {
    if (value == nullptr) return std::nullopt;
    return *value;
  }

  mutable AnnotatedMutex<Mutex> mutex_;
  Cache cache_ CLIENT_CACHE_GUARDED_BY(mutex_);
};

}  // namespace client_cache
