// A cache of Python objects under keys: the core's cache with either policy, behind the interpreter's kind of lock.
//
// Thread safety: all members. What is removed is destroyed, or handed out, after the lock is released.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <variant>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "client_cache/lfu.hpp"
#include "client_cache/lru.hpp"
#include "client_cache/statistics.hpp"
#include "interpreter/mutex.hpp"
#include "keys/key.hpp"

namespace client_cache::python {

// What is looked up: a key's canonical bytes, wherever they lie.
struct Probe {
  std::size_t hash;
  std::string_view bytes;

  static Probe of(const KeyObject& key) { return {key.hash, key.canonical()}; }
  static Probe of(const EncodedCall& call) { return {call.hash(), call.canonical()}; }
};

// A key as the cache holds it.
class KeyRef {
 public:
  explicit KeyRef(nb::object key) : key_(std::move(key)) {}
  Probe probe() const { return Probe::of(*as_key(key_.ptr())); }
  const nb::object& object() const { return key_; }

 private:
  nb::object key_;
};

struct ProbeHash {
  std::size_t operator()(const KeyRef& key) const { return key.probe().hash; }
  std::size_t operator()(const Probe& probe) const { return probe.hash; }
};

struct ProbeEqual {
  bool operator()(const KeyRef& key, const KeyRef& other) const { return (*this)(key, other.probe()); }
  bool operator()(const KeyRef& key, const Probe& other) const {
    const std::string_view bytes = key.probe().bytes;
    return bytes.size() == other.bytes.size() &&
           (bytes.data() == other.bytes.data() || std::memcmp(bytes.data(), other.bytes.data(), bytes.size()) == 0);
  }
};

// Which method of boto3 built an object; see boto3_method.hpp.
using Origin = std::uint32_t;

// By hand, or by a factory: no method of boto3's is known to have built it. Of a look-up: whatever built it.
inline constexpr Origin kAnyOrigin = 0;

// An object as the cache holds it.
struct Held : nb::object {
  Held(nb::object held, Origin built_by) : nb::object(std::move(held)), origin(built_by) {}

  Origin origin;
};

// Whether an object may be handed to who asks for one of `origin`.
struct OfOrigin {
  Origin origin;

  bool operator()(const Held& held) const {
    return held.origin == origin || held.origin == kAnyOrigin || origin == kAnyOrigin;
  }
};

enum class Policy { lru, lfu };
constexpr std::size_t index_of(Policy policy) { return static_cast<std::size_t>(policy); }

// Why an entry left, in the order of the names in departures.cpp.
enum class Cause { size, expired, removed, cleared, replaced };

// For what nobody is to be told of.
struct Unseen {
  template <class Removed>
  void operator()(const Removed&, Cause) const {}
};

class Store {
  template <class Order>
  using Cache = ConcurrentCache<BoundedCache<KeyRef, Held, Order, ProbeHash, ProbeEqual>, InterpreterMutex>;

  template <class Use>
  decltype(auto) with(Use use) {
    if (auto* lru = std::get_if<Cache<Lru>>(&cache_)) [[likely]]
      return use(*lru);
    return use(std::get<Cache<Lfu>>(cache_));
  }
  template <class Use>
  decltype(auto) with(Use use) const {
    if (const auto* lru = std::get_if<Cache<Lru>>(&cache_)) [[likely]]
      return use(*lru);
    return use(std::get<Cache<Lfu>>(cache_));
  }

 public:
  using Item = std::pair<KeyRef, Held>;
  using State = EntryState<KeyRef, Held>;

  Store(Policy policy, std::size_t capacity, Lifetime lifetime) {
    if (policy == Policy::lru) {
      cache_.emplace<Cache<Lru>>(capacity, lifetime);
    } else {
      cache_.emplace<Cache<Lfu>>(capacity, lifetime);
    }
  }

  // An independent copy.
  Store(const Store& other) {
    other.with([this](const auto& cache) { cache_.emplace<std::decay_t<decltype(cache)>>(cache.clone()); });
  }
  Store& operator=(const Store&) = delete;

  Policy policy() const { return std::holds_alternative<Cache<Lru>>(cache_) ? Policy::lru : Policy::lfu; }
  std::size_t size() const {
    return with([](const auto& cache) { return cache.size(); });
  }
  std::size_t capacity() const {
    return with([](const auto& cache) { return cache.capacity(); });
  }
  bool closed() const {
    return with([](const auto& cache) { return cache.closed(); });
  }
  Statistics statistics() const {
    return with([](const auto& cache) { return cache.statistics(); });
  }
  void reset_statistics() {
    with([](auto& cache) { cache.reset_statistics(); });
  }
  SizeEvidence size_evidence() const {
    return with([](const auto& cache) { return cache.size_evidence(); });
  }
  // When the entry of a key was evicted for want of room, if that is remembered.
  std::optional<Eviction> eviction(const Probe& probe) const {
    return with([&](const auto& cache) { return cache.eviction(probe); });
  }

