#include "caches/live_caches.hpp"

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

struct Totals {
  Statistics counted;
  std::uint64_t creations = 0;
  Time creation_time{};
  std::size_t capacity = 0;
  std::size_t size = 0;

  void add_counts(const CacheObject& cache) {
    const Statistics more = cache.store.statistics();
    counted.hits += more.hits;
    counted.misses += more.misses;
    counted.evictions += more.evictions;
    counted.expirations += more.expirations;
    counted.regrets += more.regrets;
    creations += cache.store.creations();
    creation_time += cache.store.creation_time();
  }
};

using TotalsTable = std::array<std::array<Totals, 2>, kKinds>;  // by kind and policy

Totals& totals_for(TotalsTable& table, const CacheObject& cache) {
  return table[index_of(cache.kind)][static_cast<std::size_t>(cache.store.policy())];
}

// All three change under the lock.
InterpreterMutex live_mutex;
CacheObject* live_caches = nullptr;
TotalsTable counts_of_the_dead;

// A strong reference to a linked cache; none to one that is dying.
nb::object hold(CacheObject* cache) {
#ifdef Py_GIL_DISABLED
  PyObject* held = nullptr;
  if (PyWeakref_GetRef(cache->own_reference, &held) < 0) throw nb::python_error();
  return nb::steal(held);
#else
  auto* object = reinterpret_cast<PyObject*>(cache);
  return Py_REFCNT(object) > 0 ? nb::borrow(object) : nb::object();
#endif
}

std::vector<nb::object> hold_live_caches() {
  std::vector<nb::object> caches;
  const std::lock_guard lock(live_mutex);
  for (CacheObject* cache = live_caches; cache != nullptr; cache = cache->next) {
    if (nb::object held = hold(cache); held.is_valid()) caches.push_back(std::move(held));
  }
  return caches;
}

// What sessions have in a cache that they share is left out: that one is among them.
nb::list list_live_caches() {
  nb::list caches;
  for (const nb::object& cache : hold_live_caches()) {
    if (as_cache(cache.ptr())->shared == nullptr) caches.append(cache);
  }
  return caches;
}

// `(kind, policy, CacheInfo)` of each kind and policy, over the living and the dead.
nb::list totals() {
  TotalsTable table;
  {
    const std::lock_guard lock(live_mutex);
    table = counts_of_the_dead;
    for (const CacheObject* cache = live_caches; cache != nullptr; cache = cache->next) {
      if (cache->shared != nullptr) continue;
      Totals& of_its_sort = totals_for(table, *cache);
      of_its_sort.add_counts(*cache);
      of_its_sort.capacity += cache->store.capacity();
      of_its_sort.size += cache->store.size();
    }
  }
  const Environment& env = environment();
  const std::array<PyObject*, 2> policies = {env.str_lru, env.str_lfu};
  const nb::object cache_info = package_attribute("cache", "CacheInfo");
  nb::list rows;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (std::size_t policy = 0; policy < policies.size(); ++policy) {
      const Totals& row = table[kind][policy];
      rows.append(
          nb::make_tuple(nb::handle(env.method_names[kind]), nb::handle(policies[policy]),
                         cache_info(row.counted.hits, row.counted.misses, row.capacity, row.size, row.counted.evictions,
                                    row.counted.expirations, row.creations,
                                    std::chrono::duration<double>(row.creation_time).count(), row.counted.regrets)));
    }
  }
  return rows;
}

// A child shares no socket with its parent, and has none of its threads: it starts with empty caches, no creation, and
// nothing counted.
void start_afresh() {
  forget_waits();
  for (const nb::object& held : hold_live_caches()) {
    CacheObject& cache = *as_cache(held.ptr());
    cache.flights.forget();
    cache.warned.clear();
    cache.store.clear(Unseen());
    cache.store.reset_statistics();
    cache.size_told = false;
  }
  const std::lock_guard lock(live_mutex);
  counts_of_the_dead = {};
}

}  // namespace

void link_cache(CacheObject& cache) {
  const std::lock_guard lock(live_mutex);
  cache.previous = nullptr;
  cache.next = live_caches;
  if (live_caches != nullptr) live_caches->previous = &cache;
  live_caches = &cache;
}

void unlink_cache(CacheObject& cache) {
  const std::lock_guard lock(live_mutex);
  (cache.previous == nullptr ? live_caches : cache.previous->next) = cache.next;
  if (cache.next != nullptr) cache.next->previous = cache.previous;
  if (cache.shared == nullptr) totals_for(counts_of_the_dead, cache).add_counts(cache);
}

void register_live_caches(nb::module_& module) {
  module.def("clear_all_caches", &start_afresh, "Empties every cache of the process, silently: for a forked child.");
  module.def("live_caches", &list_live_caches, "Lists every cache of the process.");
  module.def("totals", &totals, "What all caches of the process have counted, those that are gone too.");
}

}  // namespace client_cache::python
