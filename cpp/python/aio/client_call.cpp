#include "aio/client_call.hpp"

#include <algorithm>
#include <optional>

#include "aio/loop_session.hpp"
#include "aio/running_loop.hpp"
#include "caches/arguments.hpp"
#include "caches/storing.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"
#include "sessions/building.hpp"
#include "sessions/caches.hpp"

namespace client_cache::python {
namespace {

enum class State : char {
  fresh,    // it asks when it is awaited
  leaving,  // of `__aexit__`: it gives None
  begun,    // it has asked, and is done but for its coroutine
};

struct ClientCallObject {
  PyVarObject ob_base;  // ob_size: values
  PyObject* session;
  PyObject* keywords;   // the names of the last values, or null
  PyObject* coroutine;  // what builds, once it does
  State state;
  PyObject* values[1];
};

PyTypeObject* call_type = nullptr;

ClientCallObject& as_call(PyObject* object) { return *reinterpret_cast<ClientCallObject*>(object); }

nb::object new_call(PyObject* session, State state, std::size_t values) {
  nb::object made = nb::steal(call_type->tp_alloc(call_type, static_cast<Py_ssize_t>(values)));  // zeroed
  if (!made.is_valid()) throw nb::python_error();
  as_call(made.ptr()).session = Py_NewRef(session);
  as_call(made.ptr()).state = state;
  return made;
}

// ---- Asking ----

// A call bound to the signature, and what it is for the cache.
struct Asking {
  PyObject* session;
  Call call;
  bool fits = false;
  Policy policy = Policy::lru;
  std::optional<std::size_t> max_size{};

  Asking(PyObject* asked, PyObject* const* args, std::size_t positionals, PyObject* keywords) : session(asked) {
    call.args = args;
    call.positionals = positionals;
    call.keywords = keywords;
    call.kind = Kind::client;
    if (as_loop_session(session)->closed.load(std::memory_order_relaxed)) {
      throw_cache_error(Kind::client, Failure::general, "The session is closed: make another one");
    }
    fits = bind(call, PositionalNone::given).outcome == Binding::Outcome::bound;
    if (!fits) return;
    policy = parse_policy(Kind::client, call.eviction_policy, kInvalidPolicy);
    if (call.max_size != nullptr && call.max_size != Py_None) max_size = parse_max_size(Kind::client, call.max_size);
  }

  // What the cache has, whose size becomes what the caller says; invalid for nothing.
  nb::object look_up_in(const nb::object& caches, const EncodedCall& encoded) const {
    PyObject* cache = as_caches(caches.ptr())->caches[index_of(Kind::client)][index_of(policy)];
    const Probe probe = Probe::of(encoded);
    std::optional<nb::object> hit = look_up(cache, probe);
    if (!hit) return {};
    if (max_size && *max_size != as_cache(cache)->store.capacity()) resize_cache(cache, *max_size, &probe);
    return std::move(*hit);
  }

