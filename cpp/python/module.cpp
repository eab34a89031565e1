// The extension module: each category of the binding registers itself here, once in a process and in the main
// interpreter only. Its types and what it takes from Python are the process's: a second module beside them would mix
// its types with theirs, and the end of one interpreter would take from the other what it uses.
#include <atomic>
#include <stdexcept>

#include "cache.hpp"
#include "environment.hpp"
#include "installed_method.hpp"
#include "key.hpp"
#include "live_caches.hpp"
#include "models/models.hpp"
#include "python_waiting.hpp"
#include "session.hpp"

namespace nb = nanobind;

namespace {

std::atomic<bool> is_loaded{false};

// Why this import cannot be, or null.
const char* refusal() {
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    return "boto3_client_cache works in the main interpreter only, and this is another: run the application there "
           "(mod_wsgi: WSGIApplicationGroup %{GLOBAL})";
  }
  if (is_loaded) {
    return "boto3_client_cache was imported before in this process, and somebody has taken it from sys.modules since: "
           "import it once, and keep boto3_client_cache and its modules in sys.modules";
  }
  return nullptr;
}

}  // namespace

NB_MODULE(_core, module) {
  // Here, not where CPython asks for the definition: since 3.13 it does so in the main interpreter for all of them.
  if (const char* reason = refusal()) throw std::runtime_error(reason);  // nanobind makes it an ImportError
  module.doc() = "The compiled core of boto3_client_cache; import the package, not this module.";
  client_cache::python::load_environment();
  client_cache::python::register_keys(module);
  client_cache::python::register_caches(module);
  client_cache::python::register_live_caches(module);
  client_cache::python::register_turns(module);
  client_cache::python::register_installed_method(module);
  client_cache::python::register_session(module);
  register_models(module);
  is_loaded = true;  // not before: an import that failed may be tried again
}
