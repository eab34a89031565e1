#include "caches/snapshots.hpp"

#include <algorithm>
#include <string>

#include "caches/arguments.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

// What has not expired.
std::vector<Store::Item> items_of(PyObject* self) {
  expire_cache(self);
  return as_cache(self)->store.snapshot();
}

nb::object keys_of(PyObject* self, bool reversed = false) {
  std::vector<Store::Item> items = items_of(self);
  if (reversed) std::reverse(items.begin(), items.end());
  nb::list keys;
  for (const auto& [key, value] : items) keys.append(key.object());
  return nb::tuple(keys);
}

PyObject* cache_keys(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] { return keys_of(self).release().ptr(); });
}

PyObject* cache_values(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::list values;
    for (const auto& [key, value] : items_of(self)) values.append(value);
    return nb::tuple(values).release().ptr();
  });
}

PyObject* cache_items(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::list items;
    for (const auto& [key, value] : items_of(self)) items.append(nb::make_tuple(key.object(), value));
    return nb::tuple(items).release().ptr();
  });
}

PyObject* cache_iter(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] { return PyObject_GetIter(keys_of(self).ptr()); });
}

PyObject* cache_reversed(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] { return PyObject_GetIter(keys_of(self, true).ptr()); });
}

PyObject* cache_richcompare(PyObject* self, PyObject* other, int operation) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    if ((operation != Py_EQ && operation != Py_NE) || !is_cache(other, cache.kind)) {
      return Py_NewRef(Py_NotImplemented);
    }
    const CacheObject& another = *as_cache(other);
    expire_cache(other);
    const std::vector<Store::Item> items = items_of(self);
    bool equal = items.size() == another.store.size();
    for (const auto& [key, value] : items) {
      if (!equal) break;
      const std::optional<nb::object> found = another.store.peek(key.probe(), Time{});
      equal = found && found->is(value);
    }
    return PyBool_FromLong(equal == (operation == Py_EQ));
  });
}

PyObject* cache_repr(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] {
    const std::vector<Store::Item> items = items_of(self);
    const std::string name = type_name(self);
    if (items.empty()) return nb::str((name + "(empty)").c_str()).release().ptr();
    nb::list lines;
    lines.append(nb::str((name + ":").c_str()));
    const nb::str call(kCallNames[index_of(as_cache(self)->kind)]);
    for (const auto& [key, value] : items) {
      const KeyObject& held = *as_key(key.object().ptr());
      lines.append(nb::str("   - {}").attr("format")(
          with_session(nb::str("{}({})").attr("format")(call, key_label(held)), held)));
    }
    return nb::object(nb::str("\n").attr("join")(lines)).release().ptr();
  });
}

PyObject* cache_repr_html(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr,
                            [&] { return package_attribute("_html", "cache_html")(nb::handle(self)).release().ptr(); });
}

const PyMethodDef methods[] = {
    {"keys", cache_keys, METH_NOARGS,
     "keys($self)\n--\n\nReturn a tuple of the keys, the next victim first. No use is counted."},
    {"values", cache_values, METH_NOARGS,
     "values($self)\n--\n\nReturn a tuple of the objects, the next victim first. No use is counted."},
    {"items", cache_items, METH_NOARGS,
     "items($self)\n--\n\nReturn a tuple of ``(key, object)``, the next victim first. No use is counted."},
    {"_repr_html_", cache_repr_html, METH_NOARGS,
     "_repr_html_($self)\n--\n\nReturn a table of the entries, for notebooks."},
    {"__reversed__", cache_reversed, METH_NOARGS, "Iterate over a snapshot of the keys, the next victim last."},
};

const PyType_Slot slots[] = {
    {Py_tp_richcompare, reinterpret_cast<void*>(cache_richcompare)},
    {Py_tp_iter, reinterpret_cast<void*>(cache_iter)},
    {Py_tp_repr, reinterpret_cast<void*>(cache_repr)},
};

}  // namespace

std::span<const PyMethodDef> snapshot_methods() { return methods; }
std::span<const PyType_Slot> snapshot_slots() { return slots; }

}  // namespace client_cache::python
