// The extension module: each category of the binding registers itself here.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_core, module) {
  module.doc() = "The compiled core of boto3_client_cache; import the package, not this module.";
}
