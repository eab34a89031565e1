#include "platform/allocator.hpp"

#ifdef __GLIBC__
#include <malloc.h>

#include <memory>
#include <new>
#include <vector>
#elif defined(__APPLE__)
#include <malloc/malloc.h>
#endif

namespace platform {

#ifdef __GLIBC__

// glibc keeps what was freed in small blocks, and returns of it what it is told to.
void return_freed_memory(std::size_t freed) {
  // The end of a thread's arena is not returned: what is free there is taken as blocks, the last of which stays behind
  // it.
  constexpr std::size_t kBlock = 96 * 1024;  // less than what gets pages of its own
  std::vector<std::unique_ptr<char[]>> blocks(freed / kBlock + 1);
  for (auto& block : blocks) block.reset(new (std::nothrow) char[kBlock]);
  const auto last = std::move(blocks.back());
  blocks.clear();
  ::malloc_trim(0);
}

// Where another allocator stands in for glibc's (jemalloc, a sanitizer's), the first to use glibc's is malloc_trim(),
// and threads that do so at once find it half made. It is made here: by mallopt(), with no parameter.
bool prepare_to_return_memory() { return ::mallopt(0, 0) != 0; }

#elif defined(__APPLE__)

void return_freed_memory(std::size_t /*freed*/) { ::malloc_zone_pressure_relief(nullptr, 0); }
bool prepare_to_return_memory() { return true; }

#else

// Windows' heap and musl's return what is free by themselves.
void return_freed_memory(std::size_t /*freed*/) {}
bool prepare_to_return_memory() { return true; }

#endif

}  // namespace platform
