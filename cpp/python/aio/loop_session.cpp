#include "aio/loop_session.hpp"

#include <structmember.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "aio/client_call.hpp"
#include "boto3/environment.hpp"
#include "interpreter/capi.hpp"
#include "sessions/caches.hpp"

namespace client_cache::python {
namespace {

PyObject* session_new(PyTypeObject* type, PyObject*, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    static std::atomic<std::uint64_t> made{0};
    nb::object self = owned(type->tp_alloc(type, 0));
    as_loop_session(self.ptr())->name = intern(("_client_cache_" + std::to_string(++made)).c_str());
    return self.release().ptr();
  });
}

// What a derived class hands to `super().__init__`, nobody needs.
int session_init(PyObject*, PyObject*, PyObject*) { return 0; }

int session_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  static_cast<void>(arg);
  return 0;
}

void session_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_CLEAR(as_loop_session(self)->name);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* session_client(PyObject* self, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    return make_client_call(self, args, static_cast<std::size_t>(positionals), keywords).release().ptr();
  });
}

PyObject* session_cached(PyObject* self, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    const nb::object found = find_cached(self, args, static_cast<std::size_t>(positionals), keywords);
    return found.is_valid() ? nb::object(found).release().ptr() : Py_NewRef(Py_None);
  });
}

PyMethodDef methods[] = {
    {"client", as_c_function(session_client), METH_FASTCALL | METH_KEYWORDS,
     "Return the running loop's cached client of this call, to be awaited; it is built where there is none.\n\nTakes "
     "what ``AioSession.create_client`` takes, and decides by its meaning whether two calls are the same.\n\nArgs:\n"
     "    eviction_policy: ``\"LRU\"`` (the default) or ``\"LFU\"``: which of the loop's two caches.\n"
     "    max_size: The new size of that cache, an integer; None leaves it alone.\n\n"
     "Raises:\n    ClientCacheError: no event loop runs, the session is closed, a wrong option.\n"
     "    Exception: whatever aiobotocore raises while it builds the client; nothing is cached then."},
    {"cached", as_c_function(session_cached), METH_FASTCALL | METH_KEYWORDS,
     "Return the running loop's cached client of this call, or None; it builds nothing and is not awaited.\n\n"
     "Takes what ``client`` takes. Counts as a hit or a miss. None too when it is time to look for credentials that a "
     "cached client lacks."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"_name", T_OBJECT_EX, offsetof(LoopSessionObject, name), READONLY, "Its attribute of a loop."},
    {"_closed", T_BOOL, offsetof(LoopSessionObject, closed), 0, "Whether it builds and hands out nothing any more."},
    {nullptr, 0, 0, 0, nullptr},
};
static_assert(sizeof(std::atomic<bool>) == sizeof(char));

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("A session whose clients belong to event loops.")},
    {Py_tp_new, reinterpret_cast<void*>(session_new)},
    {Py_tp_init, reinterpret_cast<void*>(session_init)},
    {Py_tp_dealloc, reinterpret_cast<void*>(session_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(session_traverse)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {0, nullptr},
};

PyType_Spec spec = {"boto3_client_cache._core.LoopSession", sizeof(LoopSessionObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

nb::object caches_on(PyObject* loop, PyObject* session) {
  PyObject* held = nullptr;
#if PY_VERSION_HEX >= 0x030D0000
  if (PyObject_GetOptionalAttr(loop, as_loop_session(session)->name, &held) < 0) throw nb::python_error();
#else
  if (_PyObject_LookupAttr(loop, as_loop_session(session)->name, &held) < 0) throw nb::python_error();
#endif
  nb::object caches = nb::steal(held);
  return caches.is_valid() && PyObject_TypeCheck(held, session_caches_type) ? caches : nb::object();
}

void register_loop_session(nb::module_& module) {
  const nb::object type = owned(PyType_FromSpec(&spec));
  module.attr("LoopSession") = type;
}

}  // namespace client_cache::python
