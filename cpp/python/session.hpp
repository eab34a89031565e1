// `Session.client`, `Session.resource` and the module's `client` and `resource`: the path of a hit, without a Python
// frame.
//
// A hit binds the call to boto3's signature, encodes it on the stack and probes the cache with it: no key is made. A
// miss makes the key and goes to `boto3_client_cache.session.create`, where boto3 builds the client.
#pragma once

#include "cache.hpp"

namespace client_cache::python {

void register_session(nb::module_& module);

}  // namespace client_cache::python
