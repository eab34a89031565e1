// What is done around each fork of the process. Windows has none.
#pragma once

namespace platform {

using AtFork = void (*)();

// `before`, and `in_parent` after it, run in who forks; `in_child` in the new process. Null for nothing.
void at_fork(AtFork before, AtFork in_parent, AtFork in_child);

}  // namespace platform
