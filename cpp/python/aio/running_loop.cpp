#include "aio/running_loop.hpp"

#include "boto3/errors.hpp"
#include "interpreter/capi.hpp"
#include "platform/fork.hpp"

#if PY_VERSION_HEX < 0x030C0000 && !defined(MS_WINDOWS)  // where what is kept names no process
#include <atomic>
#include <cstring>
#define CLIENT_CACHE_READS_HOLDERS
#endif

namespace client_cache::python {
namespace {

PyObject* get_running_loop = nullptr;  // asyncio's, which returns None where none runs

#ifdef CLIENT_CACHE_READS_HOLDERS

// As `_asyncio` of CPython 3.10 and 3.11 has it.
struct HolderObject {
  PyObject ob_base;
  PyObject* loop;
  platform::ProcessId process;
};

// Relaxed, both: a process changes by a fork alone, whose child has one thread; a type is compared, never followed.
std::atomic<platform::ProcessId> this_process{0};

bool is_holder(PyObject* object) {
  static std::atomic<PyTypeObject*> holder_type{nullptr};
  PyTypeObject* type = Py_TYPE(object);
  if (type == holder_type.load(std::memory_order_relaxed)) [[likely]]
    return true;
  if (std::strcmp(type->tp_name, "_RunningLoopHolder") != 0 || type->tp_basicsize != sizeof(HolderObject)) return false;
  holder_type = type;
  return true;
}

// What asyncio keeps for this thread; invalid where it is not kept as expected.
nb::object kept_loop() {
  static PyObject* name = intern("__asyncio_running_event_loop__");
  PyObject* attributes = PyThreadState_GetDict();
  PyObject* holder = attributes == nullptr ? nullptr : PyDict_GetItemWithError(attributes, name);
  if (holder == nullptr || !is_holder(holder)) return {};
  const HolderObject& held = *reinterpret_cast<HolderObject*>(holder);
  return held.process == this_process.load(std::memory_order_relaxed) ? nb::borrow(held.loop) : nb::object();
}

void learn_process() { this_process = platform::process_id(); }

#endif

// Not at import: only who uses asyncio pays for it.
void use_running_loop(nb::handle function) {
  get_running_loop = nb::borrow(function).release().ptr();
#ifdef CLIENT_CACHE_READS_HOLDERS
  if (PyCFunction_Check(function.ptr()) && this_process == 0) {
    learn_process();
    platform::at_fork(nullptr, nullptr, learn_process);
  }
#endif
}

}  // namespace

nb::object running_loop() {
  nb::object loop;
#ifdef CLIENT_CACHE_READS_HOLDERS
  loop = kept_loop();
#endif
  if (!loop.is_valid() && get_running_loop != nullptr) loop = owned(PyObject_CallNoArgs(get_running_loop));
  if (loop.is_valid() && !loop.is_none()) [[likely]]
    return loop;
  throw_cache_error(Kind::client, Failure::general,
                    "There is no running event loop: ask for clients where asyncio runs, in a coroutine");
}

void register_running_loop(nb::module_& module) {
  module.def("running_loop", &running_loop);
  module.def("use_running_loop", &use_running_loop, nb::arg("function"));
}

}  // namespace client_cache::python
