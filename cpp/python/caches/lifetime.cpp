#include "caches/lifetime.hpp"

#include "caches/arguments.hpp"
#include "caches/departures.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

PyObject* cache_replace(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("replace() takes a key and an object");
    CacheObject& cache = *as_cache(self);
    const KeyObject& key = checked_key(cache, args[0]);
    check_value(cache, args[1]);
    expire_cache(self);
    std::optional<nb::object> replaced = cache.store.replace(Probe::of(key), nb::borrow(args[1]), cache.now());
    if (!replaced) throw_not_found(cache, key);
    if (replaced->is(nb::handle(args[1]))) return Py_NewRef(Py_None);  // it has not left
    Departures departures(self);
    departures.add(cache.store.held_key(nb::borrow(args[0])), std::move(*replaced), Cause::replaced);
    departures.tell();
    return Py_NewRef(Py_None);
  });
}

template <bool pinned>
PyObject* cache_pin(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    const KeyObject& known = checked_key(cache, key);
    expire_cache(self);
    if (!cache.store.pin(Probe::of(known), pinned)) throw_not_found(cache, known);
    return Py_NewRef(Py_None);
  });
}

PyObject* cache_expire(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] { return PyLong_FromSize_t(expire_cache(self)); });
}

// `_outdate()`: all that is there has become stale, for a session whose credential files have changed.
PyObject* cache_outdate(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Departures departures(self);
    as_cache(self)->store.expire_all(departures.leaver());
    departures.tell();
    return Py_NewRef(Py_None);
  });
}

PyObject* cache_invalidate(PyObject* self, PyObject* predicate) {
  return guarded<PyObject*>(nullptr, [&] {
    CacheObject& cache = *as_cache(self);
    if (!PyCallable_Check(predicate)) {
      throw_cache_error(cache.kind, Failure::general, "predicate must be callable", nb::str("predicate"), predicate);
    }
    expire_cache(self);
    std::vector<Store::Item> condemned;  // all are asked first: when the predicate raises, nothing is gone
    for (auto& [key, value] : cache.store.snapshot()) {
      const nb::object verdict = call_python(nb::handle(predicate), key.object(), value);
      const int is_condemned = PyObject_IsTrue(verdict.ptr());
      if (is_condemned < 0) throw nb::python_error();
      if (is_condemned == 1) condemned.emplace_back(key, value);
    }
    Departures departures(self);
    std::size_t dropped = 0;
    for (const auto& [key, value] : condemned) {
      std::optional<Store::Item> item = cache.store.erase(key.probe(), value);
      if (!item) continue;  // another thread has removed or replaced it
      ++dropped;
      departures.add(item->first.object(), std::move(item->second), Cause::removed);
    }
    departures.tell();
    return PyLong_FromSize_t(dropped);
  });
}

PyObject* cache_close(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Departures departures(self);
    as_cache(self)->store.close(departures.leaver());
    departures.tell();
    return Py_NewRef(Py_None);
  });
}

PyObject* cache_enter(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyObject* cache_exit(PyObject* self, PyObject*) { return cache_close(self, nullptr); }

PyObject* cache_info(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    expire_cache(self);
    const Statistics counted = cache.store.statistics();
    const double seconds = std::chrono::duration<double>(cache.store.creation_time()).count();
    return package_attribute("cache", "CacheInfo")(counted.hits, counted.misses, cache.store.capacity(),
                                                   cache.store.size_of_whole(), counted.evictions, counted.expirations,
                                                   cache.store.creations(), seconds, counted.regrets)
        .release()
        .ptr();
  });
}

// `_entries()`: `(key, object, age in seconds, pinned)` of each, the next victim first.
PyObject* cache_entries(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    expire_cache(self);
    const Time now = cache.now();
    nb::list entries;
    for (const auto& [key, value, created, pinned] : cache.store.states()) {
      entries.append(nb::make_tuple(key.object(), value, limit_in_seconds(now - created), pinned));
    }
    return entries.release().ptr();
  });
}

// `_eviction(key)`: `(seconds since, the key that took its place or None)` of what was evicted for want of room, or
// None.
PyObject* cache_eviction(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    const CacheObject& cache = *as_cache(self);
    const std::optional<Eviction> eviction = cache.store.eviction(Probe::of(checked_key(cache, key)));
    if (!eviction) return Py_NewRef(Py_None);
    nb::object successor = nb::none();
    if (eviction->by) {
      for (const auto& [held, value] : cache.store.snapshot_of_whole()) {
        if (held.probe().hash == *eviction->by) successor = held.object();
      }
    }
    return nb::make_tuple(limit_in_seconds(cache.now() - eviction->when), successor).release().ptr();
  });
}

PyObject* cache_size_advice(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    expire_cache(self);
    const SizeEvidence evidence = as_cache(self)->store.size_evidence();
    return call_python(package_attribute("_size_advice", "advice"), nb::int_(evidence.capacity),
                       nb::int_(evidence.largest_size), nb::int_(evidence.hits), nb::int_(evidence.misses),
                       nb::int_(evidence.near_regrets), nb::int_(evidence.regrets))
        .release()
        .ptr();
  });
}

