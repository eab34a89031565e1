// What a caller gives a cache: keys, values, sizes and policies, judged, and the errors that name what is wrong with
// them.
#pragma once

#include <string>

#include "caches/cache.hpp"

namespace client_cache::python {

// The name of an object's type, as messages and reprs show it.
std::string type_name(PyObject* object);

inline constexpr std::size_t kDefaultSize = 10;

// A `max_size` as the caller gave it: None is the default, a negative number counts by its absolute value.
std::size_t parse_max_size(Kind kind, PyObject* max_size);
// `refusal` begins the message of the error for a wrong one.
Policy parse_policy(Kind kind, PyObject* eviction_policy, const char* refusal = "Unsupported cache type");

// Whether `value` is what a cache of this kind holds, by isinstance.
bool is_cacheable(Kind kind, PyObject* value);

// The same of a caller's own for a cache; one that sessions share is not to be resized by one of them.
std::size_t parse_size_of(const CacheObject& cache, PyObject* max_size);

// Whether a key names a session, which no key of a session's own part does.
inline bool is_anothers(const CacheObject& cache, const KeyObject& key) {
  return key.session() != kNoSession && cache.shared != nullptr;
}

[[noreturn]] void throw_no_key(const CacheObject& cache, PyObject* object);
inline const KeyObject& checked_key(const CacheObject& cache, PyObject* key) {
  if (is_key(key, cache.kind) && !is_anothers(cache, *as_key(key))) [[likely]]
    return *as_key(key);
  throw_no_key(cache, key);
}
void check_value(const CacheObject& cache, PyObject* value);
[[noreturn]] void throw_not_found(const CacheObject& cache, const KeyObject& key);
[[noreturn]] void throw_closed(const CacheObject& cache);
[[noreturn]] void throw_all_pinned(const CacheObject& cache);

}  // namespace client_cache::python
