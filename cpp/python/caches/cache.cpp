#include "caches/cache.hpp"

#include <nanobind/stl/string.h>
#include <structmember.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "caches/arguments.hpp"
#include "caches/creation.hpp"
#include "caches/departures.hpp"
#include "caches/items.hpp"
#include "caches/lifetime.hpp"
#include "caches/live_caches.hpp"
#include "caches/snapshots.hpp"
#include "caches/storing.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

std::array<PyTypeObject*, kKinds> base_types{};
std::array<std::array<PyTypeObject*, 2>, kKinds> policy_types{};

Kind kind_of(PyTypeObject* type) {
  return *std::find_if(kAllKinds.begin(), kAllKinds.end(),
                       [type](Kind kind) { return PyType_IsSubtype(type, base_types[index_of(kind)]); });
}

// What the classes are called, and where they are found. A `SessionCache` is what a session has cached.
struct Family {
  const char* home;
  const char* name;
};
constexpr std::array<Family, kKinds> kFamilies{{
    {"boto3_client_cache.cache.", "ClientCache"},
    {"boto3_client_cache.cache.", "ResourceCache"},
    {"boto3_client_cache._core.", "PooledSessionCache"},
}};

// ---- Construction ----

template <class... Arguments>
nb::object new_cache(PyTypeObject* type, Kind kind, const CacheOptions& options, PyObject* shared,
                     Arguments&&... arguments) {
  nb::object self = nb::steal(type->tp_alloc(type, 0));  // zeroed: not ready
  if (!self.is_valid()) throw nb::python_error();
  CacheObject* cache = as_cache(self.ptr());
  cache->kind = kind;
#ifdef Py_GIL_DISABLED
  cache->own_reference = owned(PyWeakref_NewRef(self.ptr(), nullptr)).release().ptr();
#endif
  cache->on_evict = nb::object(options.on_evict).release().ptr();
  cache->clock = nb::object(options.clock).release().ptr();
  cache->close_evicted = options.close_evicted;
  cache->lifetime = options.lifetime;
  cache->expires = options.lifetime.limited();
  new (&cache->store) Store(std::forward<Arguments>(arguments)...);
  new (&cache->flights) decltype(cache->flights)();
  cache->max_wait = options.max_wait;
  cache->shared = Py_XNewRef(shared);
  new (&cache->warned) decltype(cache->warned)();
  new (&cache->warned_mutex) InterpreterMutex();
  link_cache(*cache);
  cache->ready = true;
  return self;
}

CacheOptions options_of(const CacheObject& cache) {
  return {.lifetime = cache.lifetime,
          .max_wait = cache.max_wait,
          .on_evict = nb::borrow(cache.on_evict),
          .clock = nb::borrow(cache.clock),
          .close_evicted = cache.close_evicted != 0};
}

PyObject* cache_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded<PyObject*>(nullptr, [&] {
    const Kind kind = kind_of(type);
    const auto& [lru, lfu] = policy_types[index_of(kind)];
    const bool is_lru = PyType_IsSubtype(type, lru);
    const bool is_of_one_policy = is_lru || PyType_IsSubtype(type, lfu);
    PyObject* eviction_policy = nullptr;
    PyObject* max_size = Py_None;
    PyObject *ttl = nullptr, *idle_ttl = nullptr, *max_wait = nullptr, *on_evict = nullptr, *close_evicted = nullptr,
             *clock = nullptr;
    static const char* names[] = {"eviction_policy", "max_size",      "ttl",   "idle_ttl", "max_wait",
                                  "on_evict",        "close_evicted", "clock", nullptr};
    const bool parsed =
        is_of_one_policy
            ? PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OOOOOO", const_cast<char**>(names + 1), &max_size, &ttl,
                                          &idle_ttl, &max_wait, &on_evict, &close_evicted, &clock)
            : PyArg_ParseTupleAndKeywords(args, kwargs, "|OO$OOOOOO", const_cast<char**>(names), &eviction_policy,
                                          &max_size, &ttl, &idle_ttl, &max_wait, &on_evict, &close_evicted, &clock);
    if (!parsed) throw nb::python_error();
    Policy policy = is_lru ? Policy::lru : Policy::lfu;
    if (!is_of_one_policy) {
      policy = parse_policy(kind, eviction_policy);
      if (type == base_types[index_of(kind)]) type = policy == Policy::lru ? lru : lfu;
    }
    const CacheOptions options = parse_cache_options(kind, ttl, idle_ttl, max_wait, on_evict, close_evicted, clock);
    return new_cache(type, kind, options, nullptr, policy, parse_max_size(kind, max_size), options.lifetime)
        .release()
        .ptr();
  });
}

// What a derived class hands to `super().__init__`, `__new__` has had already.
int cache_init(PyObject*, PyObject*, PyObject*) { return 0; }

