// The keyword options of a cache beside its size: how long entries live, and who is told when they leave.
#pragma once

#include <nanobind/nanobind.h>

#include "boto3/params.hpp"
#include "client_cache/expiration.hpp"
#include "client_cache/waiting.hpp"

namespace client_cache::python {

namespace nb = nanobind;

struct CacheOptions {
  Lifetime lifetime;
  Time max_wait = kDefaultMaxWait;
  nb::object on_evict;  // called as on_evict(key, obj, cause), or invalid
  nb::object clock;     // called for the seconds on a monotonic clock; invalid for the system's
  bool close_evicted = false;
};

// Each as the caller gave it, None or null where not given; raises `…CacheError` that names what is wrong.
CacheOptions parse_cache_options(Kind kind, PyObject* ttl, PyObject* idle_ttl, PyObject* max_wait, PyObject* on_evict,
                                 PyObject* close_evicted, PyObject* clock);

// A `max_wait` as the caller gave it: null is the default, None is for ever.
Time parse_max_wait(Kind kind, PyObject* max_wait);

// Of a number of seconds; kForever for more than can be counted.
Time nanoseconds(double seconds);

// A limit as its option was given: seconds, or None.
nb::object limit_in_seconds(Time limit);

// The system's monotonic clock, the coarse one where there is one: it costs a quarter and is right to some
// milliseconds.
Time system_time();

// What `clock`, a caller's option, says.
Time time_of_clock(Kind kind, PyObject* clock);

}  // namespace client_cache::python
