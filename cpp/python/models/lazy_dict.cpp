#include "models/lazy_dict.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

#include "models/key_iterator.hpp"
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

}  // namespace

// ---- Becoming an ordinary dict ----

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

namespace {

// True when one item can be read alone; else `self` is an ordinary dict, or an exception is set.
bool can_read_alone(PyObject* self, PyObject* key) {
  if (is_lazy(self) && PyUnicode_CheckExact(key)) return true;
  (void)make_ordinary(self);
  return false;
}

}  // namespace

PyObject* item_or_null(PyObject* self, PyObject* key) {
  if (can_read_alone(self, key)) {
    const std::lock_guard lock(as_lazy(self)->mutex);
    return read_item(self, key);
  }
  return PyErr_Occurred() ? nullptr : base_item(self, key);
}

// ---- Slots ----

namespace {

PyObject* subscript(PyObject* self, PyObject* key) {
  PyObject* const value = item_or_null(self, key);
  if (value == nullptr && !PyErr_Occurred()) {
    // A tuple as a key must not be taken for the exception's arguments.
    const Reference arguments(PyTuple_Pack(1, key));
    if (arguments) PyErr_SetObject(PyExc_KeyError, arguments.get());
  }
  return value;
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

// The keys of a view in file order, in a tuple. Null, with or without an exception set, if it is an ordinary dict by
// now or something was written past the type's own methods.
PyObject* keys_of_view(PyObject* self) {
  const std::lock_guard lock(as_lazy(self)->mutex);
  PyObject* name = nullptr;
  for (Py_ssize_t place = 0; is_lazy(self) && PyDict_Next(self, &place, &name, nullptr) != 0;) {
    if (!PyUnicode_CheckExact(name) || !document_value(self, name)) return nullptr;
  }
  const auto& model = as_lazy(self)->model;
  const auto members = model->document().object(as_lazy(self)->view);
  Reference keys(PyTuple_New(static_cast<Py_ssize_t>(members.size())));
  for (std::size_t i = 0; keys && i < members.size(); ++i) {
    PyObject* const key = model->string(members.key(i));
    if (key == nullptr) return nullptr;
    PyTuple_SET_ITEM(keys.get(), static_cast<Py_ssize_t>(i), key);
  }
  return is_lazy(self) ? keys.release() : nullptr;
}

PyObject* iterate(PyObject* self) {
  if (is_lazy(self)) {
    const Reference keys(keys_of_view(self));
    if (keys) return iterate_keys(self, keys.get());
    if (PyErr_Occurred()) return nullptr;
  }
  return make_ordinary(self) ? PyDict_Type.tp_iter(self) : nullptr;
}

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
  PyMethodDef* const methods = lazy_dict_methods();
  if (methods == nullptr) return false;
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
                         slot(Py_tp_methods, methods),
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
