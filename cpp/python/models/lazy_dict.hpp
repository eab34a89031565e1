// LazyDict: a dict whose items become Python objects when they are read.
//
// A LazyDict starts as a view of one object in a shared document. Reading a key makes that one value: strings are the
// model's, shared by all sessions; arrays and objects are made once and kept in the dict, so that they are the same
// object every time and a change made to one stays. Iterating and copying leave it so. The first other use of the whole
// (its items, a comparison, any write) puts every item in, in file order, and what is left is an ordinary dict: its
// own, as a parsed file's would be.
//
//   lazy      the base dict holds the containers read so far and at least one item; the document has the rest
//   ordinary  the base dict holds everything; the document is no longer asked (and lists are plain lists from the
//   start)
//
// Complexity: reading a key O(1) plus its siblings' count; becoming ordinary O(members), once. Thread safety: as a
// dict's. On free-threaded builds an object's mutex orders reading against becoming ordinary; it is held while objects
// are made, never while code of others runs. With a GIL, making an object may run the collector and with it anything,
// which is why every step that follows one looks at the state again.
//
// What code in C may still see, and no dict subclass can prevent: PyDict_GetItem, PyDict_Items or dict.get(view) bypass
// the methods of a subclass and find what the base holds: never a wrong value, but maybe fewer. What is written that
// way (dict.update(view, ...)) stays, and counts from when the view becomes ordinary.
#pragma once

#include <Python.h>

#include <optional>
#include <string>
#include <vector>

#include "models/model.hpp"

namespace models {

// Creates the type and adds it to `module`. False with an exception set.
[[nodiscard]] bool add_lazy_dict(PyObject* module);

// `value` as a Python object: a LazyDict or a small dict, a list of such, or a scalar. A new reference, or null with an
// exception set.
[[nodiscard]] PyObject* to_python(const std::shared_ptr<Model>& model, Value value);

// The model of a view, or null for anything else.
[[nodiscard]] Model* model_of(PyObject* view) noexcept;

// The model of a view of a whole document, or null for anything else.
[[nodiscard]] std::shared_ptr<Model> whole_model_of(PyObject* view) noexcept;

// The document as plain dicts and lists, equal ones being one object. A new reference, or null with an exception set.
[[nodiscard]] PyObject* to_plain(Model& model);

// Keys on the way from a view to what lies in it; nothing stands for any key.
using Path = std::vector<std::optional<std::string>>;

// Whether a view and all that was read of it are as the document has them, but for what lies at one of the paths. What
// others write meanwhile may count or not. False with an exception set if memory is short.
[[nodiscard]] bool is_unchanged(PyObject* view, const std::vector<Path>& apart_from);

}  // namespace models
