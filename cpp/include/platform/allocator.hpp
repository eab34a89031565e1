// What the system's allocator keeps of freed memory.
#pragma once

#include <cstddef>

namespace platform {

// Gives back what it can, after about `freed` bytes in small blocks were freed by this thread. Costs milliseconds.
void return_freed_memory(std::size_t freed);

// To be called once, when a library is loaded, by who calls the other.
bool prepare_to_return_memory();

}  // namespace platform