int cache_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_cache(self)->shared);
  Py_VISIT(as_cache(self)->on_evict);
  Py_VISIT(as_cache(self)->clock);
  int result = 0;
  if (!as_cache(self)->ready || as_cache(self)->shared != nullptr) return result;  // the whole holds what is in it
  as_cache(self)->store.visit_unlocked([&](const KeyRef& key, const nb::object& value) {
    if (result == 0) result = visit(key.object().ptr(), arg);
    if (result == 0) result = visit(value.ptr(), arg);
  });
  return result;
}

int cache_clear_references(PyObject* self) {
  Py_CLEAR(as_cache(self)->on_evict);  // first: the collector's clearing is no eviction
  Py_CLEAR(as_cache(self)->clock);
  as_cache(self)->store.clear(Unseen());
  Py_CLEAR(as_cache(self)->shared);
  return 0;
}

void cache_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  CacheObject* cache = as_cache(self);
  PyObject_GC_UnTrack(self);
  if (cache->ready)
    unlink_cache(*cache);  // first: whatever runs below may fork, and the child takes the live ones for alive
  if (cache->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  if (cache->ready) {
    cache->store.clear(Unseen());  // before it is destroyed, since a value's __del__ is user code
    cache->store.~Store();
    std::destroy_at(&cache->flights);
    std::destroy_at(&cache->warned);
  }
#ifdef Py_GIL_DISABLED
  Py_XDECREF(cache->own_reference);
#endif
  Py_XDECREF(cache->on_evict);
  Py_XDECREF(cache->clock);
  Py_XDECREF(cache->shared);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* cache_copy(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    expire_cache(self);
    nb::object copy = new_cache(Py_TYPE(self), cache.kind, options_of(cache), nullptr, cache.store);
    // What a derived class keeps in its instances.
    if (const nb::object attributes = nb::getattr(self, "__dict__", nb::none()); !attributes.is_none()) {
      copy.attr("__dict__").attr("update")(attributes);
    }
    return copy.release().ptr();
  });
}

PyObject* cache_max_size(PyObject* self, void*) { return PyLong_FromSize_t(as_cache(self)->store.capacity()); }

int cache_set_max_size(PyObject* self, PyObject* max_size, void*) {
  return guarded(-1, [&] {
    if (max_size == nullptr) {
      PyErr_SetString(PyExc_AttributeError, "max_size cannot be deleted");
      throw nb::python_error();
    }
    resize_cache(self, parse_size_of(*as_cache(self), max_size));
    return 0;
  });
}

