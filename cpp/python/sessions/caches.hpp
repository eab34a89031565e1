// The four caches of a session, in the session's own `__dict__`, so that they live as long as it does.
//
// They also know which method built what they hold, which resources boto3 is building now, and when to look at the
// credential files and for credentials next.
//
// Thread safety: all functions. What is written later is atomic, or has a lock of its own.
#pragma once

#include <array>
#include <atomic>
#include <vector>

#include "caches/cache.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/mutex.hpp"
#include "interpreter/waiting.hpp"
#include "sessions/boto3_method.hpp"

namespace client_cache::python {

// A resource that boto3 is building in one thread.
struct ResourceUnderWay {
  ThreadId thread;
  nb::object service_name;
};

// The caches of one session. `boto3_client_cache.session.SessionCache` derives from it and adds what is Python's part.
struct SessionCachesObject {
  PyObject ob_base;
  std::array<std::array<PyObject*, 2>, kKindsOfSession> caches;
  std::array<MethodMemo, kKindsOfSession> methods;
  const PyObject* owner;  // the session, only to be compared: it holds these caches, and a copy of it does not own them
  std::vector<ResourceUnderWay> resources_under_way;  // the inner ones of a thread last; under its own lock
  InterpreterMutex resources_mutex;
  char is_shared;            // whether equal sessions have them in common, each of which owns them
  char resources_by_thread;  // whether each thread has resource caches of its own, installed or not
  char watches_files;        // whether the credential and config files are looked at
  char lacks_credentials;    // whether some of what is cached was built while there were none, which is looked for
  // Read relaxed: too early a look at a clock costs one compare-and-swap, which decides who goes.
  std::atomic<Time::rep> next_look;    // at the files, not before this time on the system's clock
  std::atomic<Time::rep> next_search;  // for credentials, likewise
};

inline PyTypeObject* session_caches_type = nullptr;

inline SessionCachesObject* as_caches(PyObject* object) { return reinterpret_cast<SessionCachesObject*>(object); }

inline nb::object attributes_of(PyObject* session) { return owned(PyObject_GenericGetDict(session, nullptr)); }

// Whether an object is the caches of `session`, and not those of another one, whose copy it is.
inline bool is_own_caches(const nb::object& object, PyObject* session) {
  return object.is_valid() && PyObject_TypeCheck(object.ptr(), session_caches_type) &&
         (as_caches(object.ptr())->owner == session || as_caches(object.ptr())->is_shared);
}

// For a session without: like those that were `found`, if these are a copy's, which came with the session's `__dict__`.
nb::object make_caches_of(PyObject* session, const nb::object& attributes, const nb::object& found);

// Made when there are none.
inline nb::object caches_of(PyObject* session) {
  const nb::object attributes = attributes_of(session);
  PyObject* name = environment().str_state;
  const nb::object found = item_of(attributes.ptr(), name);
  if (is_own_caches(found, session)) [[likely]]
    return found;
  return make_caches_of(session, attributes, found);
}

// The service of the resource that boto3 is building in this thread; invalid for none.
nb::object innermost_resource(SessionCachesObject& caches);

// Whether a client of this service is the one inside the resource that boto3 is building in this thread. boto3 builds
// it by the session's own `client`, where it is not to be cached.
inline bool is_inner_client(SessionCachesObject& caches, PyObject* service_name) {
  if (caches.resources_under_way.empty() || service_name == nullptr) [[likely]]
    return false;
  const nb::object innermost = innermost_resource(caches);
  return innermost.is_valid() && innermost.equal(nb::handle(service_name));
}

// Looks at the credential and config files, by the one thread whose turn it is, once a second.
void look_at_files(PyObject* session, const nb::object& caches_object);

// Looks for credentials that have come since, by one thread at a time, a second after the last look has ended.
void look_for_credentials(PyObject* session, const nb::object& caches_object);

// `session_cache` is the class of the caches that are made.
void set_session_cache_class(nb::handle session_cache);

void register_session_caches(nb::module_& module);

}  // namespace client_cache::python
