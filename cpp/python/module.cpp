// The extension module: each category of the binding registers itself here, once in a process and in the main
// interpreter only. Its types and what it takes from Python are the process's: a second module beside them would mix
// its types with theirs, and the end of one interpreter would take from the other what it uses.
#include <atomic>

#include "aio/client_call.hpp"
#include "aio/loop_session.hpp"
#include "aio/running_loop.hpp"
#include "boto3/environment.hpp"
#include "caches/cache.hpp"
#include "caches/live_caches.hpp"
#include "interpreter/members.hpp"
#include "interpreter/waiting.hpp"
#include "keys/config_options.hpp"
#include "keys/key.hpp"
#include "models/models.hpp"
#include "sessions/caches.hpp"
#include "sessions/installed_method.hpp"
#include "sessions/pool.hpp"
#include "sessions/session.hpp"

namespace nb = nanobind;

namespace {

// Whether the package was imported to its end. One that failed or was interrupted before may be tried again.
std::atomic<bool> is_imported{false};

int refuse(const char* reason) {
  PyErr_SetString(PyExc_ImportError, reason);
  return -1;
}

int check_interpreter() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return 0;
  return refuse(
      "boto3_client_cache works in the main interpreter only, and this is another: run the application there "
      "(mod_wsgi: WSGIApplicationGroup %{GLOBAL})");
}

int (*run_by_nanobind)(PyObject*) = nullptr;

// What CPython runs to fill a module. nanobind's own comes second: it would make its state that of this interpreter.
int run(PyObject* module) {
  if (check_interpreter() < 0) return -1;
  if (is_imported) {
    return refuse(
        "boto3_client_cache was imported before in this process, and somebody has taken it from sys.modules since: "
        "import it once, and keep boto3_client_cache and its modules in sys.modules");
  }
  return run_by_nanobind(module);
}

}  // namespace

#define PyInit__core init_by_nanobind
NB_MODULE(_core, module) {
  module.doc() = "The compiled core of boto3_client_cache; import the package, not this module.";
  client_cache::python::load_environment();
  client_cache::python::register_members(module);
  client_cache::python::register_config_options(module);
  client_cache::python::register_keys(module);
  client_cache::python::register_caches(module);
  client_cache::python::register_live_caches(module);
  client_cache::python::register_turns(module);
  client_cache::python::register_installed_method(module);
  client_cache::python::register_session_caches(module);
  client_cache::python::register_session(module);
  client_cache::python::register_session_pool(module);
  client_cache::python::register_running_loop(module);
  client_cache::python::register_loop_session(module);
  client_cache::python::register_client_call(module);
  register_models(module);
  module.def("finish_import", [] { is_imported = true; }, "The package is imported; its next import is a second one.");
}
#undef PyInit__core

// Asked in the importing interpreter before CPython 3.13, and in the main one for all of them since.
extern "C" NB_EXPORT PyObject* PyInit__core() {
  if (check_interpreter() < 0) return nullptr;
  PyObject* definition = init_by_nanobind();
  if (definition == nullptr || run_by_nanobind != nullptr) return definition;
  for (PyModuleDef_Slot* slot = reinterpret_cast<PyModuleDef*>(definition)->m_slots; slot->slot != 0; ++slot) {
    if (slot->slot == Py_mod_exec) {
      run_by_nanobind = reinterpret_cast<int (*)(PyObject*)>(slot->value);
      slot->value = reinterpret_cast<void*>(&run);
    }
#if PY_VERSION_HEX >= 0x030C0000
    // Or CPython itself would refuse an interpreter with a GIL of its own, and not say what to do.
    if (slot->slot == Py_mod_multiple_interpreters) slot->value = Py_MOD_PER_INTERPRETER_GIL_SUPPORTED;
#endif
  }
  return definition;
}
