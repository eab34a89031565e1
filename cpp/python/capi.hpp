// What the raw C API needs said again and again: owned results that are checked, texts, method tables.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <string_view>

#include "interpreter_exit.hpp"

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
  return owned(
      parked_at_exit([&] { return PyObject_Vectorcall(function.ptr(), values.data(), values.size(), nullptr); }));
}

inline nb::str str(std::string_view text) { return nb::str(text.data(), text.size()); }

// A function of any calling convention as a PyMethodDef holds it; its flags say which.
template <class Function>
PyCFunction as_c_function(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

}  // namespace client_cache::python
