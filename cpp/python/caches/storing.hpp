// Storing what was made, and changing the size, with what leaves for it.
#pragma once

#include <optional>

#include "caches/cache.hpp"

namespace client_cache::python {

struct Stored {
  nb::object object;    // what was made; or what had been stored meanwhile; uncached where there was no room
  nb::object departed;  // a list of what has left for it, to be told of later, or None
};

// What another method of boto3 built gives way. `max_size` is for the cache, first.
Stored store_made(PyObject* cache, PyObject* key, std::optional<std::size_t> max_size, nb::object made, Origin origin);

// Sets the capacity, with the entry of `keep` not the victim; `…CacheError` when more entries are pinned than fit.
void resize_cache(PyObject* cache, std::size_t max_size, const Probe* keep = nullptr);

}  // namespace client_cache::python
