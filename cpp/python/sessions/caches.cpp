#include "sessions/caches.hpp"

#include <structmember.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>

#include "caches/arguments.hpp"
#include "interpreter/at_scope_end.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

PyObject* session_cache_class = nullptr;  // boto3_client_cache.session.SessionCache

constexpr Time kBetweenLooks = std::chrono::seconds(1);

// `SessionCaches(client_cache=None, resource_cache=None)`: the options of the caches of each kind, a dict or None; or a
// cache of that kind to share, of which the session's part stands for both policies.
PyObject* caches_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded<PyObject*>(nullptr, [&] {
    static const char* names[] = {"client_cache", "resource_cache", nullptr};
    std::array<PyObject*, kKindsOfSession> options{Py_None, Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", const_cast<char**>(names), &options[0], &options[1]))
      throw nb::python_error();
    nb::object self = nb::steal(type->tp_alloc(type, 0));
    if (!self.is_valid()) throw nb::python_error();
    std::construct_at(&as_caches(self.ptr())->resources_under_way);
    std::construct_at(&as_caches(self.ptr())->resources_mutex);
    for (MethodMemo& memo : as_caches(self.ptr())->methods) new (&memo) MethodMemo();
    for (const Kind kind : {Kind::client, Kind::resource}) {
      PyObject* of_kind = options[index_of(kind)];
      const nb::object part = is_cache(of_kind, kind) ? make_part(of_kind) : nb::object();
      for (const Policy policy : {Policy::lru, Policy::lfu}) {
        nb::object cache = part.is_valid() ? part : make_cache(kind, policy, of_kind == Py_None ? nullptr : of_kind);
        as_caches(self.ptr())->caches[index_of(kind)][index_of(policy)] = cache.release().ptr();
      }
    }
    return self.release().ptr();
  });
}

int caches_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  for (auto& caches : as_caches(self)->caches) {
    for (PyObject* cache : caches) Py_VISIT(cache);
  }
  for (const MethodMemo& memo : as_caches(self)->methods) {
    if (const int result = memo.visit_unlocked(visit, arg); result != 0) return result;
  }
  return 0;
}

int caches_clear(PyObject* self) {
  for (auto& caches : as_caches(self)->caches) {
    for (PyObject*& cache : caches) Py_CLEAR(cache);
  }
  for (MethodMemo& memo : as_caches(self)->methods) memo.clear();
  return 0;
}

void caches_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  caches_clear(self);
  std::destroy_at(&as_caches(self)->resources_under_way);
  for (MethodMemo& memo : as_caches(self)->methods) memo.~MethodMemo();
  type->tp_free(self);
  Py_DECREF(type);
}

// ---- The client inside a resource ----

void note_resource(SessionCachesObject& caches, ThreadId thread, nb::object service_name) {
  const std::lock_guard lock(caches.resources_mutex);
  caches.resources_under_way.push_back({thread, std::move(service_name)});
}

void forget_resource(SessionCachesObject& caches, ThreadId thread) {
  nb::object service_name;  // outlives the lock
  const std::lock_guard lock(caches.resources_mutex);
  auto& under_way = caches.resources_under_way;
  const auto last = std::find_if(under_way.rbegin(), under_way.rend(),
                                 [thread](const ResourceUnderWay& resource) { return resource.thread == thread; });
  if (last == under_way.rend()) return;  // forked meanwhile
  service_name = std::move(last->service_name);
  under_way.erase(std::next(last).base());
}

// `_build_resource(service_name, build)`: `build()`, while which the inner client is not cached.
PyObject* caches_build_resource(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_build_resource() takes a service name and a function");
    SessionCachesObject& caches = *as_caches(self);
    const ThreadId me = PythonWaiting::this_thread();
    note_resource(caches, me, nb::borrow(args[0]));
    const AtScopeEnd forget([&] { forget_resource(caches, me); });  // no interruption leaves it behind
    return call_python(nb::handle(args[1])).release().ptr();
  });
}

// `_start_afresh()`: in a forked child, which has none of the threads that built.
PyObject* caches_start_afresh(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    as_caches(self)->resources_under_way.clear();
    return Py_NewRef(Py_None);
  });
}

// `_cache(kind, policy)`: one of the four, for the Python part.
PyObject* caches_cache(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_cache() takes a kind and a policy");
    const Kind kind =
        nb::handle(args[0]).equal(nb::handle(environment().method_names[0])) ? Kind::client : Kind::resource;
    return Py_NewRef(as_caches(self)->caches[index_of(kind)][index_of(parse_policy(kind, args[1]))]);
  });
}

// `_look_for_credentials()`: something is cached that lacks them; from a second later on.
PyObject* caches_look_for_credentials(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    as_caches(self)->next_search = (system_time() + kBetweenLooks).count();
    as_caches(self)->lacks_credentials = 1;
    return Py_NewRef(Py_None);
  });
}

