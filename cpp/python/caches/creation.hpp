// Creating what a cache misses, once however many threads ask for it: the core's single-flight, with Python entered to
// build, to store, and to wait.
//
// An interruption, such as what a signal handler raises, may come wherever Python is entered. It leaves this thread's
// call; who leads, who waits and whose turn it is are ended by scopes of C++, which it cannot part.
//
// Thread safety: get_or_create, from any thread at any time.
// Does not: hold a C++ exception, or anything that others use on this thread's stack, while Python runs: a greenlet may
// be switched there.
#pragma once

#include <optional>
#include <span>

#include "caches/cache.hpp"

namespace client_cache::python {

// What is asked for. Borrowed from the caller.
struct Creation {
  PyObject* cache;
  PyObject* key;
  nb::handle build;       // called for the object
  nb::handle store = {};  // called with it: `(what the callers get, what has left the cache)`; or null
  PythonTurn* turn = nullptr;
  Origin origin = kAnyOrigin;                          // of what `build` would build now
  std::optional<std::size_t> max_size = std::nullopt;  // this caller's, for the cache
  Time max_wait = kDefaultMaxWait;
};

// What the cache holds under the key, or what one of the threads that ask for it now builds. Every call counts as a
// use, a waiting one too, and its `max_size` counts. `build` runs in the turn, `store` afterwards. An `Exception` of
// either reaches all who wait, and nothing is stored. A cache of size 0 shares nothing: every caller builds. A closed
// one refuses.
nb::object get_or_create(const Creation& creation);

std::span<const PyMethodDef> creation_methods();

}  // namespace client_cache::python
