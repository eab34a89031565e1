// What is done around each fork of the process, which Windows has none of; and which process this is.
#pragma once

#ifndef _WIN32
#include <sys/types.h>
#endif

namespace platform {

#ifdef _WIN32
using ProcessId = int;
#else
using ProcessId = pid_t;
#endif

[[nodiscard]] ProcessId process_id() noexcept;

using AtFork = void (*)();

// `before`, and `in_parent` after it, run in who forks; `in_child` in the new process. Null for nothing.
void at_fork(AtFork before, AtFork in_parent, AtFork in_child);

}  // namespace platform
