#include "caches/arguments.hpp"

#include <nanobind/stl/string.h>

#include <limits>
#include <string>

#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {

std::string type_name(PyObject* object) {
  return nb::cast<std::string>(nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(object))).attr("__name__"));
}

void throw_no_key(const CacheObject& cache, PyObject* object) {
  if (is_key(object, cache.kind)) {
    throw_cache_error(cache.kind, Failure::general, "Cache key must be of no session: this one is of a shared cache",
                      nb::str("key"), nb::str(nb::handle(object)));
  }
  throw_cache_error(cache.kind, Failure::general,
                    "Cache key must be a " + std::string(noun(cache.kind)) + "CacheKey, not " + type_name(object),
                    nb::str("key"), object);
}

void check_value(const CacheObject& cache, PyObject* value) {
  if (!is_cacheable(cache.kind, value)) {
    throw_cache_error(
        cache.kind, Failure::general,
        "Cache value must be a boto3 " + std::string(lower_noun(cache.kind)) + ", not " + type_name(value),
        nb::str("value"), value);
  }
  if (!cache.close_evicted) return;
  if (call_python(package_attribute("_departures", "closes_asynchronously"), nb::handle(value))
          .is(nb::handle(Py_True))) {
    throw_cache_error(cache.kind, Failure::general,
                      "Cache value must not be asynchronous where close_evicted is set: nobody awaits its close()",
                      nb::str("value"), value);
  }
}

void throw_not_found(const CacheObject& cache, const KeyObject& key) {
  throw_cache_error(cache.kind, Failure::not_found, std::string(noun(cache.kind)) + " not found", nb::str("key"),
                    key_label(key));
}

void throw_closed(const CacheObject& cache) {
  throw_cache_error(cache.kind, Failure::general, "The cache is closed: it stores nothing any more");
}

void throw_all_pinned(const CacheObject& cache) {
  throw_cache_error(cache.kind, Failure::general,
                    "Every " + std::string(lower_noun(cache.kind)) +
                        " in the cache is pinned and it is full: unpin one, or raise max_size",
                    nb::str("max_size"), nb::int_(cache.store.capacity()));
}

std::size_t parse_max_size(Kind kind, PyObject* max_size) {
  if (max_size == Py_None) return kDefaultSize;
  const auto refuse = [&](const char* why) {
    throw_cache_error(kind, Failure::general, why, nb::str("max_size"), max_size);
  };
  if (!PyIndex_Check(max_size)) refuse("max_size must be an integer or None");
  const Py_ssize_t size = PyNumber_AsSsize_t(max_size, PyExc_OverflowError);
  if (size == -1 && PyErr_Occurred()) {
    nb::python_error error;
    if (!error.matches(PyExc_OverflowError)) throw error;
    refuse("max_size is too large");
  }
  if (size == std::numeric_limits<Py_ssize_t>::min()) refuse("max_size is too large");
  return static_cast<std::size_t>(size < 0 ? -size : size);
}

std::size_t parse_size_of(const CacheObject& cache, PyObject* max_size) {
  const std::size_t size = parse_max_size(cache.kind, max_size);
  if (cache.shared != nullptr && size != cache.store.capacity()) {
    throw_cache_error(cache.kind, Failure::general,
                      "The cache is shared with other sessions: set max_size of the one that they share",
                      nb::str("max_size"), max_size);
  }
  return size;
}

Policy parse_policy(Kind kind, PyObject* eviction_policy, const char* refusal) {
  const Environment& env = environment();
  if (eviction_policy == nullptr || eviction_policy == Py_None || eviction_policy == env.str_lru) return Policy::lru;
  if (eviction_policy == env.str_lfu) return Policy::lfu;
  if (PyUnicode_Check(eviction_policy)) {
    if (PyUnicode_Compare(eviction_policy, env.str_lru) == 0) return Policy::lru;
    if (PyUnicode_Compare(eviction_policy, env.str_lfu) == 0) return Policy::lfu;
  }
  throw_cache_error(kind, Failure::general, std::string(refusal) + ": eviction_policy must be \"LRU\" or \"LFU\"",
                    nb::str("eviction_policy"), eviction_policy);
}

bool is_cacheable(Kind kind, PyObject* value) {
  const int result =
      platform::parked_at_exit([&] { return PyObject_IsInstance(value, environment().value_types[index_of(kind)]); });
  if (result < 0) throw nb::python_error();
  return result == 1;
}

}  // namespace client_cache::python
