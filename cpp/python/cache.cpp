#include "cache.hpp"

#include <nanobind/stl/string.h>
#include <structmember.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "capi.hpp"

namespace client_cache::python {
namespace {

std::array<PyTypeObject*, kKinds> base_types{};
std::array<std::array<PyTypeObject*, 2>, kKinds> policy_types{};

Kind kind_of(PyTypeObject* type) {
  return PyType_IsSubtype(type, base_types[index_of(Kind::client)]) ? Kind::client : Kind::resource;
}

const char* lower_noun(Kind kind) { return kind == Kind::client ? "client" : "resource"; }

std::string type_name(PyObject* object) {
  return nb::cast<std::string>(nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(object))).attr("__name__"));
}

// ---- The live caches ----

InterpreterMutex live_mutex;
CacheObject* live_caches = nullptr;

void link_live(CacheObject* cache) {
  const std::lock_guard lock(live_mutex);
  cache->previous = nullptr;
  cache->next = live_caches;
  if (live_caches != nullptr) live_caches->previous = cache;
  live_caches = cache;
}

void unlink_live(CacheObject* cache) {
  const std::lock_guard lock(live_mutex);
  (cache->previous == nullptr ? live_caches : cache->previous->next) = cache->next;
  if (cache->next != nullptr) cache->next->previous = cache->previous;
}

// For a forked child. It shares no socket with its parent, and has none of its threads: it starts with empty caches, no
// creation, and free locks.
void clear_all_caches() {
  std::construct_at(&live_mutex);
  std::vector<nb::object> caches;
  {
    const std::lock_guard lock(live_mutex);
    for (CacheObject* cache = live_caches; cache != nullptr; cache = cache->next) {
      auto* object = reinterpret_cast<PyObject*>(cache);
      if (Py_REFCNT(object) > 0) caches.push_back(nb::borrow(object));  // 0: what it holds is dying, and forked
    }
  }
  for (const nb::object& cache : caches) {
    as_cache(cache.ptr())->store.free_lock_after_fork();
    PyDict_Clear(as_cache(cache.ptr())->flights);
    as_cache(cache.ptr())->store.clear();
  }
}

// ---- Construction ----

template <class... Arguments>
nb::object new_cache(PyTypeObject* type, Kind kind, Arguments&&... arguments) {
  nb::object self = nb::steal(type->tp_alloc(type, 0));  // zeroed: not ready
  if (!self.is_valid()) throw nb::python_error();
  CacheObject* cache = as_cache(self.ptr());
  cache->kind = kind;
  cache->flights = PyDict_New();
  if (cache->flights == nullptr) throw nb::python_error();
  new (&cache->store) Store(std::forward<Arguments>(arguments)...);
  link_live(cache);
  cache->ready = true;
  return self;
}

PyObject* cache_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded<PyObject*>(nullptr, [&] {
    const Kind kind = kind_of(type);
    const auto& [lru, lfu] = policy_types[index_of(kind)];
    const bool is_lru = PyType_IsSubtype(type, lru);
    PyObject* eviction_policy = nullptr;
    PyObject* max_size = Py_None;
    static const char* any_policy[] = {"eviction_policy", "max_size", nullptr};
    static const char* one_policy[] = {"max_size", nullptr};
    Policy policy = is_lru ? Policy::lru : Policy::lfu;
    if (is_lru || PyType_IsSubtype(type, lfu)) {
      if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", const_cast<char**>(one_policy), &max_size))
        throw nb::python_error();
    } else {
      if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", const_cast<char**>(any_policy), &eviction_policy,
                                       &max_size)) {
        throw nb::python_error();
      }
      policy = parse_policy(kind, eviction_policy);
      if (type == base_types[index_of(kind)]) type = policy == Policy::lru ? lru : lfu;
    }
    return new_cache(type, kind, policy, parse_max_size(kind, max_size)).release().ptr();
  });
}

int cache_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_cache(self)->flights);
  int result = 0;
  if (!as_cache(self)->ready) return result;
  as_cache(self)->store.visit_unlocked([&](const KeyRef& key, const nb::object& value) {
    if (result == 0) result = visit(key.object().ptr(), arg);
    if (result == 0) result = visit(value.ptr(), arg);
  });
  return result;
}

int cache_clear_references(PyObject* self) {
  if (as_cache(self)->flights != nullptr) PyDict_Clear(as_cache(self)->flights);
  as_cache(self)->store.clear();
  return 0;
}

