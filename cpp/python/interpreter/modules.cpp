#include "interpreter/modules.hpp"

#include <string>

#include "interpreter/capi.hpp"

namespace client_cache::python {

nb::object module_attribute(const char* module, const char* name) {
  // Interned: CPython caches attribute look-ups by the address of the name.
  const nb::object interned = owned(PyUnicode_InternFromString(name));
  // An exiting interpreter has emptied `sys.modules`, and imports anew, in Python code.
  const nb::object imported = owned(platform::parked_at_exit([module] { return PyImport_ImportModule(module); }));
  return imported.attr(interned);
}

nb::object package_attribute(const char* module, const char* name) {
  return module_attribute((std::string("boto3_client_cache.") + module).c_str(), name);
}

}  // namespace client_cache::python
