#include "caches/options.hpp"

#include <time.h>

#include <cmath>
#include <limits>

#include "boto3/errors.hpp"
#include "interpreter/capi.hpp"

namespace client_cache::python {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

Time parse_limit(Kind kind, const char* name, PyObject* seconds) {
  if (seconds == nullptr || seconds == Py_None) return kForever;
  const double value = PyFloat_AsDouble(seconds);
  if (value == -1.0 && PyErr_Occurred()) {
    nb::python_error error;
    if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_OverflowError)) throw error;
    throw_cache_error(kind, Failure::general, std::string(name) + " must be a number of seconds or None", nb::str(name),
                      seconds);
  }
  if (!(value >= 0)) {
    throw_cache_error(kind, Failure::general, std::string(name) + " must not be negative, nor NaN", nb::str(name),
                      seconds);
  }
  return nanoseconds(value);
}

nb::object parse_callable(Kind kind, const char* name, PyObject* object) {
  if (object == nullptr || object == Py_None) return {};
  if (!PyCallable_Check(object)) {
    throw_cache_error(kind, Failure::general, std::string(name) + " must be callable or None", nb::str(name), object);
  }
  return nb::borrow(object);
}

}  // namespace

Time nanoseconds(double seconds) {
  const double count = seconds * kNanosecondsPerSecond;
  return count >= static_cast<double>(kForever.count()) ? kForever : Time(static_cast<Time::rep>(count));
}

Time parse_max_wait(Kind kind, PyObject* max_wait) {
  return max_wait == nullptr ? kDefaultMaxWait : parse_limit(kind, "max_wait", max_wait);
}

CacheOptions parse_cache_options(Kind kind, PyObject* ttl, PyObject* idle_ttl, PyObject* max_wait, PyObject* on_evict,
                                 PyObject* close_evicted, PyObject* clock) {
  CacheOptions options;
  options.lifetime = {parse_limit(kind, "ttl", ttl), parse_limit(kind, "idle_ttl", idle_ttl)};
  options.max_wait = parse_max_wait(kind, max_wait);
  options.on_evict = parse_callable(kind, "on_evict", on_evict);
  options.clock = parse_callable(kind, "clock", clock);
  const int close = close_evicted == nullptr ? 0 : PyObject_IsTrue(close_evicted);
  if (close < 0) throw nb::python_error();
  options.close_evicted = close == 1;
  return options;
}

nb::object limit_in_seconds(Time limit) {
  if (limit == kForever) return nb::none();
  return nb::float_(static_cast<double>(limit.count()) / kNanosecondsPerSecond);
}

Time system_time() {
#ifdef CLOCK_MONOTONIC_COARSE
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
#else
  return std::chrono::steady_clock::now().time_since_epoch();
#endif
}

Time time_of_clock(Kind kind, PyObject* clock) {
  const nb::object said = call_python(nb::handle(clock));
  double seconds = PyFloat_AsDouble(said.ptr());
  if (seconds == -1.0 && PyErr_Occurred()) {
    nb::python_error error;
    if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_OverflowError)) throw error;
    seconds = std::numeric_limits<double>::quiet_NaN();
  }
  if (!(std::abs(seconds) * kNanosecondsPerSecond < static_cast<double>(kForever.count()))) {
    throw_cache_error(kind, Failure::general, "clock must return a number of seconds", nb::str("clock"), said);
  }
  return nanoseconds(seconds);
}

}  // namespace client_cache::python
