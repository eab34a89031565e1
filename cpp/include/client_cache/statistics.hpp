// What a cache has counted since it was made.
//
// Thread safety: none; a plain value.
// Does not: count what the caller removes (erase, pop_victim, clear), or start anew when the cache is cleared.
#pragma once

#include <cstdint>

namespace client_cache {

struct Statistics {
  std::uint64_t hits = 0;         // get() that found its key
  std::uint64_t misses = 0;       // get() that did not
  std::uint64_t evictions = 0;    // entries that gave way to others, or to a smaller capacity
  std::uint64_t expirations = 0;  // entries that had lived too long
};

}  // namespace client_cache
