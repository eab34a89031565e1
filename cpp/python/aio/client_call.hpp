// A call of `client` that is awaited: what `aio.Session.client` returns, as a coroutine function returns a coroutine.
//
// Like a coroutine it does nothing until it is awaited, once, and then asks the running loop. On a hit it is done in
// the first step: no Python frame, and no exception that carries a result. On a miss it goes on as the coroutine of
// `boto3_client_cache.aio._creation.create`. `async with` gives the client too, and leaves it in the cache.
//
// Complexity: that of a hit, and one allocation. Thread safety: one thread at a time, as with a coroutine.
#pragma once

#include "caches/cache.hpp"

namespace client_cache::python {

// A call that has not begun; it keeps the arguments, which `keywords` are the names of the last of, or null.
nb::object make_client_call(PyObject* session, PyObject* const* args, std::size_t positionals, PyObject* keywords);

// What the running loop's cache has for a call; invalid for nothing, and when it is time to look for credentials that a
// client lacks. Not awaited: it builds nothing.
nb::object find_cached(PyObject* session, PyObject* const* args, std::size_t positionals, PyObject* keywords);

void register_client_call(nb::module_& module);

}  // namespace client_cache::python
