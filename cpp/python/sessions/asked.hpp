// A session that is asked for a client or a resource.
#pragma once

#include <optional>

#include "sessions/boto3_method.hpp"
#include "sessions/caches.hpp"

namespace client_cache::python {

inline PyTypeObject* session_type = nullptr;  // boto3_client_cache.session.Session

inline bool is_ours(PyObject* session) { return PyObject_TypeCheck(session, session_type); }

// The session, its caches, and the origin of what boto3 would build now.
struct Asked {
  PyObject* session;
  nb::object caches;
  Origin origin;

  MethodMemo& memo(Kind kind) const { return as_caches(caches.ptr())->methods[index_of(kind)]; }
};

// None for what builds in a way of its own.
inline std::optional<BuildingMethod> method_of(PyObject* session, Kind kind) {
  if (is_ours(session)) return method_below(session_type, session, kind);
  return boto3s_method(session, kind);
}

}  // namespace client_cache::python
