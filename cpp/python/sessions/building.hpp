// Calls that reach boto3: what is kept out of the path of a hit.
#pragma once

#include <cstddef>
#include <optional>

#include "boto3/call.hpp"
#include "keys/key.hpp"
#include "sessions/asked.hpp"

namespace client_cache::python {

constexpr const char* kInvalidPolicy = "Invalid eviction policy";

// What boto3 is to be called with: the call as written, without what is meant for the cache.
struct Arguments {
  nb::tuple positionals;
  nb::dict keywords;
};
Arguments for_boto3(const Call& call);

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
