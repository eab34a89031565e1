#include "sessions/installed_method.hpp"

#include <structmember.h>

#include <atomic>
#include <cstddef>
#include <vector>

#include "boto3/environment.hpp"
#include "boto3/errors.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"
#include "sessions/session.hpp"

namespace client_cache::python {
namespace {

struct InstalledMethodObject {
  PyObject ob_base;
  vectorcallfunc vectorcall;
  PyObject* original;
  PyObject* enter;  // what is called instead, with the original before the arguments; null for `client` and `resource`
  PyObject* signature;  // makes the signature of the original's
  Kind kind;
  // Relaxed: a call that overlaps uninstall() may go either way, and nothing else is read by what this says. A thread
  // that has heard of uninstall()'s return has so by something that orders both.
  std::atomic<bool> active;
};

PyTypeObject* method_type = nullptr;
std::atomic<bool> anything_installed = false;

InstalledMethodObject& as_method(PyObject* object) { return *reinterpret_cast<InstalledMethodObject*>(object); }

PyObject* method_vectorcall(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    InstalledMethodObject& method = as_method(self);
    const auto positionals = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
    if (!method.active.load(std::memory_order_relaxed) || positionals == 0)
      return call_original(self, args, positionals, keywords).release().ptr();
    if (method.enter == nullptr) return installed_call(method.kind, self, args, positionals, keywords).release().ptr();
    const std::size_t values =
        positionals + (keywords == nullptr ? 0 : static_cast<std::size_t>(PyTuple_GET_SIZE(keywords)));
    std::vector<PyObject*> with_original{method.original};
    with_original.insert(with_original.end(), args, args + values);
    return platform::parked_at_exit(
        [&] { return PyObject_Vectorcall(method.enter, with_original.data(), positionals + 1, keywords); });
  });
}

PyObject* method_get(PyObject* self, PyObject* object, PyObject*) {
  return object == nullptr || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

bool is_text(PyObject* name, const char* text) { return PyUnicode_CompareWithASCIIString(name, text) == 0; }

// What is not the original's.
bool is_own_attribute(PyObject* name) {
  for (const char* own : {"__call__", "__get__", "__reduce__", "__reduce_ex__", "__signature__"}) {
    if (is_text(name, own)) return true;
  }
  return false;
}

// Its class is the original's real one: `isinstance` takes a wrapper for one of the kind that it is.
PyObject* method_getattr(PyObject* self, PyObject* name) {
  if (is_text(name, "__class__")) return Py_NewRef(Py_TYPE(as_method(self).original));
  return is_own_attribute(name) ? PyObject_GenericGetAttr(self, name)
                                : PyObject_GetAttr(as_method(self).original, name);
}

int method_setattr(PyObject* self, PyObject* name, PyObject* value) {
  return PyObject_SetAttr(as_method(self).original, name, value);
}

PyObject* method_repr(PyObject* self) { return PyUnicode_FromFormat("<cached %R>", as_method(self).original); }

PyObject* method_signature(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const InstalledMethodObject& method = as_method(self);
    return call_python(nb::handle(method.signature), nb::handle(method.original)).release().ptr();
  });
}

// By its name, as a function is: so copies are the same one.
PyObject* method_reduce(PyObject* self, PyObject*) {
  return PyObject_GetAttrString(as_method(self).original, "__qualname__");
}

int method_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_method(self).original);
  Py_VISIT(as_method(self).enter);
  Py_VISIT(as_method(self).signature);
  return 0;
}

// Breaks no cycle itself: a method without its original could not be called. A function's cycles go through its dict.
void method_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_CLEAR(as_method(self).original);
  Py_CLEAR(as_method(self).enter);
  Py_CLEAR(as_method(self).signature);
  type->tp_free(self);
  Py_DECREF(type);
}

PyTypeObject* make_method_type() {
  static PyMethodDef methods[] = {
      {"__reduce__", method_reduce, METH_NOARGS, "The original's name."},
      {nullptr, nullptr, 0, nullptr},
  };
  static PyMemberDef members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(InstalledMethodObject, vectorcall), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr},
  };
  static PyGetSetDef properties[] = {
      {"__signature__", method_signature, nullptr, "The original's, with our options where it takes some.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr},
  };
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("A method of boto3's or botocore's that is ours while it is installed.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(method_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(method_traverse)},
      {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
      {Py_tp_descr_get, reinterpret_cast<void*>(method_get)},
      {Py_tp_getattro, reinterpret_cast<void*>(method_getattr)},
      {Py_tp_setattro, reinterpret_cast<void*>(method_setattr)},
      {Py_tp_repr, reinterpret_cast<void*>(method_repr)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {0, nullptr},
  };
  PyType_Spec spec = {"boto3_client_cache._core.InstalledMethod", sizeof(InstalledMethodObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                          Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

// For `name` of a session's class, not active yet.
nb::object make_method(nb::handle original, nb::handle name, nb::handle enter, nb::handle signature) {
  nb::object made = owned(method_type->tp_alloc(method_type, 0));
  InstalledMethodObject& method = as_method(made.ptr());
  method.vectorcall = method_vectorcall;
  method.original = nb::borrow(original).release().ptr();
  method.enter = enter.is_none() ? nullptr : nb::borrow(enter).release().ptr();
  method.signature = nb::borrow(signature).release().ptr();
  method.kind = name.equal(nb::handle(environment().method_names[0])) ? Kind::client : Kind::resource;
  return made;
}

void throw_unless_installed(nb::handle method) {
  if (!is_installed_method(method.ptr())) throw nb::type_error("not an installed method");
}

nb::object original(nb::handle method) {
  throw_unless_installed(method);
  return original_of(method.ptr());
}

bool is_active(nb::handle method) { return is_installed_method(method.ptr()) && as_method(method.ptr()).active; }

void set_active(nb::handle method, bool active) {
  throw_unless_installed(method);
  as_method(method.ptr()).active = active;
}

void set_anything_installed(bool installed) { anything_installed = installed; }

}  // namespace

bool is_installed_method(PyObject* object) { return Py_TYPE(object) == method_type; }

nb::object original_of(PyObject* method) { return nb::borrow(as_method(method).original); }

nb::object call_original(PyObject* method, PyObject* const* args, std::size_t positionals, PyObject* keywords) {
  PyObject* original = as_method(method).original;
  if (positionals == 0 || PyType_HasFeature(Py_TYPE(original), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
    return owned(platform::parked_at_exit([&] { return PyObject_Vectorcall(original, args, positionals, keywords); }));
  }
  const nb::object bound = bound_to(original, args[0]);
  return owned(
      platform::parked_at_exit([&] { return PyObject_Vectorcall(bound.ptr(), args + 1, positionals - 1, keywords); }));
}

bool is_anything_installed() { return anything_installed.load(std::memory_order_relaxed); }

void register_installed_method(nb::module_& module) {
  method_type = make_method_type();
  module.attr("InstalledMethod") = nb::handle(reinterpret_cast<PyObject*>(method_type));
  module.def("make_installed_method", &make_method, nb::arg("original"), nb::arg("name"), nb::arg("enter").none(),
             nb::arg("signature"));
  module.def("original_of", &original, nb::arg("method"));
  module.def("is_active", &is_active, nb::arg("method"));
  module.def("set_active", &set_active, nb::arg("method"), nb::arg("active"));
  module.def("is_anything_installed", &is_anything_installed);
  module.def("set_anything_installed", &set_anything_installed, nb::arg("installed"));
}

}  // namespace client_cache::python
