// The lock of the free-threaded build. Under the GIL it does nothing: while it would be held nothing releases the GIL,
// so the GIL is the lock.
//
// CPython's PyMutex does not outlive a fork: a thread that waits long is handed the lock before it runs, and in a child
// forked meanwhile nobody ever gives it back. This lock is never handed over, so who has it is attached to the
// interpreter, which stops every other attached thread where it may before it forks; and it says in which process it
// was taken, so what the parent's threads had is free in the child.
//
// Complexity: one compare-and-swap to take, one exchange to give back; a wait is a futex.
// Thread safety: all members, for threads that are attached to the interpreter. A thread detaches while it waits.
// Does not: recurse, or give the lock to those who wait in turn.
#pragma once

#include <Python.h>

#ifdef Py_GIL_DISABLED
#include <atomic>
#include <cstdint>

#include "interpreter/without_gil.hpp"
#include "platform/fork.hpp"
#endif

namespace client_cache::python {

#ifdef Py_GIL_DISABLED

class InterpreterMutex {
 public:
  void lock() {
    std::uint32_t free = kFree;
    if (!state_.compare_exchange_strong(free, process() | kHeld, std::memory_order_acquire)) [[unlikely]]
      wait_and_lock();
  }

  void unlock() {
    if ((state_.exchange(kFree, std::memory_order_release) & kAwaited) != 0) [[unlikely]]
      state_.notify_one();
  }

 private:
  // Acquire when the lock is taken and release when it is given back order what it guards. All else is relaxed, since
  // it is about this one variable, whose changes all threads see in one order: a thread marks the state as awaited, and
  // then sleeps only while it still is (the futex compares); whoever frees it in between has replaced the mark, and
  // wakes. The process changes in a forked child alone, before it has a second thread.
  //
  // A state is free, or how the lock is held together with the process in which it is.
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kAwaited = 2;  // held, and others may be waiting
  static constexpr std::uint32_t kForked = 4;   // the process: as many of these as forks lie behind it

  static std::uint32_t process() { return process_.load(std::memory_order_relaxed); }
  static bool is_held(std::uint32_t state) { return state != kFree && (state & ~(kHeld | kAwaited)) == process(); }

  void wait_and_lock() {
    const std::uint32_t awaited = process() | kAwaited;
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    while (true) {
      if (!is_held(seen)) {
        if (state_.compare_exchange_weak(seen, awaited, std::memory_order_acquire)) return;  // others may wait still
      } else if (seen == awaited || state_.compare_exchange_weak(seen, awaited, std::memory_order_relaxed)) {
        {
          const WithoutGil detached;
          state_.wait(awaited, std::memory_order_relaxed);
        }
        seen = state_.load(std::memory_order_relaxed);
      }
    }
  }

  static inline std::atomic<std::uint32_t> process_{0};
  static inline const bool counts_forks_ = [] {
    platform::at_fork(nullptr, nullptr, [] { process_.fetch_add(kForked, std::memory_order_relaxed); });
    return true;
  }();

  std::atomic<std::uint32_t> state_{kFree};
};

#else

class InterpreterMutex {
 public:
  void lock() {}
  void unlock() {}
};

#endif

}  // namespace client_cache::python
