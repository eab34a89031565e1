// How a LazyDict lies in memory: for the files that make it, read it and forget what was read of it.
#pragma once

#include <Python.h>

#include <atomic>
#include <memory>
#include <optional>

#include "interpreter/mutex.hpp"
#include "models/model.hpp"

namespace models {

using Mutex = client_cache::python::InterpreterMutex;

struct LazyDict {
  PyDictObject base;
  [[no_unique_address]] Mutex mutex;
  Value view;
  std::atomic<bool> lazy;        // written under the mutex, released after the items are there
  std::shared_ptr<Model> model;  // set before anybody else has the object, and kept until its end
};

inline PyTypeObject* lazy_dict_type = nullptr;  // set once, when the module is loaded

inline LazyDict* as_lazy(PyObject* object) { return reinterpret_cast<LazyDict*>(object); }
inline bool is_lazy(PyObject* object) { return as_lazy(object)->lazy.load(std::memory_order_acquire); }

// An ordinary dict, as which a LazyDict that is made by calling the type stays.
PyObject* create_lazy_dict(PyTypeObject* type, PyObject* arguments, PyObject* keywords);

// The document's value under `key`; nothing when there is none. An exact str only.
std::optional<Value> document_value(PyObject* self, PyObject* key);

// The item under `key`. A new reference, or null (with an exception set, or not: it is not there).
PyObject* item_or_null(PyObject* self, PyObject* key);

// All items in file order, those that were read before among them; then what was written past the type's own methods.
// Under the mutex, of a view. A new reference, or null: with an exception set, or it has become an ordinary dict.
PyObject* all_items(PyObject* self);

// False with an exception set.
bool make_ordinary(PyObject* self);

// The methods of the type, or null with an exception set.
PyMethodDef* lazy_dict_methods();

}  // namespace models