  // The coroutine of what the cache misses. aiobotocore says best what is wrong with a call that does not fit.
  nb::object begin_creation(EncodedCall* encoded) const {
    const auto [positionals, keywords] = for_boto3(call);
    const nb::object key = encoded == nullptr ? nb::none() : encoded->make_key(key_type(Kind::client));
    const nb::object size = max_size ? nb::object(nb::int_(*max_size)) : nb::none();
    const Environment& env = environment();
    return call_python(package_attribute("aio._creation", "create"), nb::handle(session), key,
                       nb::handle(policy == Policy::lru ? env.str_lru : env.str_lfu), positionals, keywords, size);
  }
};

// The client, or invalid, and then the call has a coroutine.
nb::object ask(ClientCallObject& self) {
  const auto keywords = static_cast<std::size_t>(self.keywords == nullptr ? 0 : PyTuple_GET_SIZE(self.keywords));
  const Asking asking(self.session, self.values, static_cast<std::size_t>(Py_SIZE(&self)) - keywords, self.keywords);
  const nb::object loop = running_loop();
  if (!asking.fits) {
    self.coroutine = asking.begin_creation(nullptr).release().ptr();
    return {};
  }
  EncodedCall encoded(asking.call);
  nb::object caches = caches_on(loop.ptr(), self.session);
  if (!caches.is_valid()) caches = call_python(nb::object(nb::handle(self.session).attr("_on_running_loop")));
  // Whether credentials have come since, takes an await to find out.
  if (!as_caches(caches.ptr())->lacks_credentials) [[likely]] {
    nb::object hit = asking.look_up_in(caches, encoded);
    if (hit.is_valid()) [[likely]]
      return hit;
  }
  self.coroutine = asking.begin_creation(&encoded).release().ptr();
  return {};
}

// ---- The coroutine protocol ----

PySendResult call_send(PyObject* object, PyObject* value, PyObject** result) {
  ClientCallObject& self = as_call(object);
  *result = nullptr;
  if (self.coroutine == nullptr) {
    if (self.state == State::begun) {
      PyErr_SetString(PyExc_RuntimeError, "cannot await what was awaited already: call client() again");
      return PYGEN_ERROR;
    }
    const State before = self.state;
    self.state = State::begun;
    if (before == State::leaving) {
      *result = Py_NewRef(Py_None);
      return PYGEN_RETURN;
    }
    *result = guarded<PyObject*>(nullptr, [&] { return ask(self).release().ptr(); });
    if (*result != nullptr) [[likely]]
      return PYGEN_RETURN;
    if (self.coroutine == nullptr) return PYGEN_ERROR;
  }
  const nb::object coroutine = nb::borrow(self.coroutine);
  const PySendResult outcome = platform::parked_at_exit([&] { return PyIter_Send(coroutine.ptr(), value, result); });
  if (outcome != PYGEN_NEXT) Py_CLEAR(self.coroutine);
  return outcome;
}

PyObject* next_of(PyObject* self, PyObject* value) {
  PyObject* result = nullptr;
  switch (call_send(self, value, &result)) {
    case PYGEN_NEXT:
      return result;
    case PYGEN_RETURN: {
      const nb::object returned = nb::steal(result);
      const nb::object stop = nb::steal(PyObject_CallOneArg(PyExc_StopIteration, result));
      if (stop.is_valid()) PyErr_SetObject(PyExc_StopIteration, stop.ptr());
      return nullptr;
    }
    default:
      return nullptr;
  }
}

PyObject* call_next(PyObject* self) { return next_of(self, Py_None); }
PyObject* call_send_method(PyObject* self, PyObject* value) { return next_of(self, value); }
PyObject* call_self(PyObject* self) { return Py_NewRef(self); }
PyObject* call_enter(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyObject* call_exit(PyObject* self, PyObject* const*, Py_ssize_t) {
  return guarded<PyObject*>(nullptr,
                            [&] { return new_call(as_call(self).session, State::leaving, 0).release().ptr(); });
}

// `throw(exception)`, or its type, value and traceback.
PyObject* call_throw(PyObject* object, PyObject* args) {
  ClientCallObject& self = as_call(object);
  self.state = State::begun;
  if (self.coroutine != nullptr) {
    const nb::object coroutine = nb::borrow(self.coroutine);
    PyObject* result = guarded<PyObject*>(nullptr, [&] {
      const nb::object thrower = coroutine.attr("throw");
      return platform::parked_at_exit([&] { return PyObject_Call(thrower.ptr(), args, nullptr); });
    });
    if (result == nullptr) Py_CLEAR(self.coroutine);  // it is done
    return result;
  }
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  if (!PyArg_UnpackTuple(args, "throw", 1, 3, &type, &value, &traceback)) return nullptr;
  if (PyExceptionInstance_Check(type)) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(type)), type);
  } else if (PyExceptionClass_Check(type)) {
    PyErr_SetObject(type, value == Py_None ? nullptr : value);
  } else {
    PyErr_SetString(PyExc_TypeError, "throw() takes an exception");
  }
  return nullptr;
}

PyObject* call_close(PyObject* object, PyObject*) {
  ClientCallObject& self = as_call(object);
  self.state = State::begun;
  if (self.coroutine == nullptr) return Py_NewRef(Py_None);
  const nb::object coroutine = nb::steal(std::exchange(self.coroutine, nullptr));
  return guarded<PyObject*>(nullptr, [&] { return call_python(coroutine.attr("close")).release().ptr(); });
}

// ---- The object ----

