// An owned reference to a Python object, released at the end of the scope.
#pragma once

#include <Python.h>

#include <memory>

namespace models {

struct ReleaseReference {
  void operator()(PyObject* object) const noexcept { Py_DECREF(object); }
};

// Null stands for an exception that is set.
using Reference = std::unique_ptr<PyObject, ReleaseReference>;

}  // namespace models
