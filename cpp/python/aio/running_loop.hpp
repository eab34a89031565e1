// The event loop that runs in this thread.
//
// asyncio keeps it for each thread. Up to CPython 3.11 its own function also asks the system for the process, at each
// call, which costs as much as a hit; there we read what it reads, and let a forked child tell us its process.
//
// Complexity: a call of a built-in function, or a look into the thread's dict. Thread safety: all functions.
#pragma once

#include <nanobind/nanobind.h>

namespace client_cache::python {

namespace nb = nanobind;

// Raises `ClientCacheError` where there is none.
nb::object running_loop();

void register_running_loop(nb::module_& module);

}  // namespace client_cache::python
