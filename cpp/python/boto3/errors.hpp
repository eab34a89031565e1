// The package's exceptions, raised from C++.
#pragma once

#include "boto3/environment.hpp"

namespace client_cache::python {

enum class Failure { general, exists, not_found };

// Sets `ClientCacheError` (or Resource, or the Exists / NotFound class below it) and throws nb::python_error.
// `value` may be anything the caller passed: what the exception keeps of it is abbreviated and free of secrets.
[[noreturn]] void throw_cache_error(Kind kind, Failure failure, std::string_view message,
                                    nb::handle param = nb::handle(), nb::handle value = nb::handle());

// "Client" or "Resource": the word that the two families of messages and classes differ in.
constexpr const char* noun(Kind kind) { return kind == Kind::client ? "Client" : "Resource"; }
constexpr const char* lower_noun(Kind kind) { return kind == Kind::client ? "client" : "resource"; }

}  // namespace client_cache::python