void cache_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  CacheObject* cache = as_cache(self);
  PyObject_GC_UnTrack(self);
  if (cache->ready)
    unlink_live(cache);  // first: whatever runs below may fork, and the child takes the live ones for alive
  if (cache->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  if (cache->ready) {
    cache->store.clear();  // before it is destroyed, since a value's __del__ is user code
    cache->store.~Store();
  }
  Py_XDECREF(cache->flights);
  type->tp_free(self);
  Py_DECREF(type);
}

// ---- Items ----

const KeyObject& checked_key(const CacheObject& cache, PyObject* key) {
  if (is_key(key, cache.kind)) [[likely]]
    return *as_key(key);
  throw_cache_error(cache.kind, Failure::general,
                    "Cache key must be a " + std::string(noun(cache.kind)) + "CacheKey, not " + type_name(key),
                    nb::str("key"), key);
}

[[noreturn]] void throw_not_found(const CacheObject& cache, const KeyObject& key) {
  throw_cache_error(cache.kind, Failure::not_found, std::string(noun(cache.kind)) + " not found", nb::str("key"),
                    key_label(key));
}

PyObject* cache_subscript(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    const KeyObject& known = checked_key(cache, key);
    std::optional<nb::object> value = cache.store.get(Probe::of(known));
    if (!value) throw_not_found(cache, known);
    return value->release().ptr();
  });
}

int cache_assign(PyObject* self, PyObject* key, PyObject* value) {
  return guarded(-1, [&] {
    CacheObject& cache = *as_cache(self);
    const KeyObject& known = checked_key(cache, key);
    if (value == nullptr) {
      if (!cache.store.erase(Probe::of(known))) throw_not_found(cache, known);
      return 0;
    }
    if (!is_cacheable(cache.kind, value)) {
      throw_cache_error(
          cache.kind, Failure::general,
          "Cache value must be a boto3 " + std::string(lower_noun(cache.kind)) + ", not " + type_name(value),
          nb::str("value"), value);
    }
    if (cache.store.insert(nb::borrow(key), nb::borrow(value)) == Outcome::exists) {
      throw_cache_error(cache.kind, Failure::exists,
                        std::string(noun(cache.kind)) + " already cached; delete it first to store another",
                        nb::str("key"), key_label(known));
    }
    return 0;
  });
}

int cache_contains(PyObject* self, PyObject* key) {
  const CacheObject& cache = *as_cache(self);
  return is_key(key, cache.kind) && cache.store.contains(Probe::of(*as_key(key)));
}

Py_ssize_t cache_length(PyObject* self) { return static_cast<Py_ssize_t>(as_cache(self)->store.size()); }

// `(key, default)` of get and pop; default stays null when it is not given.
struct KeyAndDefault {
  PyObject* key;
  PyObject* standard;
};

KeyAndDefault parse_key_and_default(const char* method, PyObject* const* args, Py_ssize_t positionals,
                                    PyObject* keywords) {
  const bool by_keyword = keywords != nullptr && positionals == 1 && PyTuple_GET_SIZE(keywords) == 1 &&
                          PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), "default") == 0;
  if (by_keyword) return {args[0], args[1]};
  if (positionals < 1 || positionals > 2 || (keywords != nullptr && PyTuple_GET_SIZE(keywords) > 0)) {
    PyErr_Format(PyExc_TypeError, "%s() takes a key and optionally a default", method);
    throw nb::python_error();
  }
  return {args[0], positionals == 2 ? args[1] : nullptr};
}

PyObject* cache_get(PyObject* self, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    const auto [key, standard] = parse_key_and_default("get", args, positionals, keywords);
    std::optional<nb::object> value = cache.store.get(Probe::of(checked_key(cache, key)));
    if (value) return value->release().ptr();
    return Py_NewRef(standard == nullptr ? Py_None : standard);
  });
}

PyObject* cache_pop(PyObject* self, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    const auto [key, standard] = parse_key_and_default("pop", args, positionals, keywords);
    const KeyObject& known = checked_key(cache, key);
    std::optional<Store::Item> item = cache.store.erase(Probe::of(known));
    if (item) return item->second.release().ptr();
    if (standard == nullptr) throw_not_found(cache, known);
    return Py_NewRef(standard);
  });
}

