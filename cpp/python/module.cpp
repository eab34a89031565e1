// The extension module: each category of the binding registers itself here.
#include "cache.hpp"
#include "environment.hpp"
#include "key.hpp"
#include "live_caches.hpp"
#include "models/models.hpp"
#include "python_waiting.hpp"
#include "session.hpp"

namespace nb = nanobind;

NB_MODULE(_core, module) {
  module.doc() = "The compiled core of boto3_client_cache; import the package, not this module.";
  client_cache::python::load_environment();
  client_cache::python::register_keys(module);
  client_cache::python::register_caches(module);
  client_cache::python::register_live_caches(module);
  client_cache::python::register_turns(module);
  client_cache::python::register_session(module);
  register_models(module);
}
