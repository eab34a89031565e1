// How Python's threads wait for each other: by a lock of `threading`, looked up at the call, so that what gevent and
// eventlet put there is honoured, and greenlets count as threads.
//
// A wait is cut into slices of a fraction of a second: a wake-up that is lost costs one slice. So a lock of theirs,
// which knows the threads of one hub alone, is released by its own native thread only; what another one is to hear of,
// it sees at the end of its slice.
//
// Thread safety: all members, for threads that are attached to the interpreter.
#pragma once

#include <nanobind/nanobind.h>

#include "client_cache/single_flight.hpp"
#include "client_cache/turn.hpp"
#include "client_cache/waiting.hpp"
#include "interpreter/mutex.hpp"

namespace client_cache::python {

namespace nb = nanobind;

struct PythonWaiting {
  using Mutex = InterpreterMutex;

  class Signal {
   public:
    explicit Signal(nb::object lock);
    void wait_until(Deadline until) const;  // raises what a signal handler, or whoever ends a greenlet, raises
    // What a signal handler raises in here, as it may where the lock is written in Python, is raised later: by
    // `raise_interruption`.
    void set() const noexcept;

   private:
    nb::object lock_;
    unsigned long native_thread_;
    bool is_native_;  // CPython's own lock, which may be released anywhere
  };

  static Signal make_signal();
  static ThreadId this_thread();  // `threading.get_ident()`

  // For who has called what sets signals.
  static void raise_interruption();
};

static_assert(Waiting<PythonWaiting>);

using PythonTurn = Turn<PythonWaiting>;

// After a fork: the threads that waited are not there.
void forget_waits();

// `boto3_client_cache._core.Turn`, and what tests ask.
void register_turns(nb::module_& module);

// The turn of a `Turn` object, or null for None.
PythonTurn* turn_of(nb::handle object);

}  // namespace client_cache::python
