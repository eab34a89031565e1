// Whether what was read of a view is as the document has it.
#include <algorithm>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "models/lazy_dict.hpp"
#include "models/lazy_dict_object.hpp"
#include "models/reference.hpp"

namespace models {
namespace {

// Compares what was made of a value with the value itself. What lies at one of the exempt paths may be anything, or
// missing.
class Inspection {
 public:
  using Exempt = std::vector<std::span<const std::optional<std::string>>>;  // what is left of each path

  explicit Inspection(Model& model) : model_(model) {}

  [[nodiscard]] bool holds(PyObject* object, Value value, const Exempt& exempt = {}) const {
    if (value.kind() == Kind::string) return model_.is_string(object, value.payload());
    if (value.kind() == Kind::array) return PyList_CheckExact(object) && list_holds(object, value);
    if (value.kind() == Kind::object) {
      if (!Py_IS_TYPE(object, lazy_dict_type)) return PyDict_CheckExact(object) && dict_holds(object, value, exempt);
      return is_lazy(object) ? view_holds(object, value, exempt) : dict_holds(object, value, exempt);
    }
    const Reference scalar(model_.scalar(value));
    return scalar && Py_IS_TYPE(object, Py_TYPE(scalar.get())) &&
           PyObject_RichCompareBool(object, scalar.get(), Py_EQ) == 1;
  }

 private:
  [[nodiscard]] bool list_holds(PyObject* list, Value value) const {
    const auto words = model_.document().array(value);
    const Reference items(PyList_AsTuple(list));  // others may be writing
    if (!items || PyTuple_GET_SIZE(items.get()) != static_cast<Py_ssize_t>(words.size())) return false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!holds(PyTuple_GET_ITEM(items.get(), static_cast<Py_ssize_t>(i)), Value::from_word(words[i]))) return false;
    }
    return true;
  }

  [[nodiscard]] bool dict_holds(PyObject* dict, Value value, const Exempt& exempt) const {
    const auto members = model_.document().object(value);
    std::size_t i = 0;
    const auto skip_exempt = [&] {
      while (i < members.size() && is_exempt(exempt, model_.document().string(members.key(i)))) ++i;
    };
    const bool all = each_item(Reference(PyDict_Items(dict)), [&](PyObject* key, PyObject* item) {
      if (is_exempt(exempt, text_of(key))) return true;
      skip_exempt();
      if (i == members.size() || !model_.is_string(key, members.key(i))) return false;
      return holds(item, members.value(i++), below(exempt, text_of(key)));
    });
    skip_exempt();
    return all && i == members.size();
  }

  // While a view is lazy, only what was read of it can differ, in its depth.
  [[nodiscard]] bool view_holds(PyObject* view, Value value, const Exempt& exempt) const {
    if (as_lazy(view)->model.get() != &model_ || as_lazy(view)->view != value) return false;
    Reference items;
    {
      const std::lock_guard lock(as_lazy(view)->mutex);
      if (is_lazy(view)) items.reset(PyDict_Items(view));
    }
    if (!items) return !PyErr_Occurred() && dict_holds(view, value, exempt);  // it has become an ordinary dict
    return each_item(std::move(items), [&](PyObject* key, PyObject* item) {
      const auto text = text_of(key);
      if (is_exempt(exempt, text)) return true;
      const auto known = text ? document_value(view, key) : std::nullopt;
      return known && holds(item, *known, below(exempt, text));
    });
  }

  // Whether `holds` says so of each item of a dict, as they were at one moment.
  template <typename Holds>
  [[nodiscard]] static bool each_item(const Reference& items, Holds holds) {
    if (!items) return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* const item = PyList_GET_ITEM(items.get(), i);
      if (!holds(PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1))) return false;
    }
    return true;
  }

  // ---- exempt paths

  // Nothing for what is no plain string, or none of a document's.
  [[nodiscard]] static std::optional<std::string_view> text_of(PyObject* key) {
    if (!PyUnicode_CheckExact(key)) return std::nullopt;
    Py_ssize_t size = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(key, &size);
    if (text != nullptr) return std::string_view(text, static_cast<std::size_t>(size));
    PyErr_Clear();
    return std::nullopt;
  }

  [[nodiscard]] static bool is_exempt(const Exempt& exempt, std::optional<std::string_view> key) {
    return std::ranges::any_of(exempt, [&](auto path) { return path.size() == 1 && leads(path, key); });
  }

  // What is left of the paths that go through `key`.
  [[nodiscard]] static Exempt below(const Exempt& exempt, std::optional<std::string_view> key) {
    Exempt rest;
    for (const auto path : exempt) {
      if (path.size() > 1 && leads(path, key)) rest.push_back(path.subspan(1));
    }
    return rest;
  }

  [[nodiscard]] static bool leads(std::span<const std::optional<std::string>> path,
                                  std::optional<std::string_view> key) {
    return key && (!path.front() || *path.front() == *key);
  }

  Model& model_;
};

}  // namespace

bool is_unchanged(PyObject* view, const std::vector<Path>& apart_from) {
  Model* const model = model_of(view);
  if (model == nullptr) return false;
  const Inspection::Exempt exempt(apart_from.begin(), apart_from.end());
  return Inspection(*model).holds(view, as_lazy(view)->view, exempt);
}

}  // namespace models