PyObject* cache_popitem(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    std::optional<Store::Item> item = cache.store.pop_victim();
    if (!item) {
      throw_cache_error(cache.kind, Failure::not_found,
                        "No " + std::string(lower_noun(cache.kind)) + "s found: the cache is empty");
    }
    return nb::make_tuple(item->first.object(), item->second).release().ptr();
  });
}

PyObject* cache_clear(PyObject* self, PyObject*) {
  as_cache(self)->store.clear();
  Py_RETURN_NONE;
}

// ---- Snapshots ----

nb::object keys_of(const CacheObject& cache, bool reversed = false) {
  std::vector<Store::Item> items = cache.store.snapshot();
  if (reversed) std::reverse(items.begin(), items.end());
  nb::list keys;
  for (const auto& [key, value] : items) keys.append(key.object());
  return nb::tuple(keys);
}

PyObject* cache_keys(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] { return keys_of(*as_cache(self)).release().ptr(); });
}

PyObject* cache_values(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::list values;
    for (const auto& [key, value] : as_cache(self)->store.snapshot()) values.append(value);
    return nb::tuple(values).release().ptr();
  });
}

PyObject* cache_items(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::list items;
    for (const auto& [key, value] : as_cache(self)->store.snapshot()) items.append(nb::make_tuple(key.object(), value));
    return nb::tuple(items).release().ptr();
  });
}

PyObject* cache_iter(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] { return PyObject_GetIter(keys_of(*as_cache(self)).ptr()); });
}

PyObject* cache_reversed(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] { return PyObject_GetIter(keys_of(*as_cache(self), true).ptr()); });
}

PyObject* cache_copy(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    nb::object copy = new_cache(Py_TYPE(self), cache.kind, cache.store);
    // What a derived class keeps in its instances.
    if (const nb::object attributes = nb::getattr(self, "__dict__", nb::none()); !attributes.is_none()) {
      copy.attr("__dict__").attr("update")(attributes);
    }
    return copy.release().ptr();
  });
}

PyObject* cache_richcompare(PyObject* self, PyObject* other, int operation) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    if ((operation != Py_EQ && operation != Py_NE) || !PyObject_TypeCheck(other, base_types[index_of(cache.kind)])) {
      return Py_NewRef(Py_NotImplemented);
    }
    const CacheObject& another = *as_cache(other);
    const std::vector<Store::Item> items = cache.store.snapshot();
    bool equal = items.size() == another.store.size();
    for (const auto& [key, value] : items) {
      if (!equal) break;
      const std::optional<nb::object> found = another.store.peek(key.probe());
      equal = found && found->is(value);
    }
    return PyBool_FromLong(equal == (operation == Py_EQ));
  });
}

PyObject* cache_repr(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    const std::vector<Store::Item> items = cache.store.snapshot();
    const std::string name = type_name(self);
    if (items.empty()) return nb::str((name + "(empty)").c_str()).release().ptr();
    nb::list lines;
    lines.append(nb::str((name + ":").c_str()));
    const nb::handle method(environment().method_names[index_of(cache.kind)]);
    for (const auto& [key, value] : items) {
      lines.append(nb::str("   - Session.{}({})").attr("format")(method, key_label(*as_key(key.object().ptr()))));
    }
    return nb::object(nb::str("\n").attr("join")(lines)).release().ptr();
  });
}

PyObject* cache_max_size(PyObject* self, void*) { return PyLong_FromSize_t(as_cache(self)->store.capacity()); }

int cache_set_max_size(PyObject* self, PyObject* max_size, void*) {
  return guarded(-1, [&] {
    CacheObject& cache = *as_cache(self);
    if (max_size == nullptr) {
      PyErr_SetString(PyExc_AttributeError, "max_size cannot be deleted");
      throw nb::python_error();
    }
    cache.store.resize(parse_max_size(cache.kind, max_size));
    return 0;
  });
}

PyObject* cache_get_or_create(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("get_or_create() takes a key and a factory");
    CacheObject& cache = *as_cache(self);
    const nb::handle key(args[0]);
    const nb::handle factory(args[1]);
    std::optional<nb::object> value = cache.store.get(Probe::of(checked_key(cache, key.ptr())));
    if (value) return value->release().ptr();
    if (!PyCallable_Check(factory.ptr())) {
      throw_cache_error(cache.kind, Failure::general, "factory must be callable", nb::str("factory"), factory);
    }
    return package_attribute("_creation", "get_or_create_with")(nb::handle(self), key, factory).release().ptr();
  });
}

