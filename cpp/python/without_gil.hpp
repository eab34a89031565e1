// A scope in which this thread is detached from the interpreter, so that others run.
//
// Up to 3.13 CPython ends a daemon thread that comes back while the interpreter exits by pthread_exit, which in glibc
// unwinds the thread's frames as an exception does: neither a destructor nor nanobind's frames let that through, and
// the process would abort. The thread is parked instead, as CPython does itself since 3.14.
#pragma once

#include <Python.h>
#include <cxxabi.h>
#include <unistd.h>

namespace client_cache::python {

class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() {
#ifdef __GLIBCXX__
    try {
      PyEval_RestoreThread(state_);
    } catch (abi::__forced_unwind&) {
      while (true) ::pause();
    }
#else
    PyEval_RestoreThread(state_);
#endif
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace client_cache::python
