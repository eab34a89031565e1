// A session whose clients belong to event loops: `boto3_client_cache.aio.Session` derives from it.
//
// What it has cached on a loop is an attribute of that loop, under a name that no other session uses. So it lives as
// long as the loop does, and a loop that has ended is not kept: neither the session nor anything of the process refers
// to it.
//
// Thread safety: `closed` may be set by any thread, and is read relaxed: a call that overlaps close() may go either
// way. The rest is immutable.
#pragma once

#include <atomic>

#include "caches/cache.hpp"

namespace client_cache::python {

struct LoopSessionObject {
  PyObject ob_base;
  PyObject* name;  // of the attribute, interned
  std::atomic<bool> closed;
};

inline LoopSessionObject* as_loop_session(PyObject* object) { return reinterpret_cast<LoopSessionObject*>(object); }

// What a session has cached on a loop, a `SessionCaches`; invalid for nothing.
nb::object caches_on(PyObject* loop, PyObject* session);

void register_loop_session(nb::module_& module);

}  // namespace client_cache::python
