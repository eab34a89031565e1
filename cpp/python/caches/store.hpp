// A cache of Python objects under keys: the core's cache with either policy, behind the interpreter's kind of lock.
//
// Or what one session has in a cache that it shares with others: its keys are the session's there, and are told without
// it. Capacity, order of eviction and counts are the whole cache's.
//
// Complexity: that of the core's cache. What a session's part does with all of its entries, and size(), walk over the
// whole. Thread safety: all members, besides construction and destruction. What is removed is destroyed, or handed out
// with the key as the cache holds it, after the lock is released.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
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
  const char* data;  // not beside the size: a copy of both at once would wait for the stores of each
  std::size_t hash;
  std::size_t size;
  SessionNumber session;

  static Probe of(const KeyObject& key) { return of(key.canonical(), key.hash, key.session()); }
  static Probe of(const EncodedCall& call) { return of(call.canonical(), call.hash(), kNoSession); }
  static Probe of(std::string_view bytes, std::size_t hash, SessionNumber session) {
    return {bytes.data(), hash, bytes.size(), session};
  }

  std::string_view bytes() const { return {data, size}; }
};

// A key as the cache holds it.
class KeyRef {
 public:
  explicit KeyRef(nb::object key) : key_(std::move(key)) {}
  Probe probe() const { return Probe::of(*as_key(key_.ptr())); }
  SessionNumber session() const { return as_key(key_.ptr())->session(); }
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
    const KeyObject& held = *as_key(key.object().ptr());
    const std::string_view bytes = held.canonical();
    const std::string_view asked = other.bytes();
    return bytes.size() == asked.size() &&
           (bytes.data() == asked.data() || std::memcmp(bytes.data(), asked.data(), bytes.size()) == 0) &&
           held.session() == other.session;
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

// Whether a key is of this session.
struct OfSession {
  SessionNumber session;

  bool operator()(const KeyRef& key) const { return key.session() == session; }
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

  struct Whole {
    std::variant<std::monostate, Cache<Lru>, Cache<Lfu>> cache;
    std::atomic<std::uint64_t> creations{0};
    std::atomic<std::int64_t> creation_nanoseconds{0};
  };

  template <class Use>
  decltype(auto) with(Use use) {
    if (auto* lru = std::get_if<Cache<Lru>>(&whole_->cache)) [[likely]]
      return use(*lru);
    return use(std::get<Cache<Lfu>>(whole_->cache));
  }
  template <class Use>
  decltype(auto) with(Use use) const {
    if (const auto* lru = std::get_if<Cache<Lru>>(&whole_->cache)) [[likely]]
      return use(*lru);
    return use(std::get<Cache<Lfu>>(whole_->cache));
  }

 public:
  using Item = std::pair<KeyRef, Held>;
  using State = EntryState<KeyRef, Held>;

  Store(Policy policy, std::size_t capacity, Lifetime lifetime) : whole_(std::make_shared<Whole>()) {
    if (policy == Policy::lru) {
      whole_->cache.emplace<Cache<Lru>>(capacity, lifetime);
    } else {
      whole_->cache.emplace<Cache<Lfu>>(capacity, lifetime);
    }
  }

  // What a session has in a cache that it shares.
  Store(const Store& shared, SessionNumber session)
      : whole_(shared.whole_), session_(session), salt_(salt_of(session)) {}

  // An independent copy.
  Store(const Store& other) : whole_(std::make_shared<Whole>()), session_(other.session_), salt_(other.salt_) {
    other.with([this](const auto& cache) { whole_->cache.emplace<std::decay_t<decltype(cache)>>(cache.clone()); });
    if (!is_part()) return;
    const auto is_anothers = [is_own = own()](const KeyRef& key) { return !is_own(key); };
    with([&](auto& cache) { static_cast<void>(cache.erase_every(is_anothers)); });
  }
  Store& operator=(const Store&) = delete;
  ~Store() = default;

