// What a cache has counted since it was made.
//
// Thread safety: none; a plain value.
// Does not: count what the caller removes (erase, pop_victim, clear), or start anew when the cache is cleared.
#pragma once

#include <cstddef>
#include <cstdint>

namespace client_cache {

struct Statistics {
  std::uint64_t hits = 0;          // get() that found its key
  std::uint64_t misses = 0;        // get() that did not
  std::uint64_t evictions = 0;     // entries that gave way to others, or to a smaller capacity
  std::uint64_t expirations = 0;   // entries that had lived too long
  std::uint64_t regrets = 0;       // misses that would have hit if the cache were four times as large; see ghosts.hpp
  std::uint64_t near_regrets = 0;  // those that would have if it were twice as large
};

// What was counted since a cache has had the capacity that it has now: what other capacities would have done.
struct SizeEvidence {
  std::size_t capacity;
  std::size_t largest_size;  // how many entries there were at most
  std::uint64_t hits;
  std::uint64_t misses;
  std::uint64_t regrets;
  std::uint64_t near_regrets;
};

}  // namespace client_cache