int call_traverse(PyObject* object, visitproc visit, void* arg) {
  ClientCallObject& self = as_call(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self.session);
  Py_VISIT(self.coroutine);
  for (Py_ssize_t i = 0; i < Py_SIZE(object); ++i) Py_VISIT(self.values[i]);
  return 0;
}

int call_clear(PyObject* object) {
  ClientCallObject& self = as_call(object);
  self.state = State::begun;
  Py_CLEAR(self.coroutine);
  Py_CLEAR(self.session);
  for (Py_ssize_t i = 0; i < Py_SIZE(object); ++i) Py_CLEAR(self.values[i]);
  return 0;
}

// Says that it was not awaited, as a coroutine does.
void call_finalize(PyObject* object) {
  if (as_call(object).state != State::fresh) return;
  const nb::object raised = take_raised();
  if (PyErr_WarnEx(PyExc_RuntimeWarning, "coroutine 'Session.client' was never awaited", 1) < 0) {
    PyErr_WriteUnraisable(object);
  }
  if (raised.is_valid()) raise_again(raised);
}

void call_dealloc(PyObject* object) {
  if (as_call(object).state == State::fresh && PyObject_CallFinalizerFromDealloc(object) < 0) return;
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  call_clear(object);
  Py_CLEAR(as_call(object).keywords);
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* call_name(PyObject*, void*) { return PyUnicode_FromString("client"); }
PyObject* call_qualname(PyObject*, void*) { return PyUnicode_FromString("Session.client"); }

PyMethodDef methods[] = {
    {"send", call_send_method, METH_O, "Go on, as a coroutine does."},
    {"throw", call_throw, METH_VARARGS, "Go on with an exception, as a coroutine does."},
    {"close", call_close, METH_NOARGS, "End it, as a coroutine is ended."},
    {"__aenter__", call_enter, METH_NOARGS, "The client."},
    {"__aexit__", as_c_function(call_exit), METH_FASTCALL, "Leave the client in the cache."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"__name__", call_name, nullptr, nullptr, nullptr},
    {"__qualname__", call_qualname, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("A call of ``client``, to be awaited once.")},
    {Py_tp_dealloc, reinterpret_cast<void*>(call_dealloc)},
    {Py_tp_finalize, reinterpret_cast<void*>(call_finalize)},
    {Py_tp_traverse, reinterpret_cast<void*>(call_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(call_clear)},
    {Py_tp_iter, reinterpret_cast<void*>(call_self)},
    {Py_tp_iternext, reinterpret_cast<void*>(call_next)},
    {Py_am_await, reinterpret_cast<void*>(call_self)},
    {Py_am_send, reinterpret_cast<void*>(call_send)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec = {"boto3_client_cache._core.ClientCall", offsetof(ClientCallObject, values), sizeof(PyObject*),
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

}  // namespace

nb::object make_client_call(PyObject* session, PyObject* const* args, std::size_t positionals, PyObject* keywords) {
  const auto named = static_cast<std::size_t>(keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords));
  nb::object made = new_call(session, State::fresh, positionals + named);
  ClientCallObject& call = as_call(made.ptr());
  call.keywords = keywords == nullptr ? nullptr : Py_NewRef(keywords);
  std::transform(args, args + positionals + named, call.values, [](PyObject* value) { return Py_NewRef(value); });
  return made;
}

nb::object find_cached(PyObject* session, PyObject* const* args, std::size_t positionals, PyObject* keywords) {
  const Asking asking(session, args, positionals, keywords);
  const nb::object caches = caches_on(running_loop().ptr(), session);
  if (!asking.fits || !caches.is_valid()) return {};
  if (as_caches(caches.ptr())->lacks_credentials) [[unlikely]] {
    // To look for credentials takes an await, which is what who gets nothing here goes on with.
    if (call_python(caches.attr("_is_search_due")).is(nb::bool_(true))) return {};
  }
  const EncodedCall encoded(asking.call);
  return asking.look_up_in(caches, encoded);
}

void register_client_call(nb::module_& module) {
  const nb::object type = owned(PyType_FromSpec(&spec));
  module.attr("ClientCall") = type;
  call_type = reinterpret_cast<PyTypeObject*>(nb::object(type).release().ptr());
}

}  // namespace client_cache::python