  Policy policy() const { return std::holds_alternative<Cache<Lru>>(whole_->cache) ? Policy::lru : Policy::lfu; }
  std::size_t size() const {
    return with([this](const auto& cache) { return is_part() ? cache.size_of(own()) : cache.size(); });
  }
  std::size_t capacity() const {
    return with([](const auto& cache) { return cache.capacity(); });
  }
  bool closed() const {
    return part_is_closed_ || with([](const auto& cache) { return cache.closed(); });
  }
  Statistics statistics() const {
    return with([](const auto& cache) { return cache.statistics(); });
  }
  std::size_t size_of_whole() const {
    return with([](const auto& cache) { return cache.size(); });
  }
  std::uint64_t creations() const { return whole_->creations; }
  Time creation_time() const { return Time(whole_->creation_nanoseconds); }
  void count_creation(Time time) {
    whole_->creation_nanoseconds += time.count();
    ++whole_->creations;
  }
  void reset_statistics() {
    with([](auto& cache) { cache.reset_statistics(); });
    whole_->creations = 0;
    whole_->creation_nanoseconds = 0;
  }
  SizeEvidence size_evidence() const {
    return with([](const auto& cache) { return cache.size_evidence(); });
  }
  // When the entry of a key was evicted for want of room, if that is remembered.
  std::optional<Eviction> eviction(const Probe& probe) const {
    return with([&](const auto& cache) { return cache.eviction(own(probe)); });
  }

  // The key, as the cache holds it.
  nb::object held_key(nb::object key) const {
    return is_part() ? key_of_session(*as_key(key.ptr()), session_) : std::move(key);
  }
  // A key that the cache holds, without the session whose part this is.
  nb::object told_key(nb::object key) const {
    return is_part() ? key_of_session(*as_key(key.ptr()), kNoSession) : std::move(key);
  }

  // Counts as a use, and as a hit or a miss.
  std::optional<nb::object> get(const Probe& probe, Time now) {
    return with([&](auto& cache) { return cache.get(own(probe), now); });
  }
  // The same; what another method of boto3 built is none.
  std::optional<nb::object> get(const Probe& probe, Origin origin, Time now) {
    return with([&](auto& cache) { return cache.get_if(own(probe), OfOrigin{origin}, now); });
  }
  // Counts as a use alone.
  std::optional<nb::object> use(const Probe& probe, Origin origin, Time now) {
    return with([&](auto& cache) { return cache.use_if(own(probe), OfOrigin{origin}, now); });
  }
  std::optional<nb::object> peek(const Probe& probe, Time now) const {
    return with([&](const auto& cache) { return cache.peek(own(probe), now); });
  }
  std::optional<nb::object> peek(const Probe& probe, Origin origin, Time now) const {
    return with([&](const auto& cache) -> std::optional<nb::object> {
      const std::optional<Held> held = cache.peek(own(probe), now);
      if (!held || !OfOrigin{origin}(*held)) return std::nullopt;
      return *held;
    });
  }
  bool contains(const Probe& probe, Time now) const {
    return with([&](const auto& cache) { return cache.contains(own(probe), now); });
  }

  // What removes entries hands them, unlocked, to `leave(removed, Cause)`.
  template <class Leave>
  Outcome insert(nb::object key, nb::object value, Origin origin, Time now, Leave leave) {
    if (part_is_closed_) return Outcome::closed;
    KeyRef held(held_key(std::move(key)));
    Held made(std::move(value), origin);
    const Outcome outcome = with([&](auto& cache) {
      auto [stored, victims, expired] = cache.insert(std::move(held), std::move(made), now);
      leave(std::move(expired), Cause::expired);
      leave(std::move(victims), Cause::size);
      return stored;
    });
    if (!part_is_closed_) return outcome;  // or it was closed meanwhile
    clear(leave);
    return Outcome::closed;
  }
  template <class Leave>
  void expire(Time now, Leave leave) {
    with([&](auto& cache) { leave(cache.expire(now), Cause::expired); });
  }
  template <class Leave>
  void expire_all(Leave leave) {
    with([&](auto& cache) { leave(is_part() ? cache.expire_every(own()) : cache.expire_all(), Cause::expired); });
  }
  template <class Leave>
  void clear(Leave leave) {
    with([&](auto& cache) { leave(is_part() ? cache.erase_every(own()) : cache.clear(), Cause::cleared); });
  }
  template <class Leave>
  void close(Leave leave) {
    part_is_closed_ = is_part();
    if (is_part()) return clear(leave);
    with([&](auto& cache) { leave(cache.close(), Cause::cleared); });
  }
  // Of the whole. Throws std::length_error when more entries are pinned than would fit.
  template <class Leave>
  void resize(std::size_t capacity, Time now, Leave leave) {
    with([&](auto& cache) { leave(cache.resize(capacity, now), Cause::size); });
  }
  template <class Leave>
  void resize(std::size_t capacity, const Probe& keep, Time now, Leave leave) {
    with([&](auto& cache) { leave(cache.resize(capacity, own(keep), now), Cause::size); });
  }

