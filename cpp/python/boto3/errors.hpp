// The package's exceptions, raised from C++.
#pragma once

#include "boto3/environment.hpp"

namespace client_cache::python {

enum class Failure { general, exists, not_found };

// Sets `ClientCacheError` (or Resource, Session, or the Exists / NotFound class below it) and throws nb::python_error.
// `value` may be anything the caller passed: what the exception keeps of it is abbreviated and free of secrets.
[[noreturn]] void throw_cache_error(Kind kind, Failure failure, std::string_view message,
                                    nb::handle param = nb::handle(), nb::handle value = nb::handle());

// The word that the families of messages and classes differ in.
inline constexpr std::array<const char*, kKinds> kNouns{"Client", "Resource", "Session"};
inline constexpr std::array<const char*, kKinds> kLowerNouns{"client", "resource", "session"};
constexpr const char* noun(Kind kind) { return kNouns[index_of(kind)]; }
constexpr const char* lower_noun(Kind kind) { return kLowerNouns[index_of(kind)]; }

// How the call is shown that makes what is cached.
inline constexpr std::array<const char*, kKinds> kCallNames{"Session.client", "Session.resource", "Session"};

}  // namespace client_cache::python
