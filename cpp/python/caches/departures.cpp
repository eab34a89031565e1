#include "caches/departures.hpp"

#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

constexpr std::array kCauseNames{"size", "expired", "removed", "cleared", "replaced"};

}  // namespace

void Departures::keep(const nb::object& key, nb::object value, Cause cause) {
  if (!departed_.is_valid()) departed_ = nb::list();
  const nb::object name = owned(PyUnicode_InternFromString(kCauseNames[static_cast<std::size_t>(cause)]));
  departed_.attr("append")(nb::make_tuple(key, std::move(value), name));
}

void Departures::tell(bool handed_over) {
  if (!departed_.is_valid()) return;
  const nb::object departed = std::exchange(departed_, nb::object());
  call_python(package_attribute("_departures", "tell"), nb::handle(cache_), departed, nb::bool_(handed_over));
}

bool Departures::is_observed() const {
  const CacheObject& cache = *as_cache(cache_);
  if (cache.on_evict != nullptr || cache.close_evicted) return true;
  const Environment& env = environment();
  const nb::object logged = owned(platform::parked_at_exit(
      [&] { return PyObject_CallMethodOneArg(env.logger, env.str_is_enabled_for, env.debug_level); }));
  return logged.is(nb::handle(Py_True));
}

}  // namespace client_cache::python
