// A scope in which this thread is detached from the interpreter, so that others run.
#pragma once

#include <Python.h>

#include "platform/thread_exit.hpp"

namespace client_cache::python {

class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() {
    platform::parked_at_exit([this] { PyEval_RestoreThread(state_); });
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace client_cache::python
