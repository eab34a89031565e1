// What the raw C API needs said again and again: owned results that are checked, exceptions, texts, slots.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <exception>
#include <new>
#include <string_view>

#include "platform/thread_exit.hpp"

namespace client_cache::python {

namespace nb = nanobind;

// A new reference, or the exception that is set where there is none.
inline nb::object owned(PyObject* result) {
  if (result == nullptr) throw nb::python_error();
  return nb::steal(result);
}

// Calls what may run for long: the user's code, or a function of this package that runs it.
template <class... Arguments>
nb::object call_python(nb::handle function, const Arguments&... arguments) {
  const std::array<PyObject*, sizeof...(Arguments)> values{arguments.ptr()...};
  return owned(platform::parked_at_exit(
      [&] { return PyObject_Vectorcall(function.ptr(), values.data(), values.size(), nullptr); }));
}

// The exception that is set, which no longer is. Kept so, and not as a C++ exception, it may be held while Python code
// runs, which may switch to another greenlet of this thread.
inline nb::object take_raised() {
#if PY_VERSION_HEX >= 0x030C0000
  return nb::steal(PyErr_GetRaisedException());
#else
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return nb::steal(value);
#endif
}

// Sets an exception as it is, with its traceback.
inline void raise_again(nb::object exception) {
#if PY_VERSION_HEX >= 0x030C0000
  PyErr_SetRaisedException(exception.release().ptr());
#else
  PyObject* value = exception.release().ptr();
  PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(value))), value, PyException_GetTraceback(value));
#endif
}

[[noreturn]] inline void throw_type_error(const char* message) {
  PyErr_SetString(PyExc_TypeError, message);
  throw nb::python_error();
}

// What a dict holds under a name, or an invalid object.
inline nb::object item_of(PyObject* dict, PyObject* name) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* held = nullptr;
  if (PyDict_GetItemRef(dict, name, &held) < 0) throw nb::python_error();
  return nb::steal(held);
#else
  PyObject* held = PyDict_GetItemWithError(dict, name);
  if (held == nullptr && PyErr_Occurred()) throw nb::python_error();
  return nb::borrow(held);
#endif
}

// A function as a method of `self`, as a class's attribute is; what is no descriptor, a mock say, as it is.
inline nb::object bound_to(PyObject* function, PyObject* self) {
  const descrgetfunc get = Py_TYPE(function)->tp_descr_get;
  if (get == nullptr) return nb::borrow(function);
  return owned(get(function, self, reinterpret_cast<PyObject*>(Py_TYPE(self))));
}

// The interned text, kept for ever.
inline PyObject* intern(const char* text) {
  PyObject* name = PyUnicode_InternFromString(text);
  if (name == nullptr) throw nb::python_error();
  return name;
}
inline PyObject* intern(nb::handle text) {
  PyObject* name = nb::borrow(text).release().ptr();
  PyUnicode_InternInPlace(&name);
  return name;
}

inline nb::str str(std::string_view text) { return nb::str(text.data(), text.size()); }

// Runs `body` for a raw slot: C++ exceptions become Python's, and `failed` is returned. Not noexcept, and nothing here
// catches `...`: what exit.hpp tells of may come through, from a call too short to be parked in. What it destroys on
// its way is also held by the Python frames below.
template <class Result, class Body>
Result guarded(Result failed, Body&& body) {
  try {
    return body();
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return failed;
}

// A function of any calling convention as a PyMethodDef holds it; its flags say which.
template <class Function>
PyCFunction as_c_function(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

}  // namespace client_cache::python
