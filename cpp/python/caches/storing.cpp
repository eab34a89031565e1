#include "caches/storing.hpp"

#include <stdexcept>

#include "boto3/errors.hpp"
#include "caches/arguments.hpp"
#include "caches/departures.hpp"

namespace client_cache::python {
namespace {

// What has expired goes first: it must not outlive what is still good.
void resize(PyObject* self, std::size_t max_size, const Probe* keep, Departures& departures) {
  CacheObject& cache = *as_cache(self);
  const Time now = cache.expires || max_size < cache.store.size() ? cache.now() : Time{};
  if (cache.expires) cache.store.expire(now, departures.leaver());
  try {
    if (keep == nullptr) {
      cache.store.resize(max_size, now, departures.leaver());
    } else {
      cache.store.resize(max_size, *keep, now, departures.leaver());
    }
  } catch (const std::length_error&) {
    departures.tell();
    throw_cache_error(cache.kind, Failure::general, "max_size must not be less than the number of pinned entries",
                      nb::str("max_size"), nb::int_(max_size));
  }
}

}  // namespace

Stored store_made(PyObject* self, PyObject* key, std::optional<std::size_t> max_size, nb::object made, Origin origin) {
  CacheObject& cache = *as_cache(self);
  check_value(cache, made.ptr());
  Departures departures(self);
  Time now = cache.now();  // before anything leaves: the clock may fail
  if (max_size) resize(self, *max_size, nullptr, departures);
  const auto insert = [&] { return cache.store.insert(nb::borrow(key), made, origin, now, departures.leaver()); };
  Outcome outcome = insert();
  while (outcome == Outcome::exists) {
    try {
      now = cache.now();
    } catch (const nb::python_error&) {
      departures.tell();
      throw;
    }
    if (std::optional<nb::object> held = cache.store.use(Probe::of(*as_key(key)), origin, now)) {
      made = *held;
      break;
    }
    if (std::optional<nb::object> older = cache.store.replace_older(Probe::of(*as_key(key)), made, origin, now)) {
      departures.add(cache.store.held_key(nb::borrow(key)), std::move(*older), Cause::replaced);
      break;
    }
    outcome = insert();  // what was there has left since
  }
  if (outcome == Outcome::closed) {
    departures.tell();
    throw_closed(cache);
  }
  return {std::move(made), departures.take()};
}

void resize_cache(PyObject* self, std::size_t max_size, const Probe* keep) {
  Departures departures(self);
  resize(self, max_size, keep, departures);
  departures.tell();
}

}  // namespace client_cache::python
