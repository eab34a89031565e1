// The signature of one of boto3's methods that make what is cached, as `inspect.signature` of the installed boto3 shows
// it.
//
// Thread safety: immutable once read, but for the defaults, which follow what is assigned to the method's
// `__defaults__`. What was seen is kept for ever.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "boto3/params.hpp"

namespace client_cache::python {

namespace nb = nanobind;

class Signature {
 public:
  struct Positional {
    PyObject* name;  // interned
    Param param;
  };
  using Defaults = std::array<PyObject*, kParams>;  // null: this boto3 has no such parameter, or it has no default

  // The numbers below `params` are parameters of the method.
  void read(const std::array<PyObject*, kParams>& names, std::size_t params, nb::handle method);

  // As boto3's function has them now. Valid for ever.
  const Defaults& defaults() const {
    const Seen& seen = *seen_.load(std::memory_order_acquire);
    if (function_ == nullptr || tuple_now() == seen.tuple) [[likely]]
      return seen.defaults;
    return read_again();
  }

  std::vector<Positional> positional;  // in order, without self
  std::string text;                    // with our options, as a `__text_signature__` has it between its parentheses

 private:
  struct Seen {
    PyObject* tuple = nullptr;  // the function's `__defaults__`, or null
    Defaults defaults{};
    const Seen* before = nullptr;

    Seen();  // with the parameters that are none of boto3's, which are None where they are not given
  };

  PyObject* tuple_now() const;
  const Defaults& read_again() const;

  PyFunctionObject* function_ = nullptr;  // null: what is there is no plain function, and wraps none
  // A Seen is written, then released into these; who acquires the pointer reads what was written, and it is never
  // changed or freed. What the function has is compared with its tuple alone, which a Seen keeps alive: an order
  // between the two loads would tell nothing more.
  mutable std::atomic<const Seen*> seen_ = nullptr;
  mutable std::atomic<const Seen*> all_seen_ = nullptr;  // a chain
};

}  // namespace client_cache::python
