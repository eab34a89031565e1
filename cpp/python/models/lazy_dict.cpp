#include "models/lazy_dict.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "models/lazy_dict_object.hpp"
#include "models/reference.hpp"

namespace models {
namespace {

// ---- Reading one item ----

// What the base has under `key`: a new reference, or null (with an exception set, or not: it is not there).
PyObject* base_item(PyObject* self, PyObject* key) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* value = nullptr;
  (void)PyDict_GetItemRef(self, key, &value);
  return value;
#else
  return Py_XNewRef(PyDict_GetItemWithError(self, key));
#endif
}

// Keeps `value` under `key` in the base, unless something is there by now; the winner, as a new reference.
PyObject* base_keep(PyObject* self, PyObject* key, PyObject* value) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* kept = nullptr;
  (void)PyDict_SetDefaultRef(self, key, value, &kept);
  return kept;
#else
  return Py_XNewRef(PyDict_SetDefault(self, key, value));
#endif
}

// The item of a view, under its lock. A new reference, or null (with an exception set, or not: it is not there).
PyObject* read_item(PyObject* self, PyObject* key) {
  if (PyObject* const known = base_item(self, key); known != nullptr || PyErr_Occurred() || !is_lazy(self))
    return known;
  const auto value = document_value(self, key);
  if (!value) return nullptr;
  const Reference made(to_python(as_lazy(self)->model, *value));
  if (!made) return nullptr;
  if (!is_lazy(self)) return base_item(self, key);  // the collector ran, and made it an ordinary dict
  return value->is_container() ? base_keep(self, key, made.get()) : Py_NewRef(made.get());
}

// ---- Becoming an ordinary dict ----

// All items in file order, those that were read before among them; then what was written past the type's own methods.
PyObject* all_items(PyObject* self) {
  const auto& model = as_lazy(self)->model;
  const auto members = model->document().object(as_lazy(self)->view);
  Reference all(PyDict_New());
  if (!all) return nullptr;
  for (std::size_t i = 0; i < members.size() && is_lazy(self); ++i) {
    const Reference key(model->string(members.key(i)));
    const Reference value(key ? read_item(self, key.get()) : nullptr);
    if (!value) return nullptr;
    if (PyDict_SetItem(all.get(), key.get(), value.get()) < 0) return nullptr;
  }
  // By its items, since merging a dict asks the methods of a subclass.
  const Reference base(PyDict_Items(self));
  if (!base || PyDict_MergeFromSeq2(all.get(), base.get(), /*override=*/0) < 0) return nullptr;
  return all.release();
}

bool make_ordinary(PyObject* self) {
  if (!is_lazy(self)) return true;
  const std::lock_guard lock(as_lazy(self)->mutex);
  if (!is_lazy(self)) return true;
  const Reference all(all_items(self));
  if (!all) return !is_lazy(self) && !PyErr_Occurred();
  if (!is_lazy(self)) return true;
  // From here on nothing runs but this: `all` holds every value that the base lets go, and its keys are known to
  // differ.
  PyDict_Clear(self);
  if (PyDict_Update(self, all.get()) < 0) return false;
  as_lazy(self)->lazy.store(false, std::memory_order_release);
  return true;
}

// True when one item can be read alone; else `self` is an ordinary dict, or an exception is set.
bool can_read_alone(PyObject* self, PyObject* key) {
  if (is_lazy(self) && PyUnicode_CheckExact(key)) return true;
  (void)make_ordinary(self);
  return false;
}

PyObject* item_or_null(PyObject* self, PyObject* key) {
  if (can_read_alone(self, key)) {
    const std::lock_guard lock(as_lazy(self)->mutex);
    return read_item(self, key);
  }
  return PyErr_Occurred() ? nullptr : base_item(self, key);
}

// ---- Slots ----

PyObject* subscript(PyObject* self, PyObject* key) {
  PyObject* const value = item_or_null(self, key);
  if (value == nullptr && !PyErr_Occurred()) {
    // A tuple as a key must not be taken for the exception's arguments.
    const Reference arguments(PyTuple_Pack(1, key));
    if (arguments) PyErr_SetObject(PyExc_KeyError, arguments.get());
  }
  return value;
}

PyObject* get(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2) {
    return PyErr_Format(PyExc_TypeError, "get expected 1 or 2 arguments, got %zd", count);
  }
  PyObject* const value = item_or_null(self, arguments[0]);
  if (value != nullptr || PyErr_Occurred()) return value;
  return Py_NewRef(count == 2 ? arguments[1] : Py_None);
}

int contains(PyObject* self, PyObject* key) {
  if (can_read_alone(self, key)) {
    const std::lock_guard lock(as_lazy(self)->mutex);
    if (is_lazy(self) && document_value(self, key)) return 1;
  }
  return PyErr_Occurred() ? -1 : PyDict_Contains(self, key);
}

Py_ssize_t length(PyObject* self) {
  const std::lock_guard lock(as_lazy(self)->mutex);
  if (!is_lazy(self)) return PyDict_Size(self);
  return static_cast<Py_ssize_t>(as_lazy(self)->model->document().object(as_lazy(self)->view).size());
}

