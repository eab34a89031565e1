// A ConcurrentCache that has what is missing created, once for each key however many threads ask for it.
//
// Complexity: a hit is ConcurrentCache::get; a miss adds what SingleFlight says.
// Thread safety: all members, at any time, besides those that ConcurrentCache excepts.
// Invariants: those of SingleFlight. No lock is held while a factory or a handler runs.
// Does not: cache exceptions, run factories on threads of its own, read a clock for the age of entries, share anything
// while the capacity is 0 (each caller then creates for itself, and a factory that asks for its own key recurses).
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "client_cache/bounded_cache.hpp"
#include "client_cache/concurrent_cache.hpp"
#include "client_cache/eviction_policy.hpp"
#include "client_cache/expiration.hpp"
#include "client_cache/lru.hpp"
#include "client_cache/single_flight.hpp"
#include "client_cache/waiting.hpp"

namespace client_cache {

// Thrown instead of waiting in a circle: by a creation that asks for what it is itself creating, and by one that asks
// for what waits, directly or through other threads, for this thread.
class CircularCreation : public std::logic_error {
  using std::logic_error::logic_error;
};

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
  // could never end throws CircularCreation. Who has waited for `max_wait` creates for itself, and what it creates is
  // stored if nobody else has stored by then. A value that was inserted meanwhile goes before the one created; a value
  // that the cache does not take (it is full of pinned entries, or closed) is returned all the same.
  //
  // What had expired and what storing evicts go to `on_removed`, in a call each, on the creating thread, when the
  // waiting ones have been served; without a handler they are destroyed there. What the handler throws leaves this
  // call, and the value stays stored.
  template <class Query, std::invocable Factory, std::invocable<Removed> OnRemoved = DestroyRemoved>
    requires std::constructible_from<Key, const Query&> && std::convertible_to<std::invoke_result_t<Factory&>, Value>
  [[nodiscard]] Value get_or_create(const Query& query, Factory factory, OnRemoved on_removed = {}, Time now = {},
                                    Time max_wait = kDefaultMaxWait) {
    if (auto held = this->get(query, now)) return *std::move(held);
    if (this->capacity() == 0) return std::invoke(factory);
    Steps<Query, Factory> steps{*this, query, factory, now};
    const Creation created = flights_.get_or_create(query, steps, nullptr, deadline_after(max_wait));
    if (created.error) std::rethrow_exception(created.error);
    if (!steps.insertion.expired.empty()) std::invoke(on_removed, std::move(steps.insertion.expired));
    if (!steps.insertion.removed.empty()) std::invoke(on_removed, std::move(steps.insertion.removed));
    return *created.value;
  }

 private:
  // What was created, or what was thrown instead.
  struct Creation {
    std::optional<Value> value;
    std::exception_ptr error;
  };

  // Its members outlive the flight: their destructors may be slow, and may ask for its key.
  template <class Query, class Factory>
  struct Steps {
    LoadingCache& cache;
    const Query& query;
    Factory& factory;
    Time now;
    std::optional<Value> refused{};  // what was created, where the cache has another value by now
    typename Base::Insertion insertion{Outcome::exists, {}, {}};

    Key make_key() const { return Key(query); }

    std::optional<Creation> use() { return of(cache.use(query, now)); }
    std::optional<Creation> find() { return of(cache.peek(query, now)); }

    Creation create() {
      try {
        return {std::invoke(factory), nullptr};
      } catch (...) {
        if (std::exception_ptr error = std::current_exception()) return {std::nullopt, std::move(error)};
        throw;  // the thread is being cancelled, which is no exception
      }
    }

    void store(Creation& creation) {
      if (creation.error) return;
      Value value = *creation.value;
      insertion = cache.insert(Key(query), std::move(value), now);
      if (insertion.outcome != Outcome::exists) return;
      if (std::optional<Value> held = cache.use(query, now)) refused = std::exchange(creation.value, std::move(held));
    }

    static bool shares(const Creation& /*creation*/) { return true; }

    [[noreturn]] static void refuse(const Waited& waited) {
      throw CircularCreation(waited.outcome == Wait::circle_of_one
                                 ? "a creation asks for what it is itself creating: create it without the cache, or "
                                   "ask for it when the creation has ended"
                                 : "creations wait for each other in a circle: create one of them without the cache, "
                                   "or ask for it when the creation that needs it has ended");
    }

    static void gave_up(const Waited& /*waited*/, bool /*leading*/) {}

   private:
    static std::optional<Creation> of(std::optional<Value> held) {
      if (!held) return std::nullopt;
      return Creation{std::move(held), nullptr};
    }
  };

  SingleFlight<Key, Creation, NativeWaiting, Equal> flights_;
};

}  // namespace client_cache
