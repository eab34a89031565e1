// What is made of a document's values: LazyDicts, small dicts, lists, scalars.
#include <memory>
#include <unordered_map>
#include <utility>

#include "models/lazy_dict.hpp"
#include "models/lazy_dict_object.hpp"
#include "models/reference.hpp"

namespace models {
namespace {

// An object of so few, so short items costs less as a plain dict than as a view. A table of 5 items is a dict's
// smallest.
bool is_small(const Document& document, const model_store::Members& members) {
  constexpr std::size_t kMostItems = 5;
  constexpr std::size_t kLongestText = 128;
  if (members.size() > kMostItems) return false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Value value = members.value(i);
    if (value.is_container()) return false;
    if (value.kind() == Kind::string && document.string(value.payload()).size() > kLongestText) return false;
  }
  return true;
}

PyObject* make_plain_dict(Model& model, const model_store::Members& members) {
  Reference dict(PyDict_New());
  if (!dict) return nullptr;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Reference key(model.string(members.key(i)));
    const Reference value(key ? model.scalar(members.value(i)) : nullptr);
    if (!value || PyDict_SetItem(dict.get(), key.get(), value.get()) < 0) return nullptr;
  }
  return dict.release();
}

PyObject* make_list(const std::shared_ptr<Model>& model, Value array) {
  const auto words = model->document().array(array);
  Reference list(PyList_New(static_cast<Py_ssize_t>(words.size())));
  if (!list) return nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    PyObject* const item = to_python(model, Value::from_word(words[i]));
    if (item == nullptr) return nullptr;
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), item);
  }
  return list.release();
}

// json's encoder in C takes a dict for empty when its base is, before it asks the subclass. So one real item goes in at
// once: a scalar when there is one.
bool put_first_item(PyObject* self) {
  const auto& model = as_lazy(self)->model;
  const auto members = model->document().object(as_lazy(self)->view);
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members.value(i).is_container()) continue;
    chosen = i;
    break;
  }
  const Reference key(model->string(members.key(chosen)));
  const Reference value(key ? to_python(model, members.value(chosen)) : nullptr);
  return value && PyDict_SetItem(self, key.get(), value.get()) == 0;
}

PyObject* make_lazy_dict(const std::shared_ptr<Model>& model, Value object) {
  const Reference no_arguments(PyTuple_New(0));
  if (!no_arguments) return nullptr;
  Reference self(create_lazy_dict(lazy_dict_type, no_arguments.get(), nullptr));
  if (!self) return nullptr;
  as_lazy(self.get())->view = object;
  as_lazy(self.get())->model = model;
  if (!put_first_item(self.get())) return nullptr;
  as_lazy(self.get())->lazy.store(true, std::memory_order_release);
  return self.release();
}

// `value` without views; containers that were made before are `made` by their words.
PyObject* plain(Model& model, Value value, std::unordered_map<std::uint32_t, Reference>& made) {
  if (!value.is_container()) return model.scalar(value);
  if (const auto known = made.find(value.word()); known != made.end()) return Py_NewRef(known->second.get());
  Reference container;
  if (value.kind() == Kind::array) {
    const auto words = model.document().array(value);
    container.reset(PyList_New(static_cast<Py_ssize_t>(words.size())));
    for (std::size_t i = 0; container && i < words.size(); ++i) {
      PyObject* const item = plain(model, Value::from_word(words[i]), made);
      if (item == nullptr) return nullptr;
      PyList_SET_ITEM(container.get(), static_cast<Py_ssize_t>(i), item);
    }
  } else {
    const auto members = model.document().object(value);
    container.reset(PyDict_New());
    for (std::size_t i = 0; container && i < members.size(); ++i) {
      const Reference key(model.string(members.key(i)));
      const Reference item(key ? plain(model, members.value(i), made) : nullptr);
      if (!item || PyDict_SetItem(container.get(), key.get(), item.get()) < 0) return nullptr;
    }
  }
  if (!container) return nullptr;
  PyObject* const result = Py_NewRef(container.get());
  made.emplace(value.word(), std::move(container));
  return result;
}

}  // namespace

PyObject* create_lazy_dict(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  PyObject* const self = PyDict_Type.tp_new(type, arguments, keywords);
  if (self == nullptr) return nullptr;
  std::construct_at(&as_lazy(self)->mutex);
  std::construct_at(&as_lazy(self)->view);
  std::construct_at(&as_lazy(self)->lazy, false);
  std::construct_at(&as_lazy(self)->model);
  return self;
}

PyObject* to_python(const std::shared_ptr<Model>& model, Value value) {
  if (value.kind() == Kind::array) return make_list(model, value);
  if (value.kind() != Kind::object) return model->scalar(value);
  const auto members = model->document().object(value);
  return is_small(model->document(), members) ? make_plain_dict(*model, members) : make_lazy_dict(model, value);
}

PyObject* to_plain(Model& model) {
  std::unordered_map<std::uint32_t, Reference> made;
  return plain(model, model.document().root(), made);
}

}  // namespace models
