// The caches of the process: what is to reach all of them, and what they have counted together.
//
// A cache is linked while it is alive. When it dies, what it has counted is kept by kind and policy, so that the totals
// of a process never fall.
//
// Thread safety: all functions. The list's lock is held while a cache's own is taken, never the other way round.
#pragma once

#include "caches/cache.hpp"

namespace client_cache::python {

void link_cache(CacheObject& cache);
void unlink_cache(CacheObject& cache);

void register_live_caches(nb::module_& module);

}  // namespace client_cache::python
