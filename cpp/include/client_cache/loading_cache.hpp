// A ConcurrentCache that has what is missing created, once for each key however many threads ask for it.
//
// A *flight* is one attempt to create the value of one key. The thread that finds neither a value nor a flight leads
// one; whoever asks for the key meanwhile waits for it and gets the same value, or the same exception.
//
// Complexity: a hit is ConcurrentCache::get; a miss adds O(flights under way), one a thread and level of nesting.
// Thread safety: all members, at any time, besides those that ConcurrentCache excepts.
// Invariants: at most one flight for a key. Its value is stored before it leaves the table, and it leaves the table
// before it ends. No lock is held while a factory or a handler runs, or while anything is waited for or destroyed.
// Does not: cache exceptions, run factories on threads of its own, read a clock, share anything while the capacity is
// 0 (each caller then creates for itself, and a factory that asks for its own key recurses), or see a circle of waits
// that is closed by something else, such as a factory that joins a thread which asks for its key.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "client_cache/creation.hpp"
#include "client_cache/eviction_policy.hpp"
#include "client_cache/expiration.hpp"
#include "client_cache/lru.hpp"
#include "client_cache/thread_annotations.hpp"

namespace client_cache {

template <class Key, class Value, EvictionPolicy Policy = Lru, class Hash = std::hash<Key>,
          class Equal = std::equal_to<>, class Mutex = std::mutex>
class LoadingCache : public ConcurrentCache<BoundedCache<Key, Value, Policy, Hash, Equal>, Mutex> {
  using Base = ConcurrentCache<BoundedCache<Key, Value, Policy, Hash, Equal>, Mutex>;

  struct DestroyRemoved {
    void operator()(const typename Base::Removed& /*removed*/) const noexcept {}
  };

 public:
  using Base::Base;
  using typename Base::Outcome;
  using typename Base::Removed;

  // The value under the key that `query` finds, or what one call of `factory` returns among all that ask for it now.
  // Counts as one use of the entry, and as one hit or miss. A miss makes the key as Key(query). The age of what is
  // created counts from `now`, before the creation.
  //
  // What the factory throws reaches everyone who waits for this flight, and the next call tries again. A wait that
  // could never end throws CircularCreation. A value that was inserted by hand meanwhile goes before the one created;
  // a value that the cache does not take (it is full of pinned entries, or closed) is returned all the same.
  //
  // What had expired and what storing evicts go to `on_removed`, in a call each, on the creating thread, when the
  // waiting ones have been served; without a handler they are destroyed there. What the handler throws leaves this
  // call, and the value stays stored.
  template <class Query, std::invocable Factory, std::invocable<Removed> OnRemoved = DestroyRemoved>
    requires std::constructible_from<Key, const Query&> && std::convertible_to<std::invoke_result_t<Factory&>, Value>
  [[nodiscard]] Value get_or_create(const Query& query, Factory factory, OnRemoved on_removed = {}, Time now = {}) {
    if (auto held = this->get(query, now)) return *std::move(held);
    while (this->capacity() != 0) {
      const auto mine = std::make_shared<Flight>(Key(query));
      const auto flight = join(query, mine);
      Outcome outcome = Outcome::exists;
      if (flight == mine) {
        outcome = lead(flight, query, factory, on_removed, now);
      } else {
        flight->wait();
        if (flight->error) std::rethrow_exception(flight->error);
      }
      if (outcome == Outcome::exists) {
        if (auto held = this->use(query, now)) return *std::move(held);
      }
      if (const auto& created = flight->value) return *created;
      // The flight created nothing: its thread was cancelled, or found a value that has been removed since.
    }
    return std::invoke(factory);
  }

 private:
  struct Flight : Creation {
    explicit Flight(Key&& flight_key) : key(std::move(flight_key)) {}

    Key key;
    // Written by its leader before it ends, read by the others after that.
    std::optional<Value> value;
    std::exception_ptr error;
  };

  // The flight of the key: `mine`, unless one was under way.
  template <class Query>
  std::shared_ptr<Flight> join(const Query& query, const std::shared_ptr<Flight>& mine) {
    const ScopedLock lock(flights_mutex_);
    for (const auto& flight : flights_) {
      if (Equal{}(flight->key, query)) return flight;
    }
    flights_.push_back(mine);
    return mine;
  }

  template <class Query, class Factory, class OnRemoved>
  Outcome lead(const std::shared_ptr<Flight>& flight, const Query& query, Factory& factory, OnRemoved& on_removed,
               Time now) {
    // These outlive the flight: their destructors may be slow, and may ask for its key.
    std::optional<Value> stored;
    typename Base::Insertion insertion{Outcome::exists, {}, {}};
    try {
      // The flight before this one may have landed since this thread looked.
      if (!this->contains(query, now)) {
        const Value& created = flight->value.emplace(std::invoke(factory));
        insertion = this->insert(Key(query), std::move(stored.emplace(created)), now);
      }
    } catch (...) {
      flight->error = std::current_exception();
      land(flight);
      throw;
    }
    land(flight);
    if (!insertion.expired.empty()) std::invoke(on_removed, std::move(insertion.expired));
    if (!insertion.removed.empty()) std::invoke(on_removed, std::move(insertion.removed));
    return insertion.outcome;
  }

  // NOLINTNEXTLINE(bugprone-exception-escape): should the mutex fail, an end is better than a wait without end
  void land(const std::shared_ptr<Flight>& flight) noexcept {
    {
      const ScopedLock lock(flights_mutex_);
      std::erase(flights_, flight);
    }
    flight->end();
  }

  AnnotatedMutex<Mutex> flights_mutex_;
  std::vector<std::shared_ptr<Flight>> flights_ CLIENT_CACHE_GUARDED_BY(flights_mutex_);
};

}  // namespace client_cache
