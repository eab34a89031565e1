// The options of botocore's Config, learnt once at import, and which of them a Config was given.
//
// Complexity: collecting is a walk over the Config's attributes. Thread safety: all functions; the table is immutable.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <string>
#include <vector>

#include "keys/few_items.hpp"

namespace client_cache::python {

namespace nb = nanobind;

// In the order in which `Config.__init__` assigns their attributes. A table of columns: every call with a Config that
// is not remembered walks the first two.
struct ConfigOptions {
  std::vector<PyObject*> attributes;  // interned; the name, or that of the attribute behind a property
  std::vector<PyObject*> initial;     // what the attribute holds when the user gave nothing
  std::vector<PyObject*> names;       // interned
  std::vector<PyObject*> by_mode;  // what it holds for a `defaults_mode` other than legacy; null where that is no other
  std::vector<std::size_t> ranks;  // the place of the name among all, in the order of their code points
  std::vector<std::string> encoded;  // the name in the encoding of encoding.hpp

  std::size_t size() const { return names.size(); }
};

namespace detail {
inline const ConfigOptions* loaded_config_options = nullptr;
}
inline const ConfigOptions& config_options() { return *detail::loaded_config_options; }

// The options that a Config would configure: what the user gave, overlaid by the attributes assigned since.
struct GivenOption {
  std::size_t index;  // among botocore's; their number for an attribute that is none of them
  nb::object name;
  nb::object value;
};

// `attributes` is the Config's `__dict__`.
void collect_given_options(PyObject* attributes, FewItems<GivenOption>& given);

// Reads them from botocore, and adds what Python asks of them.
void register_config_options(nb::module_& module);

}  // namespace client_cache::python
