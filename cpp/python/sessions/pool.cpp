#include "sessions/pool.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>

#include "boto3/errors.hpp"
#include "caches/cache.hpp"
#include "interpreter/capi.hpp"
#include "keys/key.hpp"

namespace client_cache::python {
namespace {

constexpr std::array<std::size_t, kAsks> kParamsOf{kParamsOfSessions, kParamsOfRoles, kParamsOfWebIdentities};

// What the Python class has under the methods' names. Never freed.
std::array<PyObject*, kAsks> functions{};

bool is_given(PyObject* value) { return value != nullptr && value != Py_None; }

// Whether the call may have been answered before. One that lacks a parameter could mean what another one does.
bool is_whole(const Call& call, Asks asks) {
  if (asks == Asks::session) return true;
  if (call.positionals != 0 || !is_given(call.slots[index_of(Param::role_arn)])) return false;
  return asks == Asks::role || is_given(call.slots[index_of(Param::web_identity_token_file)]) ||
         is_given(call.slots[index_of(Param::web_identity_token_loader)]);
}

nb::object call_function(Asks asks, PyObject* self, PyObject* const* args, std::size_t positionals,
                         PyObject* keywords) {
  const std::size_t named = keywords == nullptr ? 0 : static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
  std::vector<PyObject*> with_self{self};
  with_self.insert(with_self.end(), args, args + positionals + named);
  return owned(platform::parked_at_exit([&] {
    return PyObject_Vectorcall(functions[static_cast<std::size_t>(asks)], with_self.data(), positionals + 1, keywords);
  }));
}

template <Asks asks>
PyObject* pool_method(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    const SessionPoolObject& pool = *as_pool(self);
    const auto positionals = static_cast<std::size_t>(count);
    if (pool.cache == nullptr) {
      throw_cache_error(Kind::session, Failure::general, "The pool was not begun: call SessionPool.__init__ first");
    }
    Call call;
    call.kind = Kind::session;
    call.params = kParamsOf[static_cast<std::size_t>(asks)];
    const bool role_first = asks != Asks::session && positionals == 1;
    if (role_first) call.slots[index_of(Param::role_arn)] = args[0];
    call.args = role_first ? args + 1 : args;
    call.positionals = role_first ? 0 : positionals;
    call.keywords = keywords;
    if (bind(call, PositionalNone::given).outcome == Binding::Outcome::bound && is_whole(call, asks)) [[likely]] {
      const EncodedCall encoded(call, pool.defaults(asks).fill(call));
      if (std::optional<nb::object> hit = look_up(pool.cache, Probe::of(encoded))) [[likely]]
        return hit->release().ptr();
    }
    return call_function(asks, self, args, positionals, keywords).release().ptr();
  });
}

std::array<PyMethodDef, kAsks> asking_methods{{
    {"session", as_c_function(pool_method<Asks::session>), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {"assume_role", as_c_function(pool_method<Asks::role>), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {"assume_role_with_web_identity", as_c_function(pool_method<Asks::web_identity>), METH_FASTCALL | METH_KEYWORDS,
     nullptr},
}};

// Puts the compiled methods in the place of the class's functions, which get what those miss. `docs` are theirs, with
// the signatures that CPython reads from them. Called once, at import.
void install_pool_methods(nb::type_object pool, nb::dict docs) {
  for (std::size_t i = 0; i < kAsks; ++i) {
    PyMethodDef& method = asking_methods[i];
    functions[i] = nb::object(pool.attr(method.ml_name)).release().ptr();
    method.ml_doc = (new std::string(nb::cast<std::string>(docs[method.ml_name])))->c_str();  // never freed
    pool.attr(method.ml_name) = owned(PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(pool.ptr()), &method));
  }
}

// `_begin(cache, of_sessions, of_roles)`: with the options that sessions are made with, and those for roles.
PyObject* pool_begin(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 3 || !is_cache(args[0], Kind::session) || !PyDict_CheckExact(args[1]) || !PyDict_CheckExact(args[2]))
      throw_type_error("_begin() takes a cache of sessions and two dicts");
    SessionPoolObject& pool = *as_pool(self);
    if (pool.cache != nullptr) throw_type_error("the pool has begun already");
    pool.of_sessions = PoolDefaults(nb::borrow<nb::dict>(args[1]), kParamsOfSessions);
    pool.of_roles = PoolDefaults(nb::borrow<nb::dict>(args[2]), kParamsOfWebIdentities);
    pool.cache = Py_NewRef(args[0]);
    return Py_NewRef(Py_None);
  });
}

// ---- The object ----

PyObject* pool_new(PyTypeObject* type, PyObject*, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    nb::object self = owned(type->tp_alloc(type, 0));
    std::construct_at(&as_pool(self.ptr())->of_sessions);
    std::construct_at(&as_pool(self.ptr())->of_roles);
    return self.release().ptr();
  });
}

int pool_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_pool(self)->cache);
  Py_VISIT(as_pool(self)->of_sessions.options().ptr());
  Py_VISIT(as_pool(self)->of_roles.options().ptr());
  return 0;
}

int pool_clear(PyObject* self) {
  Py_CLEAR(as_pool(self)->cache);
  as_pool(self)->of_sessions = {};
  as_pool(self)->of_roles = {};
  return 0;
}

void pool_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  pool_clear(self);
  std::destroy_at(&as_pool(self)->of_sessions);
  std::destroy_at(&as_pool(self)->of_roles);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"_begin", as_c_function(pool_begin), METH_FASTCALL, "Take the cache, and the options of sessions and of roles."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("A pool of sessions.")},
    {Py_tp_new, reinterpret_cast<void*>(pool_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(pool_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(pool_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(pool_clear)},
    {Py_tp_methods, methods},
    {0, nullptr},
};

PyType_Spec spec = {"boto3_client_cache._core.PooledSessions", sizeof(SessionPoolObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

PoolDefaults::PoolDefaults(nb::dict options, std::size_t params) : options_(options) {
  Call call;
  call.kind = Kind::session;
  call.params = params;
  for (const auto& [name, value] : options) {
    const Param param = param_by_name(call, name.ptr());
    if (param == Param::named) {
      call.named.push_back({name.ptr(), value.ptr()});
    } else {
      numbered_.push_back({param, value.ptr()});
    }
  }
  named_encoded_ = EncodedCall(call).canonical().substr(1);  // without the kind
  named_ = std::move(call.named);
}

std::string_view PoolDefaults::fill(Call& call) const {
  for (const auto& [param, value] : numbered_) {
    PyObject*& slot = call.slots[index_of(param)];
    if (slot == nullptr) slot = value;
  }
  if (call.named.empty()) [[likely]]
    return named_encoded_;
  for (const Call::Named& known : named_) {
    const bool said = std::any_of(call.named.begin(), call.named.end(), [&](const Call::Named& given) {
      return PyUnicode_Compare(given.name, known.name) == 0;
    });
    if (!said) call.named.push_back(known);
  }
  return {};
}

void register_session_pool(nb::module_& module) {
  module.attr("PooledSessions") = owned(PyType_FromSpec(&spec));
  module.def("install_pool_methods", &install_pool_methods, nb::arg("pool"), nb::arg("docs"));
}

}  // namespace client_cache::python
