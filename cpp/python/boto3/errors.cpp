#include "boto3/errors.hpp"

#include <string>

#include "interpreter/modules.hpp"

namespace client_cache::python {

void throw_cache_error(Kind kind, Failure failure, std::string_view message, nb::handle param, nb::handle value) {
  std::string name = std::string(noun(kind)) + "Cache";
  if (failure == Failure::exists) name += "Exists";
  if (failure == Failure::not_found) name += "NotFound";
  name += "Error";
  const nb::object type = package_attribute("exceptions", name.c_str());

  nb::dict fields;
  if (param.is_valid()) fields["param"] = param;
  if (value.is_valid())
    fields["value"] = package_attribute("_masking", "shown")(value, param.is_valid() ? param : nb::none());
  const nb::object error = type(nb::str(message.data(), message.size()), **fields);
  PyErr_SetObject(type.ptr(), error.ptr());
  throw nb::python_error();
}

}  // namespace client_cache::python