nb::object caches_of_session(nb::handle session) { return caches_of(session.ptr()); }

// Gives a session caches that were made for it.
void give_caches(nb::handle session, nb::handle caches) {
  as_caches(caches.ptr())->owner = session.ptr();
  const nb::object attributes = attributes_of(session.ptr());
  attributes[nb::handle(environment().str_state)] = caches;
}

PyTypeObject* make_caches_type() {
  static PyMethodDef methods[] = {
      {"_cache", as_c_function(caches_cache), METH_FASTCALL, "One of the session's four caches, by kind and policy."},
      {"_build_resource", as_c_function(caches_build_resource), METH_FASTCALL,
       "Call what builds a resource of a service, whose inner client is not to be cached."},
      {"_look_for_credentials", caches_look_for_credentials, METH_NOARGS,
       "Look for credentials, once a second, since something that is cached lacks them."},
      {"_start_afresh", caches_start_afresh, METH_NOARGS, "Forget what other threads build, in a forked child."},
      {nullptr, nullptr, 0, nullptr},
  };
  static PyMemberDef members[] = {
      {"_is_shared", T_BOOL, offsetof(SessionCachesObject, is_shared), 0,
       "Whether equal sessions have them in common."},
      {"_resources_by_thread", T_BOOL, offsetof(SessionCachesObject, resources_by_thread), 0,
       "Whether each thread has resource caches of its own, installed or not."},
      {"_watches_files", T_BOOL, offsetof(SessionCachesObject, watches_files), 0,
       "Whether the credential and config files are looked at."},
      {"_lacks_credentials", T_BOOL, offsetof(SessionCachesObject, lacks_credentials), 0,
       "Whether something that is cached was built while there were no credentials."},
      {nullptr, 0, 0, 0, nullptr},
  };
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("The four caches of a session.")},
      {Py_tp_new, reinterpret_cast<void*>(caches_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(caches_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(caches_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(caches_clear)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {0, nullptr},
  };
  PyType_Spec spec = {"boto3_client_cache._core.SessionCaches", sizeof(SessionCachesObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

nb::object make_caches_of(PyObject* session, const nb::object& attributes, const nb::object& found) {
  const nb::object made = found.is_valid() && PyObject_TypeCheck(found.ptr(), session_caches_type)
                              ? call_python(nb::object(found.attr("_another")))
                              : call_python(nb::handle(session_cache_class));
  as_caches(made.ptr())->owner = session;
  PyObject* name = environment().str_state;
  // Other threads may have made some meanwhile: those that are there first are everybody's. A critical section of the
  // dict would not do: storing into it lets others in.
  static InterpreterMutex first_caches;
  nb::object now;  // outlives the lock
  const std::lock_guard lock(first_caches);
  now = item_of(attributes.ptr(), name);
  if (is_own_caches(now, session)) return now;
  if (PyDict_SetItem(attributes.ptr(), name, made.ptr()) < 0) throw nb::python_error();
  return made;
}

nb::object innermost_resource(SessionCachesObject& caches) {
  const ThreadId me = PythonWaiting::this_thread();
  nb::object innermost;
  const std::lock_guard lock(caches.resources_mutex);
  for (const ResourceUnderWay& resource : caches.resources_under_way) {
    if (resource.thread == me) innermost = resource.service_name;
  }
  return innermost;
}

void look_at_files(PyObject* session, const nb::object& caches_object) {
  SessionCachesObject& caches = *as_caches(caches_object.ptr());
  const Time now = system_time();
  Time::rep due = caches.next_look.load(std::memory_order_relaxed);
  if (now.count() < due || !caches.next_look.compare_exchange_strong(due, (now + kBetweenLooks).count())) return;
  call_python(package_attribute("_session_caches", "look_at_files"), nb::handle(session), caches_object);
}

void look_for_credentials(PyObject* session, const nb::object& caches_object) {
  std::atomic<Time::rep>& next = as_caches(caches_object.ptr())->next_search;
  Time::rep due = next.load(std::memory_order_relaxed);
  if (system_time().count() < due || !next.compare_exchange_strong(due, kForever.count())) return;
  const AtScopeEnd look_again([&next] { next = (system_time() + kBetweenLooks).count(); });
  call_python(package_attribute("_session_caches", "look_for_credentials"), nb::handle(session), caches_object);
}

void set_session_cache_class(nb::handle session_cache) {
  session_cache_class = nb::borrow(session_cache).release().ptr();
}

void register_session_caches(nb::module_& module) {
  session_caches_type = make_caches_type();
  module.attr("SessionCaches") = nb::handle(reinterpret_cast<PyObject*>(session_caches_type));
  module.def("session_caches", &caches_of_session, nb::arg("session"));
  module.def("give_caches", &give_caches, nb::arg("session"), nb::arg("caches"));
}

}  // namespace client_cache::python
