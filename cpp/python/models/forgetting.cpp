// Whether what was read of a view is as the document has it, and letting go of it.
#include "models/lazy_dict.hpp"
#include "models/lazy_dict_object.hpp"
#include "models/reference.hpp"

namespace models {
namespace {

// Compares what was made of a value with the value itself: unchanged, and, where that is asked too, with no container
// inside that anybody but its own container has.
class Inspection {
 public:
  Inspection(Model& model, bool unshared) : model_(model), unshared_(unshared) {}

  [[nodiscard]] bool holds(PyObject* object, Value value) const {
    if (value.kind() == Kind::string) return model_.is_string(object, value.payload());
    if (value.kind() == Kind::array) return PyList_CheckExact(object) && list_holds(object, value);
    if (value.kind() == Kind::object) {
      if (!Py_IS_TYPE(object, lazy_dict_type)) return PyDict_CheckExact(object) && dict_holds(object, value);
      return is_lazy(object) ? view_holds(object, value) : dict_holds(object, value);
    }
    const Reference scalar(model_.scalar(value));
    return scalar && Py_IS_TYPE(object, Py_TYPE(scalar.get())) &&
           PyObject_RichCompareBool(object, scalar.get(), Py_EQ) == 1;
  }

 private:
  [[nodiscard]] bool item_holds(PyObject* object, Value value) const {
    if (unshared_ && value.is_container() && Py_REFCNT(object) != 1) return false;
    return holds(object, value);
  }

  [[nodiscard]] bool list_holds(PyObject* list, Value value) const {
    const auto words = model_.document().array(value);
    if (PyList_GET_SIZE(list) != static_cast<Py_ssize_t>(words.size())) return false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      PyObject* const item = PyList_GET_ITEM(list, static_cast<Py_ssize_t>(i));
      if (!item_holds(item, Value::from_word(words[i]))) return false;
    }
    return true;
  }

  [[nodiscard]] bool dict_holds(PyObject* dict, Value value) const {
    const auto members = model_.document().object(value);
    if (PyDict_Size(dict) != static_cast<Py_ssize_t>(members.size())) return false;
    Py_ssize_t cursor = 0;
    PyObject* key = nullptr;
    PyObject* item = nullptr;
    for (std::size_t i = 0; PyDict_Next(dict, &cursor, &key, &item); ++i) {
      if (!model_.is_string(key, members.key(i)) || !item_holds(item, members.value(i))) return false;
    }
    return true;
  }

  // While a view is lazy, only what was read of it can differ, in its depth.
  [[nodiscard]] bool view_holds(PyObject* view, Value value) const {
    if (as_lazy(view)->model.get() != &model_ || as_lazy(view)->view != value) return false;
    Py_ssize_t cursor = 0;
    PyObject* key = nullptr;
    PyObject* item = nullptr;
    while (PyDict_Next(view, &cursor, &key, &item)) {
      const auto known = PyUnicode_CheckExact(key) ? document_value(view, key) : std::nullopt;
      if (!known || !item_holds(item, *known)) return false;
    }
    return true;
  }

  Model& model_;
  bool unshared_;
};

#ifndef Py_GIL_DISABLED
// The containers among the document's items of a view, made anew.
PyObject* fresh_containers(PyObject* view) {
  const auto& model = as_lazy(view)->model;
  const auto members = model->document().object(as_lazy(view)->view);
  Reference all(PyDict_New());
  for (std::size_t i = 0; all && i < members.size(); ++i) {
    if (!members.value(i).is_container()) continue;
    const Reference key(model->string(members.key(i)));
    const Reference value(key ? to_python(model, members.value(i)) : nullptr);
    if (!value || PyDict_SetItem(all.get(), key.get(), value.get()) < 0) return nullptr;
  }
  return all.release();
}
#endif

}  // namespace

bool is_unchanged(PyObject* view) {
#ifdef Py_GIL_DISABLED
  (void)view;
  return false;
#else
  Model* const model = model_of(view);
  return model != nullptr && Inspection(*model, /*unshared=*/false).holds(view, as_lazy(view)->view);
#endif
}

bool forget(PyObject* view) {
#ifdef Py_GIL_DISABLED
  (void)view;
  return false;
#else
  Model* const model = model_of(view);
  if (model == nullptr || is_lazy(view)) return false;
  const Reference fresh(fresh_containers(view));
  if (!fresh || !Inspection(*model, /*unshared=*/true).holds(view, as_lazy(view)->view)) return false;
  Py_ssize_t cursor = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(fresh.get(), &cursor, &key, &value)) {
    // The key is there, so the table stays; and only strings, numbers, dicts and lists go: no code of others runs.
    if (PyDict_SetItem(view, key, value) < 0) return false;
  }
  return true;
#endif
}

}  // namespace models
