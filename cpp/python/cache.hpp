// `ClientCache`, `ResourceCache` and the class of each policy below them: a dict's face on a Store.
#pragma once

#include <atomic>

#include "cache_options.hpp"
#include "errors.hpp"
#include "store.hpp"

namespace client_cache::python {

// The part that has a layout C knows, for the members that Python finds by their offset.
struct CacheHead {
  PyObject ob_base;
  PyObject* weak_references;
  PyObject* flights;   // a dict: what is being created, by key; boto3_client_cache._creation's
  PyObject* on_evict;  // null for none
  PyObject* clock;     // null for the system's
  char close_evicted;
  Kind kind;
  bool ready;    // the store is constructed and the cache is linked: the collector may see it earlier
  bool expires;  // a lifetime is set: hits look at the clock
};

struct CacheObject : CacheHead {
  Store store;
  Lifetime lifetime;
  std::atomic<std::uint64_t> creations;
  std::atomic<std::int64_t> creation_nanoseconds;

  // The live caches of the process.
  CacheObject* previous;
  CacheObject* next;
#ifdef Py_GIL_DISABLED
  PyObject* own_reference;  // a weak reference to this cache: without the GIL, the safe way to ask whether it is alive
#endif

  // May run Python code: not to be called with a lock held.
  Time now() const { return clock == nullptr ? system_time() : time_of_clock(kind, clock); }
  Time now_if_expiring() const { return expires ? now() : Time{}; }
};

inline CacheObject* as_cache(PyObject* object) { return reinterpret_cast<CacheObject*>(object); }

// A cache of these keyword options, a dict or null.
nb::object make_cache(Kind kind, Policy policy, PyObject* options);

// Sets the capacity, with the entry of `keep` not the victim; `…CacheError` when more entries are pinned than fit.
void resize_cache(PyObject* cache, std::size_t max_size, const Probe* keep = nullptr);

// Drops what has expired, and says how many.
std::size_t expire_cache(PyObject* cache);

// What a session and `cache[key]` look up: counts as a use, and as a hit or a miss. A miss drops what has expired.
inline std::optional<nb::object> look_up(PyObject* self, const Probe& probe) {
  CacheObject& cache = *as_cache(self);
  std::optional<nb::object> value = cache.store.get(probe, cache.now_if_expiring());
  if (!value) expire_cache(self);
  return value;
}

void register_caches(nb::module_& module);

}  // namespace client_cache::python
