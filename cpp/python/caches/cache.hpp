// `ClientCache`, `ResourceCache` and the class of each policy below them: a dict's face on a Store.
#pragma once

#include <atomic>

#include "boto3/errors.hpp"
#include "caches/options.hpp"
#include "caches/store.hpp"
#include "interpreter/waiting.hpp"

namespace client_cache::python {

// The part that has a layout C knows, for the members that Python finds by their offset.
struct CacheHead {
  PyObject ob_base;
  PyObject* weak_references;
  PyObject* on_evict;  // null for none
  PyObject* clock;     // null for the system's
  char close_evicted;
  Kind kind;
  bool ready;    // the store is constructed and the cache is linked: the collector may see it earlier
  bool expires;  // a lifetime is set: hits look at the clock
};

// What a creation came to: an object, or the exception that was raised instead.
struct Made {
  nb::object object{};
  nb::object error{};
  Origin origin = kAnyOrigin;    // of the method that built it
  bool is_creators_own = false;  // the error is of the creator's own `max_size`: those who wait try anew
};

struct CacheObject : CacheHead {
  Store store;
  Lifetime lifetime;
  SingleFlight<KeyRef, Made, PythonWaiting, ProbeEqual> flights;
  Time max_wait;                    // for another thread's creation
  std::vector<std::size_t> warned;  // hashes of the keys that somebody has waited for too long, under its own lock
  InterpreterMutex warned_mutex;
  std::atomic<bool> size_told;  // that the cache is too small; read relaxed, since the exchange decides who tells
  PyObject* shared;  // the cache that sessions share, of which this shows what one session has there; or null

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

// Whether it is a cache of this kind, of either policy.
bool is_cache(PyObject* object, Kind kind);

// A cache of these keyword options, a dict or null.
nb::object make_cache(Kind kind, Policy policy, PyObject* options);

// What a new session has in a cache that it shares with others, as a cache with the options of that one.
nb::object make_part(PyObject* shared);

// Drops what has expired, and says how many.
std::size_t expire_cache(PyObject* cache);

// The cache itself, or the one of which it is a part.
inline PyObject* whole_of(PyObject* cache) {
  PyObject* shared = as_cache(cache)->shared;
  return shared == nullptr ? cache : shared;
}

// After a miss: says once a cache, in the log, that it is too small for what it is asked for. May run Python code.
void tell_of_size(PyObject* cache);

// What a session, with the origin of what it would build, and `cache[key]` look up: counts as a use, and as a hit or a
// miss. A miss drops what has expired, and may tell of the cache's size.
template <class... Origins>
std::optional<nb::object> look_up(PyObject* self, const Probe& probe, Origins... origin) {
  CacheObject& cache = *as_cache(self);
  std::optional<nb::object> value = cache.store.get(probe, origin..., cache.now_if_expiring());
  if (!value) {
    expire_cache(self);
    tell_of_size(self);
  }
  return value;
}

void register_caches(nb::module_& module);

}  // namespace client_cache::python
