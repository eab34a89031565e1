// Calls that reach boto3: what is kept out of the path of a hit.
#pragma once

#include <cstddef>
#include <optional>

#include "boto3/call.hpp"
#include "keys/key.hpp"
#include "sessions/asked.hpp"

namespace client_cache::python {

constexpr const char* kInvalidPolicy = "Invalid eviction policy";

// Calls what nothing is kept of. Our options are judged all the same.
nb::object call_uncached(nb::handle method, Call& call);

// A call that does not fit boto3's signature: boto3's own TypeError says it best.
nb::object call_unbound(const Asked& asked, Call& call);

// The client inside the resource that boto3 is building in this thread.
nb::object build_inner_client(const Asked& asked, Call& call);

// What the cache misses. `max_size` is the caller's, for the cache.
nb::object create(const Asked& asked, Call& call, PyObject* cache, EncodedCall& encoded,
                  std::optional<std::size_t> max_size);

}  // namespace client_cache::python
