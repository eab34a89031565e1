// A LazyDict's methods beside its slots: most become ordinary, and do as a dict does then.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "models/lazy_dict_object.hpp"
#include "models/reference.hpp"

namespace models {
namespace {

constexpr std::array kMethods{"keys",       "values", "items",        "pop",        "popitem", "update",
                              "setdefault", "clear",  "__reversed__", "__sizeof__", "copy"};
constexpr std::size_t kCopy = kMethods.size() - 1;      // delegated once it is an ordinary dict
std::array<PyObject*, kMethods.size()> dict_methods{};  // dict's own, set when the module is loaded

template <std::size_t Index>
PyObject* delegate(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  if (!make_ordinary(self)) return nullptr;
  const auto total = static_cast<std::size_t>(count + (keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords)));
  std::array<PyObject*, 8> few;
  std::unique_ptr<PyObject*[]> many;
  PyObject** call = few.data();
  if (total + 1 > few.size()) {
    many.reset(new (std::nothrow) PyObject*[total + 1]);
    if (!many) return PyErr_NoMemory();
    call = many.get();
  }
  call[0] = self;
  std::copy_n(arguments, total, call + 1);
  return PyObject_Vectorcall(dict_methods[Index], call, static_cast<std::size_t>(count) + 1, keywords);
}

PyObject* get(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2) {
    return PyErr_Format(PyExc_TypeError, "get expected 1 or 2 arguments, got %zd", count);
  }
  PyObject* const value = item_or_null(self, arguments[0]);
  if (value != nullptr || PyErr_Occurred()) return value;
  return Py_NewRef(count == 2 ? arguments[1] : Py_None);
}

// A plain dict. The view stays lazy, but for the containers that both have now.
PyObject* copied(PyObject* self, PyObject*) {
  if (is_lazy(self)) {
    const std::lock_guard lock(as_lazy(self)->mutex);
    Reference all(is_lazy(self) ? all_items(self) : nullptr);
    if (is_lazy(self) || PyErr_Occurred()) return all.release();
  }
  return PyObject_CallOneArg(dict_methods[kCopy], self);
}

// copy.copy, copy.deepcopy and pickle: as an ordinary dict with these items. They come after the dict, so that one that
// contains itself ends.
PyObject* reduce(PyObject* self, PyObject*) {
  if (!make_ordinary(self)) return nullptr;
  const Reference items(PyObject_CallMethod(self, "items", nullptr));
  const Reference iterator(items ? PyObject_GetIter(items.get()) : nullptr);
  if (!iterator) return nullptr;
  return Py_BuildValue("O()OOO", &PyDict_Type, Py_None, Py_None, iterator.get());
}

template <std::size_t... Index>
PyMethodDef* method_table(std::index_sequence<Index...>) {
  static PyMethodDef methods[] = {
      {kMethods[Index], reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&delegate<Index>)),
       METH_FASTCALL | METH_KEYWORDS, nullptr}...,
      {"copy", &copied, METH_NOARGS, nullptr},
      {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&get)), METH_FASTCALL, nullptr},
      {"__reduce__", &reduce, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  return methods;
}

}  // namespace

PyMethodDef* lazy_dict_methods() {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    dict_methods[i] = PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyDict_Type), kMethods[i]);
    if (dict_methods[i] == nullptr) return nullptr;
  }
  return method_table(std::make_index_sequence<kCopy>{});
}

}  // namespace models
