// What a Config was encoded to, by the versions of the dicts that decide it.
//
// The version of a Config's `__dict__`, and those of the dicts among its options, say that nothing was assigned since:
// the Config is read at every call, as it must be, without walking its thirty attributes. CPython 3.10 to 3.12 give a
// dict a new version, unique in the process, whenever it changes (PEP 509). Later ones call a watcher before a watched
// dict changes or goes: these calls are counted by the dict's address. Dicts that share a count are forgotten together,
// and encoded again.
//
// Complexity: O(1), a few loads for a hit. Thread safety: by the GIL; without it nothing is remembered.
// Invariants: up to 3.12 a remembered dict is held by the `__dict__` whose version is the same, so it may be looked at;
// later only addresses are looked at, and a dict's end is a change. What is remembered is encoded bytes: no secret, no
// reference.
// Does not: remember a Config with an option that may change without a dict of it changing (a list, a user's object);
// from 3.13 on, one whose attributes lie in the object instead of a dict (30 or fewer), or any where other packages
// have all of CPython's watchers.
#pragma once

#include <string>
#include <string_view>

#include "keys/config_options.hpp"
#include "keys/encoding.hpp"

namespace client_cache::python {

struct EncodedConfig {
  std::string bytes;
  bool reshaped = false;
};

// Null when it must be encoded.
const EncodedConfig* remembered_config(PyObject* attributes, Form form);

void remember_config(PyObject* attributes, Form form, FewItems<GivenOption>& given, EncodedConfig encoded);

}  // namespace client_cache::python
