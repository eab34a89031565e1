// What has left a cache in one operation, to be told once the cache's lock is free.
//
// Entries that nobody wants to hear of die where they are handed in; only what is to be told is kept.
#pragma once

#include "caches/cache.hpp"

namespace client_cache::python {

class Departures {
 public:
  // `cache` outlives it.
  explicit Departures(PyObject* cache) : cache_(cache) {}

  // As a Store's operation hands it over: `departures.leaver()` is the function it takes.
  auto leaver() {
    return [this](auto removed, Cause cause) {
      if (removed.empty() || !is_observed()) return;
      for (auto& [key, value] : removed) keep(key.object(), std::move(value), cause);
    };
  }
  void add(const nb::object& key, nb::object value, Cause cause) {
    if (is_observed()) keep(key, std::move(value), cause);
  }

  // Calls `on_evict`, closes and logs, as the cache's options say. Raises only what interrupts, such as
  // KeyboardInterrupt. With `handed_over` the caller gets the objects: they are not closed.
  void tell(bool handed_over = false);

  // The list of them for `_departures.tell`, or None: to be told of later, once more than the cache's lock is free.
  nb::object take() { return departed_.is_valid() ? std::exchange(departed_, nb::object()) : nb::none(); }

 private:
  bool is_observed() const;
  void keep(const nb::object& key, nb::object value, Cause cause);

  PyObject* cache_;
  nb::object departed_;  // a list of (key, object, cause), made when it is needed
};

}  // namespace client_cache::python
