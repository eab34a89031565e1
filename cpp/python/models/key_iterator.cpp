#include "models/key_iterator.hpp"

#include <atomic>
#include <new>

namespace models {
namespace {

struct KeyIterator {
  PyObject_HEAD PyObject* dict;
  PyObject* keys;
  // Past the number of keys when the end was told. Relaxed: each index is handed out once by the order of this one
  // variable, and the keys were there before any thread had the iterator.
  std::atomic<Py_ssize_t> next;
};

PyTypeObject* key_iterator_type = nullptr;  // set once, when the module is loaded

KeyIterator* as_iterator(PyObject* object) { return reinterpret_cast<KeyIterator*>(object); }

PyObject* next_key(PyObject* self) {
  KeyIterator* const iterator = as_iterator(self);
  const Py_ssize_t total = PyTuple_GET_SIZE(iterator->keys);
  if (iterator->next.load(std::memory_order_relaxed) > total) return nullptr;
  const Py_ssize_t size = PyObject_Size(iterator->dict);
  if (size < 0) return nullptr;
  if (size != total) return PyErr_Format(PyExc_RuntimeError, "dictionary changed size during iteration");
  const Py_ssize_t index = iterator->next.fetch_add(1, std::memory_order_relaxed);
  return index < total ? Py_NewRef(PyTuple_GET_ITEM(iterator->keys, index)) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_iterator(self)->dict);
  return 0;  // the keys are strings
}

void deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_XDECREF(as_iterator(self)->dict);
  Py_XDECREF(as_iterator(self)->keys);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

}  // namespace

PyObject* iterate_keys(PyObject* dict, PyObject* keys) {
  auto* const iterator = PyObject_GC_New(KeyIterator, key_iterator_type);
  if (iterator == nullptr) return nullptr;
  iterator->dict = Py_NewRef(dict);
  iterator->keys = Py_NewRef(keys);
  new (&iterator->next) std::atomic<Py_ssize_t>(0);
  auto* const object = reinterpret_cast<PyObject*>(iterator);
  PyObject_GC_Track(object);
  return object;
}

bool add_key_iterator(PyObject* module) {
  PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&deallocate)},
                         {Py_tp_traverse, reinterpret_cast<void*>(&traverse)},
                         {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
                         {Py_tp_iternext, reinterpret_cast<void*>(&next_key)},
                         {0, nullptr}};
  PyType_Spec spec{"boto3_client_cache._core.KeyIterator", sizeof(KeyIterator), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  key_iterator_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return key_iterator_type != nullptr;
}

}  // namespace models
