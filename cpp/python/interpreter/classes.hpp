// Classes: what one defines itself, and the version that tells whether that, or a base, has changed since.
//
// Complexity: a look at a field. Thread safety: any thread may ask, with the GIL or attached.
#pragma once

#include <atomic>

#include "interpreter/capi.hpp"

namespace client_cache::python {

// A field that other threads may be assigning: only to be compared, so relaxed. Nothing is read through it, and what it
// is compared with was read from the same variable before: a change that is not seen yet is one that overlaps the call.
template <class T>
T loaded(T& field) {
#ifdef Py_GIL_DISABLED
  return std::atomic_ref<T>(field).load(std::memory_order_relaxed);
#else
  return field;
#endif
}

// The dict of what a class itself defines.
inline nb::object attributes_of(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030C0000
  return owned(PyType_GetDict(type));
#else
  return nb::borrow(type->tp_dict);
#endif
}

// The version that a class has until it, or a base of it, is changed; 0 for none.
inline unsigned version_of(PyTypeObject* type) {
#if PY_VERSION_HEX < 0x030C0000
  if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) return 0;
#endif
  return loaded(type->tp_version_tag);
}

// The same, but a class that has none is given one; 0 if it cannot have one.
inline unsigned assigned_version(PyTypeObject* type) {
  if (const unsigned version = version_of(type); version != 0) return version;
#if PY_VERSION_HEX >= 0x030C0000
  static_cast<void>(PyUnstable_Type_AssignVersionTag(type));
#else
  static PyObject* const any_name = intern("__init__");
  static_cast<void>(_PyType_Lookup(type, any_name));
#endif
  return version_of(type);
}

}  // namespace client_cache::python