  // Counts as a use, and as a hit or a miss.
  std::optional<nb::object> get(const Probe& probe, Time now) {
    return with([&](auto& cache) { return cache.get(probe, now); });
  }
  // The same; what another method of boto3 built is none.
  std::optional<nb::object> get(const Probe& probe, Origin origin, Time now) {
    return with([&](auto& cache) { return cache.get_if(probe, OfOrigin{origin}, now); });
  }
  // Counts as a use alone.
  std::optional<nb::object> use(const Probe& probe, Origin origin, Time now) {
    return with([&](auto& cache) { return cache.use_if(probe, OfOrigin{origin}, now); });
  }
  std::optional<nb::object> peek(const Probe& probe, Time now) const {
    return with([&](const auto& cache) { return cache.peek(probe, now); });
  }
  std::optional<nb::object> peek(const Probe& probe, Origin origin, Time now) const {
    return with([&](const auto& cache) -> std::optional<nb::object> {
      const std::optional<Held> held = cache.peek(probe, now);
      if (!held || !OfOrigin{origin}(*held)) return std::nullopt;
      return *held;
    });
  }
  bool contains(const Probe& probe, Time now) const {
    return with([&](const auto& cache) { return cache.contains(probe, now); });
  }

  // What removes entries hands them, unlocked, to `leave(removed, Cause)`.
  template <class Leave>
  Outcome insert(nb::object key, nb::object value, Origin origin, Time now, Leave leave) {
    KeyRef held(std::move(key));
    Held made(std::move(value), origin);
    return with([&](auto& cache) {
      auto [outcome, victims, expired] = cache.insert(std::move(held), std::move(made), now);
      leave(std::move(expired), Cause::expired);
      leave(std::move(victims), Cause::size);
      return outcome;
    });
  }
  template <class Leave>
  void expire(Time now, Leave leave) {
    with([&](auto& cache) { leave(cache.expire(now), Cause::expired); });
  }
  template <class Leave>
  void expire_all(Leave leave) {
    with([&](auto& cache) { leave(cache.expire_all(), Cause::expired); });
  }
  template <class Leave>
  void clear(Leave leave) {
    with([&](auto& cache) { leave(cache.clear(), Cause::cleared); });
  }
  template <class Leave>
  void close(Leave leave) {
    with([&](auto& cache) { leave(cache.close(), Cause::cleared); });
  }
  // Throws std::length_error when more entries are pinned than would fit.
  template <class Leave>
  void resize(std::size_t capacity, Time now, Leave leave) {
    with([&](auto& cache) { leave(cache.resize(capacity, now), Cause::size); });
  }
  template <class Leave>
  void resize(std::size_t capacity, const Probe& keep, Time now, Leave leave) {
    with([&](auto& cache) { leave(cache.resize(capacity, keep, now), Cause::size); });
  }

  // The value whose place was taken, if there was one.
  std::optional<nb::object> replace(const Probe& probe, nb::object value, Time now) {
    Held held(std::move(value), kAnyOrigin);
    return with([&](auto& cache) { return cache.replace(probe, std::move(held), now); });
  }
  // The same with what a method of boto3 built, in the place of what another one did.
  std::optional<nb::object> replace_older(const Probe& probe, nb::object value, Origin origin, Time now) {
    const auto is_older = [origin](const Held& held) { return !OfOrigin{origin}(held); };
    Held made(std::move(value), origin);
    return with([&](auto& cache) { return cache.replace_if(probe, is_older, std::move(made), now); });
  }
  std::optional<Item> erase(const Probe& probe) {
    return with([&](auto& cache) { return first_of(cache.erase(probe)); });
  }
  // Only if it is still `value`.
  std::optional<Item> erase(const Probe& probe, const nb::object& value) {
    const auto is_value = [&value](const Held& held) { return held.is(value); };
    return with([&](auto& cache) { return first_of(cache.erase_if(probe, is_value)); });
  }
  std::optional<Item> pop_victim() {
    return with([](auto& cache) { return first_of(cache.pop_victim()); });
  }
  bool pin(const Probe& probe, bool pinned) {
    return with([&](auto& cache) { return cache.pin(probe, pinned); });
  }

  // In the order of eviction.
  std::vector<Item> snapshot() const {
    return with([](const auto& cache) { return cache.snapshot(); });
  }
  std::vector<State> states() const {
    return with([](const auto& cache) { return cache.states(); });
  }

  // For the garbage collector, which has stopped everybody else.
  template <class Visit>
  void visit_unlocked(Visit visit) const {
    with([&](const auto& cache) { cache.visit_unlocked(visit); });
  }

 private:
  template <class Removed>
  static std::optional<Item> first_of(const Removed& removed) {
    if (removed.empty()) return std::nullopt;
    auto& item = removed.front();
    return Item(std::move(item.key), std::move(item.value));
  }

  std::variant<std::monostate, Cache<Lru>, Cache<Lfu>> cache_;
};

}  // namespace client_cache::python
