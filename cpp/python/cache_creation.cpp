#include "cache_creation.hpp"

#include <stdexcept>

#include "cache_arguments.hpp"
#include "capi.hpp"
#include "departures.hpp"

namespace client_cache::python {
namespace {

PyObject* cache_get_or_create(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("get_or_create() takes a key and a factory");
    const CacheObject& cache = *as_cache(self);
    const nb::handle key(args[0]);
    const nb::handle factory(args[1]);
    std::optional<nb::object> value = look_up(self, Probe::of(checked_key(cache, key.ptr())));
    if (value) return value->release().ptr();
    if (!PyCallable_Check(factory.ptr())) {
      throw_cache_error(cache.kind, Failure::general, "factory must be callable", nb::str("factory"), factory);
    }
    return call_python(package_attribute("_creation", "get_or_create_with"), nb::handle(self), key, factory)
        .release()
        .ptr();
  });
}

// What has expired goes first: it must not outlive what is still good.
void resize(PyObject* self, std::size_t max_size, const Probe* keep, Departures& departures) {
  CacheObject& cache = *as_cache(self);
  if (cache.expires) cache.store.expire(cache.now(), departures.leaver());
  try {
    if (keep == nullptr) {
      cache.store.resize(max_size, departures.leaver());
    } else {
      cache.store.resize(max_size, *keep, departures.leaver());
    }
  } catch (const std::length_error&) {
    departures.tell();
    throw_cache_error(cache.kind, Failure::general, "max_size must not be less than the number of pinned entries",
                      nb::str("max_size"), nb::int_(max_size));
  }
}

// `_find(key, max_size)`, while a key is created: the object, which counts as a use but in no statistics, with the
// cache resized around it; or None.
PyObject* cache_find(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_find() takes a key and a size");
    CacheObject& cache = *as_cache(self);
    const Probe probe = Probe::of(checked_key(cache, args[0]));
    std::optional<nb::object> value = cache.store.use(probe, cache.now_if_expiring());
    if (!value) return Py_NewRef(Py_None);
    if (args[1] != Py_None) resize_cache(self, parse_max_size(cache.kind, args[1]), &probe);
    return value->release().ptr();
  });
}

// `_store(key, max_size, made)`, after a creation: resizes the cache, stores what was made, and returns it with a list
// of what has left for it, to be told of later, or None. What was stored meanwhile by hand is returned instead; where
// there is no room, what was made is returned uncached.
PyObject* cache_store(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 3) throw_type_error("_store() takes a key, a size and an object");
    CacheObject& cache = *as_cache(self);
    const KeyObject& key = checked_key(cache, args[0]);
    nb::object made = nb::borrow(args[2]);
    check_value(cache, made.ptr());
    Departures departures(self);
    Time now = cache.now();  // before anything leaves: the clock may fail
    if (args[1] != Py_None) resize(self, parse_max_size(cache.kind, args[1]), nullptr, departures);
    const auto insert = [&] { return cache.store.insert(nb::borrow(args[0]), made, now, departures.leaver()); };
    Outcome outcome = insert();
    while (outcome == Outcome::exists) {
      try {
        now = cache.now();
      } catch (const nb::python_error&) {
        departures.tell();
        throw;
      }
      if (std::optional<nb::object> held = cache.store.use(Probe::of(key), now)) {
        made = *held;
        break;
      }
      outcome = insert();  // what was there has left since
    }
    if (outcome == Outcome::closed) {
      departures.tell();
      throw_closed(cache);
    }
    return nb::make_tuple(made, departures.take()).release().ptr();
  });
}

const PyMethodDef methods[] = {
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
    {"_store", as_c_function(cache_store), METH_FASTCALL, "Store what was created, if it can be, and return it."},
};

}  // namespace

void resize_cache(PyObject* self, std::size_t max_size, const Probe* keep) {
  Departures departures(self);
  resize(self, max_size, keep, departures);
  departures.tell();
}

std::span<const PyMethodDef> creation_methods() { return methods; }

}  // namespace client_cache::python
