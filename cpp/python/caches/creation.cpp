#include "caches/creation.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

#include "caches/arguments.hpp"
#include "caches/storing.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// ---- The steps of a creation ----

class Steps {
 public:
  explicit Steps(const Creation& creation)
      : creation_(creation), cache_(*as_cache(creation.cache)), probe_(Probe::of(*as_key(creation.key))) {}

  KeyRef make_key() const { return KeyRef(nb::borrow(creation_.key)); }

  std::optional<Made> use() {
    std::optional<nb::object> held = cache_.store.use(probe_, creation_.origin, cache_.now_if_expiring());
    if (held && creation_.max_size) resize_cache(creation_.cache, *creation_.max_size, &probe_);
    return made_of(std::move(held));
  }

  std::optional<Made> find() { return made_of(cache_.store.peek(probe_, creation_.origin, cache_.now_if_expiring())); }

  Made create() {
    const auto start = Clock::now();
    const nb::object object =
        nb::steal(platform::parked_at_exit([this] { return PyObject_CallNoArgs(creation_.build.ptr()); }));
    const double seconds = seconds_since(start);
    if (object.is_valid()) {
      cache_.store.count_creation(nanoseconds(seconds));
      log("created %s in %.3f s", seconds);
      return {.object = object, .origin = creation_.origin};
    }
    const nb::object error = take_raised();
    // By its type alone: what boto3 or a factory says in an exception is not ours to publish.
    log("creating %s failed after %.3f s: %s", seconds, nb::type_name(error.type()));
    return shared_or_raised(error);
  }

  void store(Made& made) {
    if (made.error.is_valid()) return;
    nb::object error;
    try {
      if (creation_.store.is_valid()) {
        const auto stored = nb::cast<nb::tuple>(call_python(creation_.store, made.object));
        made.object = stored[0];
        departed_ = stored[1];
      } else {
        Stored stored = store_made(creation_.cache, creation_.key, creation_.max_size, made.object, creation_.origin);
        made.object = std::move(stored.object);
        departed_ = std::move(stored.departed);
      }
    } catch (const nb::python_error& raised) {
      error = nb::borrow(raised.value());
    }
    if (!error.is_valid()) return;
    made = shared_or_raised(error);
    const nb::object param = nb::getattr(error, "param", nb::none());
    made.is_creators_own = param.equal(nb::str("max_size"));
  }

  bool shares(const Made& made) const { return made.origin == creation_.origin && !made.is_creators_own; }

  [[noreturn]] void refuse(const Waited& waited) const {
    throw_uncreatable(waited.outcome == Wait::circle_of_one
                          ? "This creation asks for what it is itself creating"
                          : "Two creations wait for each other: each asks for what the other is creating");
  }

  [[noreturn]] void throw_uncreatable(const std::string& why) const {
    throw_cache_error(cache_.kind, Failure::general, why + "; build it without the cache", nb::str("key"),
                      key_label(*as_key(creation_.key)));
  }

  // Says so once a key. A log handler is the user's code, which may ask for the very key whose flight this thread
  // leads: then it hears of it when that has ended.
  void gave_up(const Waited& waited, bool leading) {
    {
      const std::lock_guard lock(cache_.warned_mutex);
      if (std::find(cache_.warned.begin(), cache_.warned.end(), probe_.hash) != cache_.warned.end()) return;
      if (cache_.warned.size() == kMostWarned) cache_.warned.clear();
      cache_.warned.push_back(probe_.hash);
    }
    lines_.append(call_python(package_attribute("_creation", "line_of_a_wait"), key_label(*as_key(creation_.key)),
                              nb::int_(waited.owner), nb::float_(seconds_since(asked_))));
    if (!leading) publish();
  }

  // Logs the creation and tells of what has left for it: when nobody waits any more.
  void publish() {
    if (lines_.size() == 0 && !departed_.is_valid()) return;
    const nb::object lines = std::exchange(lines_, nb::list());
    const nb::object departed = std::exchange(departed_, nb::object());
    call_python(package_attribute("_creation", "publish"), nb::handle(creation_.cache), lines,
                departed.is_valid() ? departed : nb::none());
  }

 private:
  static constexpr std::size_t kMostWarned = 1000;

  std::optional<Made> made_of(std::optional<nb::object> held) const {
    if (!held) return std::nullopt;
    return Made{.object = std::move(*held), .origin = creation_.origin};
  }

  // An `Exception` reaches all who wait; what interrupts, such as KeyboardInterrupt, this thread alone.
  Made shared_or_raised(const nb::object& error) const {
    if (PyErr_GivenExceptionMatches(error.ptr(), PyExc_Exception)) return {.error = error, .origin = creation_.origin};
    raise_again(error);
    throw nb::python_error();
  }

  template <class... Arguments>
  void log(const char* text, Arguments&&... arguments) {
    lines_.append(
        nb::make_tuple(nb::handle(environment().debug_level), text, key_label(*as_key(creation_.key)), arguments...));
  }

  const Creation& creation_;
  CacheObject& cache_;
  const Probe probe_;
  const Clock::time_point asked_ = Clock::now();
  nb::list lines_;       // (level, text, arguments...) of each thing to log
  nb::object departed_;  // what `store` returned of them
};

// ---- The methods ----

struct GetOrCreateArguments {
  PyObject* key;
  PyObject* factory;
  PyObject* max_wait;  // null when it is not given
};

GetOrCreateArguments parse_get_or_create(PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  const bool is_max_wait =
      named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), "max_wait") == 0;
  if (positionals != 2 || named > (is_max_wait ? 1 : 0))
    throw_type_error("get_or_create() takes a key, a factory and optionally max_wait=seconds");
  return {args[0], args[1], is_max_wait ? args[2] : nullptr};
}