PyObject* cache_explain(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    checked_key(*as_cache(self), key);
    return package_attribute("_explanation", "explain")(nb::handle(self), nb::handle(key)).release().ptr();
  });
}

PyObject* cache_ttl(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] { return limit_in_seconds(as_cache(self)->lifetime.ttl).release().ptr(); });
}

PyObject* cache_idle_ttl(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr,
                            [&] { return limit_in_seconds(as_cache(self)->lifetime.idle_ttl).release().ptr(); });
}

PyObject* cache_max_wait(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] { return limit_in_seconds(as_cache(self)->max_wait).release().ptr(); });
}

PyObject* cache_on_evict(PyObject* self, void*) {
  PyObject* on_evict = as_cache(self)->on_evict;
  return Py_NewRef(on_evict == nullptr ? Py_None : on_evict);
}

PyObject* cache_close_evicted(PyObject* self, void*) { return PyBool_FromLong(as_cache(self)->close_evicted); }

PyObject* cache_closed(PyObject* self, void*) { return PyBool_FromLong(as_cache(self)->store.closed()); }

const PyMethodDef methods[] = {
    {"replace", as_c_function(cache_replace), METH_FASTCALL,
     "replace($self, key, obj, /)\n--\n\nStore ``obj`` in the place of the object stored under ``key``.\n\n"
     "Counts as a use, and the entry's age begins anew. The object that was there goes to ``on_evict`` with the cause "
     "``\"replaced\"``.\n\nRaises ``…NotFoundError`` when nothing is stored under ``key``."},
    {"pin", cache_pin<true>, METH_O,
     "pin($self, key, /)\n--\n\nKeep the entry of ``key`` from being evicted for want of room.\n\n"
     "It still expires, and ``del``, ``pop``, ``clear`` and ``invalidate`` remove it. Pinning twice is pinning "
     "once.\n\n"
     "Raises ``…NotFoundError`` when nothing is stored under ``key``."},
    {"unpin", cache_pin<false>, METH_O,
     "unpin($self, key, /)\n--\n\nLet the entry of ``key`` be evicted again.\n\n"
     "Raises ``…NotFoundError`` when nothing is stored under ``key``."},
    {"expire", cache_expire, METH_NOARGS,
     "expire($self, /)\n--\n\nDrop the entries that have expired and return how many.\n\n"
     "Every operation but a hit does so too."},
    {"invalidate", cache_invalidate, METH_O,
     "invalidate($self, predicate, /)\n--\n\nRemove the entries for which ``predicate(key, object)`` is true; return "
     "how many.\n\n``predicate`` is asked about every entry first, with no lock held: when it raises, nothing is "
     "removed."},
    {"close", cache_close, METH_NOARGS,
     "close($self, /)\n--\n\nRemove all objects and store none any more: a later store raises ``…CacheError``."},
    {"__enter__", cache_enter, METH_NOARGS, "Return the cache itself."},
    {"__exit__", cache_exit, METH_VARARGS, "Close the cache."},
    {"cache_info", cache_info, METH_NOARGS,
     "cache_info($self, /)\n--\n\nReturn a ``CacheInfo``: what was counted since the cache was made."},
    {"explain", cache_explain, METH_O,
     "explain($self, key, /)\n--\n\nReturn an ``Explanation`` of why ``key`` misses: the nearest cached key, and in "
     "what it differs."},
    {"size_advice", cache_size_advice, METH_NOARGS,
     "size_advice($self, /)\n--\n\nReturn a ``SizeAdvice``: what other sizes would have made of the look-ups since "
     "``max_size`` was last changed."},
    {"_eviction", cache_eviction, METH_O, "When and for which key the entry of this one was evicted, or None."},
    {"_entries", cache_entries, METH_NOARGS, "Return (key, object, age in seconds, pinned) of each entry."},
    {"_outdate", cache_outdate, METH_NOARGS, "Drop everything as expired."},
};

const PyGetSetDef properties[] = {
    {"ttl", cache_ttl, nullptr, "float | None: Seconds from storing until an entry expires.", nullptr},
    {"idle_ttl", cache_idle_ttl, nullptr, "float | None: Seconds from the last use until an entry expires.", nullptr},
    {"max_wait", cache_max_wait, nullptr,
     "float | None: Seconds that a caller waits for another thread's creation; None for ever.", nullptr},
    {"on_evict", cache_on_evict, nullptr, "What is called as ``on_evict(key, object, cause)``; None for nothing.",
     nullptr},
    {"close_evicted", cache_close_evicted, nullptr, "bool: Whether what has left is closed.", nullptr},
    {"closed", cache_closed, nullptr, "bool: Whether ``close()`` was called.", nullptr},
};

}  // namespace

std::span<const PyMethodDef> lifetime_methods() { return methods; }
std::span<const PyGetSetDef> lifetime_properties() { return properties; }

}  // namespace client_cache::python
