// An attribute of a module, or of one of this package, imported when it is first needed: for errors and cold paths.
#pragma once

#include <nanobind/nanobind.h>

namespace client_cache::python {

namespace nb = nanobind;

nb::object module_attribute(const char* module, const char* name);
nb::object package_attribute(const char* module, const char* name);

}  // namespace client_cache::python
