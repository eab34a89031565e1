// `ClientCache`, `ResourceCache` and the class of each policy below them: a dict's face on a Store.
#pragma once

#include "errors.hpp"
#include "store.hpp"

namespace client_cache::python {

inline constexpr std::size_t kDefaultSize = 10;

// The part that has a layout C knows, for the members that Python finds by their offset.
struct CacheHead {
  PyObject ob_base;
  PyObject* weak_references;
  PyObject* flights;  // a dict: what is being created, by key; boto3_client_cache._creation's
  Kind kind;
  bool ready;  // the store is constructed and the cache is linked: the collector may see it earlier
};

struct CacheObject : CacheHead {
  Store store;

  // The live caches of the process.
  CacheObject* previous;
  CacheObject* next;
#ifdef Py_GIL_DISABLED
  PyObject* own_reference;  // a weak reference to this cache: without the GIL, the safe way to ask whether it is alive
#endif
};

inline CacheObject* as_cache(PyObject* object) { return reinterpret_cast<CacheObject*>(object); }

nb::object make_cache(Kind kind, Policy policy, std::size_t max_size);

// A `max_size` as the caller gave it: None is the default, a negative number counts by its absolute value.
std::size_t parse_max_size(Kind kind, PyObject* max_size);
Policy parse_policy(Kind kind, PyObject* eviction_policy);

// Raises `…CacheError` unless `value` is what a cache of this kind holds, by isinstance.
bool is_cacheable(Kind kind, PyObject* value);

void register_caches(nb::module_& module);

}  // namespace client_cache::python
