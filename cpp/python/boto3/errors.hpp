// The package's exceptions, raised from C++.
#pragma once

#include "boto3/environment.hpp"

namespace client_cache::python {

enum class Failure { general, exists, not_found };

// Sets `ClientCacheError` (or Resource, or the Exists / NotFound class below it) and throws nb::python_error.
// `value` may be anything the caller passed: what the exception keeps of it is abbreviated and free of secrets.
[[noreturn]] void throw_cache_error(Kind kind, Failure failure, std::string_view message,
                                    nb::handle param = nb::handle(), nb::handle value = nb::handle());

[[noreturn]] inline void throw_type_error(const char* message) {
  PyErr_SetString(PyExc_TypeError, message);
  throw nb::python_error();
}

// "Client" or "Resource": the word that the two families of messages and classes differ in.
constexpr const char* noun(Kind kind) { return kind == Kind::client ? "Client" : "Resource"; }
constexpr const char* lower_noun(Kind kind) { return kind == Kind::client ? "client" : "resource"; }

// Runs `body` for a raw slot: C++ exceptions become Python's, and `failed` is returned. Not noexcept, and nothing here
// catches `...`: what interpreter/exit.hpp tells of may come through, from a call too short to be parked in. What it
// destroys on its way is also held by the Python frames below.
template <class Result, class Body>
Result guarded(Result failed, Body&& body) {
  try {
    return body();
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return failed;
}

}  // namespace client_cache::python