  // The value whose place was taken, if there was one.
  std::optional<nb::object> replace(const Probe& probe, nb::object value, Time now) {
    Held held(std::move(value), kAnyOrigin);
    return with([&](auto& cache) { return cache.replace(own(probe), std::move(held), now); });
  }
  // The same with what a method of boto3 built, in the place of what another one did.
  std::optional<nb::object> replace_older(const Probe& probe, nb::object value, Origin origin, Time now) {
    const auto is_older = [origin](const Held& held) { return !OfOrigin{origin}(held); };
    Held made(std::move(value), origin);
    return with([&](auto& cache) { return cache.replace_if(own(probe), is_older, std::move(made), now); });
  }
  std::optional<Item> erase(const Probe& probe) {
    return with([&](auto& cache) { return first_of(cache.erase(own(probe))); });
  }
  // Only if it is still `value`.
  std::optional<Item> erase(const Probe& probe, const nb::object& value) {
    const auto is_value = [&value](const Held& held) { return held.is(value); };
    return with([&](auto& cache) { return first_of(cache.erase_if(own(probe), is_value)); });
  }
  std::optional<Item> pop_victim() {
    return with([this](auto& cache) { return first_of(is_part() ? cache.pop_victim_of(own()) : cache.pop_victim()); });
  }
  bool pin(const Probe& probe, bool pinned) {
    return with([&](auto& cache) { return cache.pin(own(probe), pinned); });
  }

  // In the order of eviction.
  std::vector<Item> snapshot() const {
    std::vector<Item> items =
        with([this](const auto& cache) { return is_part() ? cache.snapshot_of(own()) : cache.snapshot(); });
    for (auto& [key, value] : items) key = KeyRef(told_key(key.object()));
    return items;
  }
  // Of the whole, with the keys as it holds them.
  std::vector<Item> snapshot_of_whole() const {
    return with([](const auto& cache) { return cache.snapshot(); });
  }
  std::vector<State> states() const {
    std::vector<State> states =
        with([this](const auto& cache) { return is_part() ? cache.states_of(own()) : cache.states(); });
    for (State& state : states) state.key = KeyRef(told_key(state.key.object()));
    return states;
  }

  // For the garbage collector, which has stopped everybody else: the whole.
  template <class Visit>
  void visit_unlocked(Visit visit) const {
    with([&](const auto& cache) { cache.visit_unlocked(visit); });
  }

 private:
  bool is_part() const { return session_ != kNoSession; }
  OfSession own() const { return {session_}; }
  Probe own(const Probe& probe) const { return Probe::of(probe.bytes(), probe.hash ^ salt_, probe.session | session_); }

  template <class Removed>
  static std::optional<Item> first_of(const Removed& removed) {
    if (removed.empty()) return std::nullopt;
    auto& item = removed.front();
    return Item(std::move(item.key), std::move(item.value));
  }

  std::shared_ptr<Whole> whole_;
  SessionNumber session_ = kNoSession;  // whose part this is; of none, it is the whole
  std::size_t salt_ = 0;
  std::atomic<bool> part_is_closed_ = false;
};

}  // namespace client_cache::python
