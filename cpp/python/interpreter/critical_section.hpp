// CPython's per-object critical sections (3.13) as a scope; nothing where the GIL makes it one.
//
// Does not: make several operations on the object one. Whatever takes the object's section again, as storing into a
// dict does, lets others in; what only reads, as PyDict_Next, does not.
#pragma once

#include <Python.h>

namespace client_cache::python {

#ifdef Py_GIL_DISABLED
class CriticalSection {
 public:
  explicit CriticalSection(PyObject* object) { PyCriticalSection_Begin(&section_, object); }
  ~CriticalSection() { PyCriticalSection_End(&section_); }
  CriticalSection(const CriticalSection&) = delete;
  CriticalSection& operator=(const CriticalSection&) = delete;

 private:
  PyCriticalSection section_;
};
#else
class CriticalSection {
 public:
  explicit CriticalSection(PyObject*) {}
};
#endif

}  // namespace client_cache::python
