#include "caches/items.hpp"

#include <string>

#include "caches/arguments.hpp"
#include "caches/departures.hpp"
#include "interpreter/capi.hpp"

namespace client_cache::python {
namespace {

Outcome insert(PyObject* self, nb::object key, nb::object value) {
  CacheObject& cache = *as_cache(self);
  Departures departures(self);
  const Outcome outcome =
      cache.store.insert(std::move(key), std::move(value), kAnyOrigin, cache.now(), departures.leaver());
  departures.tell();
  return outcome;
}

// Removes the entry of a key, if there is one, and returns its value, which the caller either hands over or lets go.
enum class Fate { handed_over, let_go };
std::optional<nb::object> remove(PyObject* self, const KeyObject& key, Fate fate) {
  expire_cache(self);
  std::optional<Store::Item> item = as_cache(self)->store.erase(Probe::of(key));
  if (!item) return std::nullopt;
  Departures departures(self);
  departures.add(item->first.object(), item->second, Cause::removed);
  departures.tell(fate == Fate::handed_over);
  return std::move(item->second);
}

PyObject* cache_subscript(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    const KeyObject& known = checked_key(cache, key);
    std::optional<nb::object> value = look_up(self, Probe::of(known));
    if (!value) throw_not_found(cache, known);
    return value->release().ptr();
  });
}

int cache_assign(PyObject* self, PyObject* key, PyObject* value) {
  return guarded(-1, [&] {
    CacheObject& cache = *as_cache(self);
    const KeyObject& known = checked_key(cache, key);
    if (value == nullptr) {
      if (!remove(self, known, Fate::let_go)) throw_not_found(cache, known);
      return 0;
    }
    check_value(cache, value);
    switch (insert(self, nb::borrow(key), nb::borrow(value))) {
      case Outcome::exists:
        throw_cache_error(cache.kind, Failure::exists,
                          std::string(noun(cache.kind)) + " already exists: delete it first to store another",
                          nb::str("key"), key_label(known));
      case Outcome::pinned:
        throw_all_pinned(cache);
      case Outcome::closed:
        throw_closed(cache);
      case Outcome::stored:
      case Outcome::refused:
        break;
    }
    return 0;
  });
}

int cache_contains(PyObject* self, PyObject* key) {
  return guarded(-1, [&] {
    const CacheObject& cache = *as_cache(self);
    if (!is_key(key, cache.kind) || is_anothers(cache, *as_key(key))) return 0;
    expire_cache(self);
    return static_cast<int>(cache.store.contains(Probe::of(*as_key(key)), Time{}));
  });
}

Py_ssize_t cache_length(PyObject* self) {
  return guarded<Py_ssize_t>(-1, [&] {
    expire_cache(self);
    return static_cast<Py_ssize_t>(as_cache(self)->store.size());
  });
}

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
    const auto [key, standard] = parse_key_and_default("get", args, positionals, keywords);
    std::optional<nb::object> value = look_up(self, Probe::of(checked_key(*as_cache(self), key)));
    if (value) return value->release().ptr();
    return Py_NewRef(standard == nullptr ? Py_None : standard);
  });
}

PyObject* cache_pop(PyObject* self, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    const auto [key, standard] = parse_key_and_default("pop", args, positionals, keywords);
    const KeyObject& known = checked_key(cache, key);
    if (std::optional<nb::object> value = remove(self, known, Fate::handed_over)) return value->release().ptr();
    if (standard == nullptr) throw_not_found(cache, known);
    return Py_NewRef(standard);
  });
}

PyObject* cache_popitem(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    expire_cache(self);
    std::optional<Store::Item> item = cache.store.pop_victim();
    if (!item) {
      throw_cache_error(cache.kind, Failure::not_found,
                        "No " + std::string(lower_noun(cache.kind)) + "s found: the cache is empty" +
                            (cache.store.size() > 0 ? ", but for pinned ones" : ""));
    }
    const nb::object key = item->first.object();
    Departures departures(self);
    departures.add(key, item->second, Cause::removed);
    departures.tell(true);
    return nb::make_tuple(cache.store.told_key(key), item->second).release().ptr();
  });
}

PyObject* cache_clear(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Departures departures(self);
    as_cache(self)->store.clear(departures.leaver());
    departures.tell();
    return Py_NewRef(Py_None);
  });
}

const PyMethodDef methods[] = {
    {"get", as_c_function(cache_get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, key, /, default=None)\n--\n\nReturn the object stored under ``key``, which counts as a use, or "
     "``default``."},
    {"pop", as_c_function(cache_pop), METH_FASTCALL | METH_KEYWORDS,
     "pop(key[, default])\n\nRemove the object stored under ``key`` and return it, or ``default`` if that is given.\n\n"
     "Raises ``…NotFoundError`` when there is neither."},
    {"popitem", cache_popitem, METH_NOARGS,
     "popitem($self)\n--\n\nRemove and return the ``(key, object)`` that would be evicted next.\n\n"
     "Raises ``…NotFoundError`` on an empty cache."},
    {"clear", cache_clear, METH_NOARGS, "clear($self)\n--\n\nRemove all objects."},
};

const PyType_Slot slots[] = {
    {Py_mp_subscript, reinterpret_cast<void*>(cache_subscript)},
    {Py_mp_ass_subscript, reinterpret_cast<void*>(cache_assign)},
    {Py_mp_length, reinterpret_cast<void*>(cache_length)},
    {Py_sq_contains, reinterpret_cast<void*>(cache_contains)},
};

}  // namespace

std::span<const PyMethodDef> item_methods() { return methods; }
std::span<const PyType_Slot> item_slots() { return slots; }

}  // namespace client_cache::python