// `_find(key, max_size)`, for a session: the object, which counts as a use, with the cache resized around it; or None.
PyObject* cache_find(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_find() takes a key and a size");
    CacheObject& cache = *as_cache(self);
    const Probe probe = Probe::of(checked_key(cache, args[0]));
    std::optional<nb::object> value = cache.store.get(probe);
    if (!value) return Py_NewRef(Py_None);
    if (args[1] != Py_None) cache.store.resize(parse_max_size(cache.kind, args[1]), probe);
    return value->release().ptr();
  });
}

PyMethodDef cache_methods[] = {
    {"get", as_c_function(cache_get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, key, /, default=None)\n--\n\nReturn the object stored under ``key``, which counts as a use, or "
     "``default``."},
    {"pop", as_c_function(cache_pop), METH_FASTCALL | METH_KEYWORDS,
     "Remove the object stored under ``key`` and return it, or ``default`` if that is given.\n\n"
     "Raises ``…NotFoundError`` when there is neither."},
    {"popitem", cache_popitem, METH_NOARGS,
     "popitem($self)\n--\n\nRemove and return the ``(key, object)`` that would be evicted next.\n\n"
     "Raises ``…NotFoundError`` on an empty cache."},
    {"clear", cache_clear, METH_NOARGS, "clear($self)\n--\n\nRemove all objects."},
    {"keys", cache_keys, METH_NOARGS,
     "keys($self)\n--\n\nReturn a tuple of the keys, the next victim first. No use is counted."},
    {"values", cache_values, METH_NOARGS,
     "values($self)\n--\n\nReturn a tuple of the objects, the next victim first. No use is counted."},
    {"items", cache_items, METH_NOARGS,
     "items($self)\n--\n\nReturn a tuple of ``(key, object)``, the next victim first. No use is counted."},
    {"copy", cache_copy, METH_NOARGS,
     "copy($self)\n--\n\nReturn an independent cache of the same class, objects, size, order and use counts."},
    {"get_or_create", as_c_function(cache_get_or_create), METH_FASTCALL,
     "get_or_create($self, key, factory, /)\n--\n\nReturn the object stored under ``key``, which counts as a use, or "
     "store and "
     "return ``factory()``.\n\nSeveral threads that ask for one key at once get what one call of ``factory`` returns, "
     "or the "
     "``Exception`` it raises; nothing\nis stored then. Different keys are built in parallel. A cache of size 0 shares "
     "nothing.\n\n"
     "Raises ``…CacheError`` when ``factory`` returns no boto3 object of the cache's kind, or asks for ``key`` "
     "itself."},
    {"_find", as_c_function(cache_find), METH_FASTCALL, "Return the object with the cache resized around it, or None."},
    {"__copy__", cache_copy, METH_NOARGS, "The same as ``copy()``."},
    {"__reversed__", cache_reversed, METH_NOARGS, "Iterate over a snapshot of the keys, the next victim last."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For annotations."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef cache_properties[] = {
    {"max_size", cache_max_size, cache_set_max_size,
     "int: how many objects fit. Lowering it evicts at once; None means the default, 10; a negative number counts by "
     "its absolute "
     "value; 0 stores nothing.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMemberDef cache_members[] = {
    {"_flights", T_OBJECT_EX, offsetof(CacheHead, flights), READONLY, "dict: what is being created, by key."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(CacheHead, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyTypeObject* make_type(const std::string& name, const std::string& doc, PyTypeObject* base) {
  PyType_Slot base_slots[] = {
      {Py_tp_doc, const_cast<char*>(doc.c_str())},
      {Py_tp_new, reinterpret_cast<void*>(cache_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(cache_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(cache_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(cache_clear_references)},
      {Py_tp_richcompare, reinterpret_cast<void*>(cache_richcompare)},
      {Py_tp_iter, reinterpret_cast<void*>(cache_iter)},
      {Py_tp_repr, reinterpret_cast<void*>(cache_repr)},
      {Py_tp_methods, cache_methods},
      {Py_tp_getset, cache_properties},
      {Py_tp_members, cache_members},
      {Py_mp_subscript, reinterpret_cast<void*>(cache_subscript)},
      {Py_mp_ass_subscript, reinterpret_cast<void*>(cache_assign)},
      {Py_mp_length, reinterpret_cast<void*>(cache_length)},
      {Py_sq_contains, reinterpret_cast<void*>(cache_contains)},
      {0, nullptr},
  };
  PyType_Slot derived_slots[] = {
      {Py_tp_doc, const_cast<char*>(doc.c_str())},
      {Py_tp_dealloc, reinterpret_cast<void*>(cache_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(cache_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(cache_clear_references)},
      {0, nullptr},
  };
  // Never freed: before 3.11 CPython keeps the pointer as the type's name.
  const std::string& full_name = *new std::string("boto3_client_cache.cache." + name);
  PyType_Spec spec = {full_name.c_str(), base == nullptr ? static_cast<int>(sizeof(CacheObject)) : 0, 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
                      base == nullptr ? base_slots : derived_slots};
  PyObject* type =
      base == nullptr ? PyType_FromSpec(&spec) : PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(base));
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

nb::object make_cache(Kind kind, Policy policy, std::size_t max_size) {
  PyTypeObject* type = policy_types[index_of(kind)][policy == Policy::lru ? 0 : 1];
  return new_cache(type, kind, policy, max_size);
}

std::size_t parse_max_size(Kind kind, PyObject* max_size) {
  if (max_size == Py_None) return kDefaultSize;
  const auto refuse = [&](const char* why) {
    throw_cache_error(kind, Failure::general, why, nb::str("max_size"), max_size);
  };
  if (!PyIndex_Check(max_size)) refuse("max_size must be an integer or None");
  const Py_ssize_t size = PyNumber_AsSsize_t(max_size, PyExc_OverflowError);
  if (size == -1 && PyErr_Occurred()) {
    nb::python_error error;
    if (!error.matches(PyExc_OverflowError)) throw error;
    refuse("max_size is too large");
  }
  if (size == std::numeric_limits<Py_ssize_t>::min()) refuse("max_size is too large");
  return static_cast<std::size_t>(size < 0 ? -size : size);
}

Policy parse_policy(Kind kind, PyObject* eviction_policy) {
  const Environment& env = environment();
  if (eviction_policy == nullptr || eviction_policy == Py_None || eviction_policy == env.str_lru) return Policy::lru;
  if (eviction_policy == env.str_lfu) return Policy::lfu;
  if (PyUnicode_Check(eviction_policy)) {
    if (PyUnicode_Compare(eviction_policy, env.str_lru) == 0) return Policy::lru;
    if (PyUnicode_Compare(eviction_policy, env.str_lfu) == 0) return Policy::lfu;
  }
  throw_cache_error(kind, Failure::general, "Unsupported cache type: eviction_policy must be \"LRU\" or \"LFU\"",
                    nb::str("eviction_policy"), eviction_policy);
}

bool is_cacheable(Kind kind, PyObject* value) {
  const int result = PyObject_IsInstance(value, environment().value_types[index_of(kind)]);
  if (result < 0) throw nb::python_error();
  return result == 1;
}

void register_caches(nb::module_& module) {
  for (const Kind kind : {Kind::client, Kind::resource}) {
    const std::string family = std::string(noun(kind)) + "Cache";
    const std::string things = std::string(lower_noun(kind)) + "s";
    const auto add = [&](const std::string& name, const std::string& doc, PyTypeObject* base) {
      PyTypeObject* type = make_type(name, doc, base);
      module.attr(name.c_str()) = nb::handle(reinterpret_cast<PyObject*>(type));
      return type;
    };
    PyTypeObject* base = base_types[index_of(kind)] =
        add(family,
            family + "(eviction_policy=\"LRU\", max_size=10)\n--\n\nA bounded cache of boto3 " + things +
                ", used like a dict.\n\n" + "Returns an ``LRU" + family + "`` or an ``LFU" + family +
                "``. All operations may be called from any thread.\n\n" +
                "Args:\n    eviction_policy: ``\"LRU\"`` or ``\"LFU\"``.\n    max_size: How many " + things +
                " fit; None means 10.\n\nRaises:\n    " + family +
                "Error: an unknown policy, or a size that is no integer.",
            nullptr);
    policy_types[index_of(kind)] = {
        add("LRU" + family,
            "LRU" + family + "(max_size=10)\n--\n\nA " + family + " that evicts the least recently used.", base),
        add("LFU" + family,
            "LFU" + family + "(max_size=10)\n--\n\nA " + family +
                " that evicts the least frequently used, of several the least recently used.",
            base),
    };
  }
  module.def("clear_all_caches", &clear_all_caches, "Empties every cache of a forked child.");
}

}  // namespace client_cache::python