PyObject* cache_get_or_create(PyObject* self, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    const auto [key, factory, max_wait] = parse_get_or_create(args, positionals, keywords);
    const CacheObject& cache = *as_cache(self);
    std::optional<nb::object> value = look_up(self, Probe::of(checked_key(cache, key)));
    if (value) return value->release().ptr();
    if (!PyCallable_Check(factory)) {
      throw_cache_error(cache.kind, Failure::general, "factory must be callable", nb::str("factory"), factory);
    }
    return get_or_create({.cache = self,
                          .key = key,
                          .build = factory,
                          .max_wait = max_wait == nullptr ? cache.max_wait : parse_max_wait(cache.kind, max_wait)})
        .release()
        .ptr();
  });
}

std::optional<std::size_t> parse_size_or_none(const CacheObject& cache, PyObject* max_size) {
  if (max_size == Py_None) return std::nullopt;
  return parse_size_of(cache, max_size);
}

// `_create(key, build, store, turn, max_size, origin)`, for a session.
PyObject* cache_create(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 6) throw_type_error("_create() takes a key, two functions, a turn, a size and an origin");
    const CacheObject& cache = *as_cache(self);
    checked_key(cache, args[0]);
    return get_or_create({.cache = self,
                          .key = args[0],
                          .build = args[1],
                          .store = args[2],
                          .turn = turn_of(args[3]),
                          .origin = nb::cast<Origin>(nb::handle(args[5])),
                          .max_size = parse_size_or_none(cache, args[4]),
                          .max_wait = cache.max_wait})
        .release()
        .ptr();
  });
}

// `_store(key, max_size, made, origin)`, after a creation: `(what callers get, what has left)`.
PyObject* cache_store(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 4) throw_type_error("_store() takes a key, a size, an object and an origin");
    const CacheObject& cache = *as_cache(self);
    checked_key(cache, args[0]);
    const auto [object, departed] = store_made(self, args[0], parse_size_or_none(cache, args[1]), nb::borrow(args[2]),
                                               nb::cast<Origin>(nb::handle(args[3])));
    return nb::make_tuple(object, departed).release().ptr();
  });
}

// `_use(key, max_size)`, by who has waited for a creation: what is held, which counts as a use alone; or None.
PyObject* cache_use(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_use() takes a key and a size");
    CacheObject& cache = *as_cache(self);
    const Probe probe = Probe::of(checked_key(cache, args[0]));
    std::optional<nb::object> held = cache.store.use(probe, kAnyOrigin, cache.now_if_expiring());
    const std::optional<std::size_t> max_size = parse_size_or_none(cache, args[1]);
    if (held && max_size) resize_cache(self, *max_size, &probe);
    return held ? held->release().ptr() : Py_NewRef(Py_None);
  });
}

// `_count_creation(seconds)`, of what was built elsewhere.
PyObject* cache_count_creation(PyObject* self, PyObject* seconds) {
  return guarded<PyObject*>(nullptr, [&] {
    as_cache(self)->store.count_creation(nanoseconds(nb::cast<double>(nb::handle(seconds))));
    return Py_NewRef(Py_None);
  });
}

PyObject* cache_creating(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::list keys;
    for (const KeyRef& key : as_cache(self)->flights.keys()) keys.append(key.object());
    return keys.release().ptr();
  });
}

const PyMethodDef methods[] = {
    {"get_or_create", as_c_function(cache_get_or_create), METH_FASTCALL | METH_KEYWORDS,
     "get_or_create($self, key, factory, /, *, max_wait=<the cache's>)\n--\n\nReturn the object stored under ``key``, "
     "which counts as a use, or store and return ``factory()``.\n\nSeveral threads that ask for one key at once get "
     "what one call of ``factory`` returns, or the ``Exception`` it raises; nothing\nis stored then. Different keys "
     "are built in parallel. A cache of size 0 shares nothing.\n\nArgs:\n    max_wait: Seconds to wait for another "
     "thread's call of its ``factory``; None for ever. Then this thread calls its own,\n        and what that returns "
     "is stored if nobody else has stored by then.\n\nRaises ``…CacheError`` when ``factory`` returns no boto3 object "
     "of the cache's kind, or asks for ``key`` itself."},
    {"_create", as_c_function(cache_create), METH_FASTCALL, "Have one of the threads that ask for a key create it."},
    {"_store", as_c_function(cache_store), METH_FASTCALL, "Store what was created, if it can be, and return it."},
    {"_use", as_c_function(cache_use), METH_FASTCALL, "What is held, for who has waited for its creation, or None."},
    {"_count_creation", cache_count_creation, METH_O, "Count a creation that took so many seconds."},
    {"_creating", cache_creating, METH_NOARGS, "List the keys that are being created."},
};

}  // namespace

nb::object get_or_create(const Creation& creation) {
  CacheObject& cache = *as_cache(creation.cache);
  Steps steps(creation);
  if (cache.store.closed()) steps.throw_uncreatable("The cache is closed");
  const Deadline until = deadline_after(creation.max_wait);
  Made made;
  nb::object raised;
  try {
    made = cache.store.capacity() == 0
               ? cache.flights.create_alone(steps, creation.turn, until)
               : cache.flights.get_or_create(Probe::of(*as_key(creation.key)), steps, creation.turn, until);
  } catch (const nb::python_error& error) {
    raised = nb::borrow(error.value());
  }
  steps.publish();
  PythonWaiting::raise_interruption();
  if (!raised.is_valid()) raised = made.error;
  if (!raised.is_valid()) return made.object;
  raise_again(raised);
  throw nb::python_error();
}

std::span<const PyMethodDef> creation_methods() { return methods; }

}  // namespace client_cache::python
