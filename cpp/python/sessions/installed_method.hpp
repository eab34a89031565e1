// What `install()` puts in the place of a method of a session's class: of boto3's `client`, `resource` and `__init__`,
// and some of botocore's.
//
// It stands for the method that was there, its *original*: but for its signature, which may have our options too, its
// attributes are the original's, those that are assigned as well, and `__class__` is, so that what asks whether it is a
// function hears what it would hear of the original. `__wrapped__` is, too: who takes off the topmost wrapper because
// it is his then takes off his own, and ours with it. While it is *active* it does our work, for the sessions whose
// class finds it; all other calls, and all once it is not active, reach the original. So somebody may put a wrapper on
// top of it, and take it off again, whenever he likes.
//
// Thread safety: all functions.
#pragma once

#include <nanobind/nanobind.h>

namespace client_cache::python {

namespace nb = nanobind;

bool is_installed_method(PyObject* object);

// `method` is an installed one.
nb::object original_of(PyObject* method);

// Calls the original with what the method was called with.
nb::object call_original(PyObject* method, PyObject* const* args, std::size_t positionals, PyObject* keywords);

// Whether something is installed: then a thread has resource caches of its own.
bool is_anything_installed();

void register_installed_method(nb::module_& module);

}  // namespace client_cache::python