PyMethodDef cache_methods[] = {
    {"copy", cache_copy, METH_NOARGS,
     "copy($self)\n--\n\nReturn an independent cache of the same class, objects, size, order and use counts."},
    {"__copy__", cache_copy, METH_NOARGS, "The same as ``copy()``."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For annotations."},
};

PyGetSetDef cache_properties[] = {
    {"max_size", cache_max_size, cache_set_max_size,
     "int: How many objects fit. Lowering it evicts at once; None means the default, 10; a negative number counts by "
     "its absolute value; 0 stores nothing.",
     nullptr},
};

// One table of what several files have, ended as CPython wants it.
template <class Definition>
std::vector<Definition> whole_table(std::initializer_list<std::span<const Definition>> parts) {
  std::vector<Definition> table;
  for (const auto part : parts) table.insert(table.end(), part.begin(), part.end());
  table.push_back({});
  return table;
}

PyMemberDef cache_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(CacheHead, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyTypeObject* make_type(const std::string& home, const std::string& name, const std::string& doc, PyTypeObject* base) {
  // Never freed: the types keep them.
  static auto& methods = *new auto(whole_table<PyMethodDef>(
      {cache_methods, item_methods(), snapshot_methods(), creation_methods(), lifetime_methods()}));
  static auto& properties = *new auto(whole_table<PyGetSetDef>({cache_properties, lifetime_properties()}));
  const PyType_Slot own_slots[] = {
      {Py_tp_doc, const_cast<char*>(doc.c_str())},
      {Py_tp_new, reinterpret_cast<void*>(cache_new)},
      {Py_tp_init, reinterpret_cast<void*>(cache_init)},
      {Py_tp_dealloc, reinterpret_cast<void*>(cache_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(cache_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(cache_clear_references)},
      {Py_tp_methods, methods.data()},
      {Py_tp_getset, properties.data()},
      {Py_tp_members, cache_members},
  };
  auto base_slots = whole_table<PyType_Slot>({own_slots, item_slots(), snapshot_slots()});
  PyType_Slot derived_slots[] = {
      {Py_tp_doc, const_cast<char*>(doc.c_str())},
      {Py_tp_dealloc, reinterpret_cast<void*>(cache_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(cache_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(cache_clear_references)},
      {0, nullptr},
  };
  // Never freed: before 3.11 CPython keeps the pointer as the type's name.
  const std::string& full_name = *new std::string(home + name);
  PyType_Spec spec = {full_name.c_str(), base == nullptr ? static_cast<int>(sizeof(CacheObject)) : 0, 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
                      base == nullptr ? base_slots.data() : derived_slots};
  PyObject* type =
      base == nullptr ? PyType_FromSpec(&spec) : PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(base));
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

bool is_cache(PyObject* object, Kind kind) { return PyObject_TypeCheck(object, base_types[index_of(kind)]); }

std::size_t expire_cache(PyObject* self) {
  CacheObject& cache = *as_cache(self);
  if (!cache.expires) return 0;
  Departures departures(self);
  std::size_t expired = 0;
  cache.store.expire(cache.now(), [&](auto removed, Cause cause) {
    expired = removed.size();
    departures.leaver()(std::move(removed), cause);
  });
  departures.tell();
  return expired;
}

void tell_of_size(PyObject* self) {
  constexpr std::uint64_t kTooManyRegrets = 100;
  PyObject* whole = whole_of(self);
  CacheObject& cache = *as_cache(whole);
  if (cache.size_told.load(std::memory_order_relaxed)) return;
  const SizeEvidence evidence = cache.store.size_evidence();
  if (evidence.regrets < kTooManyRegrets || evidence.misses <= evidence.hits) return;
  if (!cache.size_told.exchange(true)) call_python(package_attribute("_size_advice", "warn"), nb::handle(whole));
}

nb::object make_cache(Kind kind, Policy policy, PyObject* options) {
  PyTypeObject* type = policy_types[index_of(kind)][index_of(policy)];
  if (options == nullptr) return new_cache(type, kind, CacheOptions(), nullptr, policy, kDefaultSize, Lifetime());
  return owned(PyObject_Call(reinterpret_cast<PyObject*>(type), nb::tuple().ptr(), options));
}

nb::object make_part(PyObject* shared) {
  static std::atomic<SessionNumber> last{kNoSession};
  const CacheObject& whole = *as_cache(shared);
  if (whole.shared != nullptr) {
    throw_cache_error(whole.kind, Failure::general, "The cache is one session's part of a shared one: share that one",
                      nb::str(whole.kind == Kind::client ? "client_cache" : "resource_cache"));
  }
  PyTypeObject* type = policy_types[index_of(whole.kind)][index_of(whole.store.policy())];
  return new_cache(type, whole.kind, options_of(whole), shared, whole.store, ++last);
}

void register_caches(nb::module_& module) {
  for (const Kind kind : kAllKinds) {
    const std::string family = kFamilies[index_of(kind)].name;
    const std::string things = std::string(lower_noun(kind)) + "s";
    const std::string options =
        "*, ttl=None, idle_ttl=None, max_wait=30, on_evict=None, close_evicted=False, clock=None";
    const auto add = [&](const std::string& name, const std::string& doc, PyTypeObject* base) {
      PyTypeObject* type = make_type(kFamilies[index_of(kind)].home, name, doc, base);
      module.attr(name.c_str()) = nb::handle(reinterpret_cast<PyObject*>(type));
      return type;
    };
    PyTypeObject* base = base_types[index_of(kind)] = add(
        family,
        family + "(eviction_policy=\"LRU\", max_size=10, " + options + ")\n--\n\nA bounded cache of boto3 " + things +
            ", used like a dict.\n\n" + "Returns an ``LRU" + family + "`` or an ``LFU" + family +
            "``. All operations may be called from any thread.\n\n" +
            "Args:\n    eviction_policy: ``\"LRU\"`` or ``\"LFU\"``.\n    max_size: How many " + things +
            " fit; None means 10.\n    ttl: Seconds from storing until an entry expires, a number; None for never.\n"
            "    idle_ttl: Seconds from the last use until an entry expires, a number; None for never.\n"
            "    max_wait: Seconds that a caller waits for what another thread creates before it creates for itself; "
            "None for\n        ever.\n"
            "    on_evict: Called as ``on_evict(key, object, cause)`` after an entry has left, with no lock held; "
            "``cause`` is\n        ``\"size\"``, ``\"expired\"``, ``\"removed\"``, ``\"cleared\"`` or "
            "``\"replaced\"``. An ``Exception`` of it is logged and goes no further.\n"
            "    close_evicted: Whether to close what has left, unless ``pop`` or ``popitem`` returned it.\n"
            "    clock: Called for the time, seconds on a monotonic clock; None for the system's, right to "
            "some milliseconds.\n\nRaises:\n    " +
            noun(kind) +
            "CacheError: an unknown policy, a size that is no integer, a negative time, a callback that cannot be "
            "called.",
        nullptr);
    policy_types[index_of(kind)] = {
        add("LRU" + family,
            "LRU" + family + "(max_size=10, " + options + ")\n--\n\nA " + family +
                " that evicts the least recently used.",
            base),
        add("LFU" + family,
            "LFU" + family + "(max_size=10, " + options + ")\n--\n\nA " + family +
                " that evicts the least frequently used, of several the least recently used.",
            base),
    };
  }
}

}  // namespace client_cache::python
