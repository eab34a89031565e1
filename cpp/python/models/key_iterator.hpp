// An iterator over the keys of a LazyDict that leaves it lazy.
//
// Complexity: O(1) a key. Thread safety: as a dict's own iterator. Like that one, it raises RuntimeError when the dict
// has become larger or smaller since it was made; unlike that one, it does not follow a change of keys at equal size.
#pragma once

#include <Python.h>

namespace models {

// Creates the type. False with an exception set.
[[nodiscard]] bool add_key_iterator(PyObject* module);

// Iterates over `keys`, a tuple, which are those of `dict`. A new reference, or null with an exception set.
[[nodiscard]] PyObject* iterate_keys(PyObject* dict, PyObject* keys);

}  // namespace models