int assign(PyObject* self, PyObject* key, PyObject* value) {
  return make_ordinary(self) ? PyDict_Type.tp_as_mapping->mp_ass_subscript(self, key, value) : -1;
}

int initialize(PyObject* self, PyObject* arguments, PyObject* keywords) {
  return make_ordinary(self) ? PyDict_Type.tp_init(self, arguments, keywords) : -1;
}

PyObject* iterate(PyObject* self) { return make_ordinary(self) ? PyDict_Type.tp_iter(self) : nullptr; }
PyObject* represent(PyObject* self) { return make_ordinary(self) ? PyDict_Type.tp_repr(self) : nullptr; }

// Either operand may be the view, and both.
bool make_ordinary_if_lazy_dict(PyObject* object) {
  return !Py_IS_TYPE(object, lazy_dict_type) || make_ordinary(object);
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  if (!make_ordinary_if_lazy_dict(self) || !make_ordinary_if_lazy_dict(other)) return nullptr;
  return PyDict_Type.tp_richcompare(self, other, operation);
}

PyObject* merged(PyObject* left, PyObject* right) {
  if (!make_ordinary_if_lazy_dict(left) || !make_ordinary_if_lazy_dict(right)) return nullptr;
  return PyDict_Type.tp_as_number->nb_or(left, right);
}

PyObject* merge_in_place(PyObject* self, PyObject* other) {
  return make_ordinary(self) ? PyDict_Type.tp_as_number->nb_inplace_or(self, other) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return PyDict_Type.tp_traverse(self, visit, arg);
}

int clear(PyObject* self) { return PyDict_Type.tp_clear(self); }  // not inherited where tp_traverse is one's own

void deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, deallocate);  // dict's own does not count a subclass
  std::destroy_at(&as_lazy(self)->model);
  PyDict_Type.tp_dealloc(self);
  Py_DECREF(type);
  Py_TRASHCAN_END;
}

// ---- Methods: become ordinary, then do as a dict does ----

constexpr std::array kMethods{"keys",   "values",     "items", "copy",         "pop",       "popitem",
                              "update", "setdefault", "clear", "__reversed__", "__sizeof__"};
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
      {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&get)), METH_FASTCALL, nullptr},
      {"__reduce__", &reduce, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  return methods;
}

template <typename Function>
PyType_Slot slot(int id, Function function) {
  return {id, reinterpret_cast<void*>(function)};
}

}  // namespace

std::optional<Value> document_value(PyObject* self, PyObject* key) {
  Py_ssize_t size = 0;
  const char* const text = PyUnicode_AsUTF8AndSize(key, &size);
  if (text == nullptr) {  // a lone surrogate: no document has one
    PyErr_Clear();
    return std::nullopt;
  }
  return as_lazy(self)->model->document().find(as_lazy(self)->view, {text, static_cast<std::size_t>(size)});
}

Model* model_of(PyObject* view) noexcept {
  return Py_IS_TYPE(view, lazy_dict_type) ? as_lazy(view)->model.get() : nullptr;
}

std::shared_ptr<Model> whole_model_of(PyObject* view) noexcept {
  if (model_of(view) == nullptr) return nullptr;
  const auto& model = as_lazy(view)->model;
  return as_lazy(view)->view == model->document().root() ? model : nullptr;
}

bool add_lazy_dict(PyObject* module) {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    dict_methods[i] = PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyDict_Type), kMethods[i]);
    if (dict_methods[i] == nullptr) return false;
  }
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>("A dict whose items become Python objects when they are read.")},
                         slot(Py_tp_new, &create_lazy_dict),
                         slot(Py_tp_init, &initialize),
                         slot(Py_tp_dealloc, &deallocate),
                         slot(Py_tp_traverse, &traverse),
                         slot(Py_tp_clear, &clear),
                         slot(Py_tp_repr, &represent),
                         slot(Py_tp_hash, &PyObject_HashNotImplemented),
                         slot(Py_tp_richcompare, &compare),
                         slot(Py_tp_iter, &iterate),
                         slot(Py_tp_methods, method_table(std::make_index_sequence<kMethods.size()>{})),
                         slot(Py_mp_subscript, &subscript),
                         slot(Py_mp_ass_subscript, &assign),
                         slot(Py_mp_length, &length),
                         slot(Py_sq_contains, &contains),
                         slot(Py_nb_or, &merged),
                         slot(Py_nb_inplace_or, &merge_in_place),
                         {0, nullptr}};
  PyType_Spec spec{"boto3_client_cache._core.LazyDict", sizeof(LazyDict), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                   slots};
  const Reference bases(PyTuple_Pack(1, &PyDict_Type));
  if (!bases) return false;
  PyObject* const type = PyType_FromModuleAndSpec(module, &spec, bases.get());
  if (type == nullptr) return false;
  lazy_dict_type = reinterpret_cast<PyTypeObject*>(type);
  return PyModule_AddObjectRef(module, "LazyDict", type) == 0;
}

}  // namespace models
