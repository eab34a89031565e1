// The extension module: each category of the binding registers itself here.
#include <nanobind/nanobind.h>

#include "models/models.hpp"

namespace nb = nanobind;

NB_MODULE(_core, module) {
  module.doc() = "The compiled core of boto3_client_cache; import the package, not this module.";
  register_models(module);
}
