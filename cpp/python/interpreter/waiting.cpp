#include "interpreter/waiting.hpp"

#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "interpreter/at_scope_end.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kSlice{0.5};
constexpr Seconds kSliceOfAnotherHub{0.05};

// What a signal handler raised while this thread woke another.
thread_local PyObject* interruption = nullptr;

}  // namespace

PythonWaiting::Signal::Signal(nb::object lock)
    : lock_(std::move(lock)),
      native_thread_(PyThread_get_thread_ident()),
      // By its name: eventlet puts its own type in the place of `_thread.LockType`.
      is_native_(std::string_view(Py_TYPE(lock_.ptr())->tp_name) == "_thread.lock") {
  call_python(lock_.attr("acquire"));
}

void PythonWaiting::Signal::wait_until(Deadline until) const {
  Seconds slice = is_native_ ? kSlice : kSliceOfAnotherHub;
  if (until != kNoDeadline)
    slice = std::clamp(Seconds(until - std::chrono::steady_clock::now()), Seconds::zero(), slice);
  call_python(lock_.attr("acquire"), nb::bool_(true), nb::float_(slice.count()));
}

void PythonWaiting::Signal::set() const noexcept {
  if (!is_native_ && native_thread_ != PyThread_get_thread_ident()) return;
  PyObject* result = platform::parked_at_exit([this] { return PyObject_CallMethod(lock_.ptr(), "release", nullptr); });
  if (result == nullptr) Py_XSETREF(interruption, take_raised().release().ptr());
  Py_XDECREF(result);
}

PythonWaiting::Signal PythonWaiting::make_signal() {
  return Signal(call_python(module_attribute("threading", "Lock")));
}

ThreadId PythonWaiting::this_thread() {
  return nb::cast<ThreadId>(call_python(module_attribute("threading", "get_ident")));
}

void PythonWaiting::raise_interruption() {
  if (interruption == nullptr) return;
  raise_again(nb::steal(std::exchange(interruption, nullptr)));
  throw nb::python_error();
}

// ---- `Turn` ----

namespace {

struct TurnObject {
  PyObject ob_base;
  PythonTurn turn;
};

PyTypeObject* turn_type = nullptr;

PyObject* turn_new(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self != nullptr) new (&reinterpret_cast<TurnObject*>(self)->turn) PythonTurn();
  return self;
}

void turn_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  reinterpret_cast<TurnObject*>(self)->turn.~PythonTurn();
  type->tp_free(self);
  Py_DECREF(type);
}

template <bool only_if_free>
PyObject* turn_run(PyObject* self, PyObject* work) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::object result = nb::none();
    {
      PythonTurn& turn = *turn_of(self);
      const Deadline until = deadline_after(only_if_free ? Time::zero() : kDefaultMaxWait);
      const bool taken = turn.take(PythonWaiting::this_thread(), until).outcome == Wait::ended;
      const AtScopeEnd give_back([&] {
        if (taken) turn.give_back();
      });
      if (taken || !only_if_free) result = call_python(nb::handle(work));
    }
    PythonWaiting::raise_interruption();
    return result.release().ptr();
  });
}

PyMethodDef turn_methods[] = {
    {"run_if_free", turn_run<true>, METH_O,
     "run_if_free($self, work, /)\n--\n\nThe same, but return None at once where another thread has the turn."},
    {"run", turn_run<false>, METH_O,
     "run($self, work, /)\n--\n\nReturn ``work()``, called while this thread has the turn; re-entrant.\n\n"
     "Waits for another thread's at most 30 seconds, and goes on without it then, or where the wait would be a "
     "circle."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PythonTurn* turn_of(nb::handle object) {
  if (object.is_none()) return nullptr;
  if (!PyObject_TypeCheck(object.ptr(), turn_type)) throw_type_error("a Turn is needed");
  return &reinterpret_cast<TurnObject*>(object.ptr())->turn;
}

void forget_waits() { PythonTurn::forget_waits(); }

void register_turns(nb::module_& module) {
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Turn()\n--\n\nA re-entrant lock that no interruption leaves taken, and that is "
                                    "not waited for without end.")},
      {Py_tp_new, reinterpret_cast<void*>(turn_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(turn_dealloc)},
      {Py_tp_methods, turn_methods},
      {0, nullptr},
  };
  PyType_Spec spec = {"boto3_client_cache._core.Turn", sizeof(TurnObject), 0, Py_TPFLAGS_DEFAULT, slots};
  turn_type = reinterpret_cast<PyTypeObject*>(owned(PyType_FromSpec(&spec)).release().ptr());
  module.attr("Turn") = nb::handle(reinterpret_cast<PyObject*>(turn_type));
  module.def(
      "waiting_threads", [] { return PythonTurn::waiting_threads(); }, "Which threads wait for others' creations.");
}

}  // namespace client_cache::python
