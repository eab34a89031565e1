// `Session.client`, `Session.resource` and the module's `client` and `resource`: the path of a hit, without a Python
// frame.
//
// A hit asks which method of boto3 would build (boto3_method.hpp), binds the call to boto3's signature, encodes it on
// the stack and probes the cache with it: no key is made. A miss makes the key and goes to
// `boto3_client_cache.session.create`, where boto3 builds the client.
#pragma once

#include "caches/cache.hpp"

namespace client_cache::python {

// What an installed method of `boto3.session.Session` does, called with a session as its first argument: it caches, or
// calls its original.
nb::object installed_call(Kind kind, PyObject* method, PyObject* const* args, std::size_t positionals,
                          PyObject* keywords);

void register_session(nb::module_& module);

}  // namespace client_cache::python
