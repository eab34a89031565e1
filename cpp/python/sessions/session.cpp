#include "sessions/session.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "caches/arguments.hpp"
#include "caches/storing.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"
#include "sessions/asked.hpp"
#include "sessions/building.hpp"
#include "sessions/installed_method.hpp"

namespace client_cache::python {
namespace {

// Of a session whose method was not known, or is another one now; nothing where nothing is to be kept. With
// `installed`, that method has to be what the session's class finds.
std::optional<Asked> ask_anew(PyObject* session, Kind kind, const PyObject* installed = nullptr) {
  PyTypeObject* const type = Py_TYPE(session);
  const unsigned version = assigned_version(type);
  const unsigned client_version = assigned_version(base_client());
  std::optional<BuildingMethod> method = method_of(session, kind);
  if (!method || (installed != nullptr && !method->found.is(nb::handle(installed)))) return std::nullopt;
  Asked asked{session, caches_of(session), method->origin};
  asked.memo(kind).remember(type, version, client_version, std::move(*method));
  return asked;
}

Asked ask_ours(PyObject* session, Kind kind) {
  Asked asked{session, caches_of(session), kAnyOrigin};
  asked.origin = asked.memo(kind).origin_for(Py_TYPE(session));
  if (asked.origin != kAnyOrigin) [[likely]]
    return asked;
  return *ask_anew(session, kind);
}

// The caches in a session's attributes, unless these have a method of the session's own.
//
// CPython 3.10 to 3.12 give a dict another version, which no other dict has, whenever it changes: while it has the last
// one that was looked at, it holds what was found then.
nb::object caches_if_no_own_method(PyObject* attributes, Kind kind) {
#if PY_VERSION_HEX < 0x030D0000
  struct Seen {
    std::uint64_t version = 0;
    PyObject* caches = nullptr;
  };
  static std::array<Seen, kKindsOfSession> last_seen;
  Seen& seen = last_seen[index_of(kind)];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const std::uint64_t version = reinterpret_cast<PyDictObject*>(attributes)->ma_version_tag;
#pragma GCC diagnostic pop
  if (seen.version == version) [[likely]]
    return nb::borrow(seen.caches);
#endif
  if (item_of(attributes, environment().method_names[index_of(kind)]).is_valid()) return {};
  nb::object caches = item_of(attributes, environment().str_state);
#if PY_VERSION_HEX < 0x030D0000
  if (caches.is_valid()) seen = {version, caches.ptr()};
#endif
  return caches;
}

// The same for what is no session of ours.
std::optional<Asked> ask_other(PyObject* session, Kind kind, const PyObject* installed = nullptr) {
  PyTypeObject* const type = Py_TYPE(session);
  if (!is_derived_from_boto3s(type)) return std::nullopt;
  const nb::object attributes = attributes_of(session);
  nb::object caches = caches_if_no_own_method(attributes.ptr(), kind);
  if (is_own_caches(caches, session)) [[likely]] {
    Asked asked{session, std::move(caches), kAnyOrigin};
    asked.origin = asked.memo(kind).origin_for(type, installed);
    if (asked.origin != kAnyOrigin) [[likely]]
      return asked;
  }
  if (item_of(attributes.ptr(), environment().method_names[index_of(kind)]).is_valid()) return std::nullopt;
  return ask_anew(session, kind, installed);
}

// A thread's own resource cache: resources are not to be shared, and who calls boto3 where this package is installed
// does not know that they are cached. Invalid where threads share it.
nb::object cache_of_this_thread(const nb::object& caches_object, Policy policy) {
  if (!as_caches(caches_object.ptr())->resources_by_thread && !is_anything_installed()) return {};
  const Environment& env = environment();
  return call_python(nb::object(caches_object.attr("_of_this_thread")),
                     nb::handle(policy == Policy::lru ? env.str_lru : env.str_lfu));
}

Call call_of(Kind kind, PyObject* const* args, std::size_t positionals, PyObject* keywords) {
  Call call;
  call.args = args;
  call.positionals = positionals;
  call.keywords = keywords;
  call.kind = kind;
  return call;
}

// A session that shares a cache has it for either policy.
void check_policy(const CacheObject& cache, PyObject* eviction_policy, Policy policy) {
  if (eviction_policy == Py_None || cache.store.policy() == policy) return;
  throw_cache_error(cache.kind, Failure::general,
                    std::string(kInvalidPolicy) + ": the cache that the session shares has the other one",
                    nb::str("eviction_policy"), eviction_policy);
}

nb::object find_or_create(const Asked& asked, Call& call) {
  const Kind kind = call.kind;
  SessionCachesObject& caches = *as_caches(asked.caches.ptr());

  if (bind(call, PositionalNone::given).outcome != Binding::Outcome::bound) [[unlikely]]
    return call_unbound(asked, call);
  if (kind == Kind::client && is_inner_client(caches, call.slots[index_of(Param::service_name)])) [[unlikely]]
    return build_inner_client(asked, call);
  if ((caches.watches_files | caches.lacks_credentials) != 0) [[unlikely]] {
    if (caches.watches_files) look_at_files(asked.session, asked.caches);
    if (caches.lacks_credentials) look_for_credentials(asked.session, asked.caches);
  }
  const Policy policy = parse_policy(kind, call.eviction_policy, kInvalidPolicy);
  PyObject* cache = caches.caches[index_of(kind)][index_of(policy)];
  nb::object of_this_thread;
  if (kind == Kind::resource) {
    of_this_thread = cache_of_this_thread(asked.caches, policy);
    if (of_this_thread.is_valid()) cache = of_this_thread.ptr();
  }
  if (call.eviction_policy != nullptr) check_policy(*as_cache(cache), call.eviction_policy, policy);
  std::optional<std::size_t> max_size;
  if (call.max_size != nullptr && call.max_size != Py_None) max_size = parse_size_of(*as_cache(cache), call.max_size);

  EncodedCall encoded(call);
  const Probe probe = Probe::of(encoded);
  if (std::optional<nb::object> hit = look_up(cache, probe, asked.origin)) [[likely]] {
    if (max_size && *max_size != as_cache(cache)->store.capacity()) resize_cache(cache, *max_size, &probe);
    return std::move(*hit);
  }
  return create(asked, call, cache, encoded, max_size);
}

template <Kind kind>
PyObject* session_method(PyObject* session, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    Call call = call_of(kind, args, static_cast<std::size_t>(positionals), keywords);
    return find_or_create(ask_ours(session, kind), call).release().ptr();
  });
}

bool is_boto3s_own(PyObject* session) {
  return reinterpret_cast<PyObject*>(Py_TYPE(session)) == environment().boto3_session;
}

// The default session, made when there is none.
nb::object default_session() {
  const Environment& env = environment();
  nb::object session = item_of(env.boto3_globals, env.str_default_session);
  if (session.is_valid() && !session.is_none()) [[likely]]
    return session;
  return call_python(package_attribute("session", "default_session"));
}

template <Kind kind>
PyObject* module_function(PyObject* module, PyObject* const* args, Py_ssize_t positionals, PyObject* keywords) {
  static_cast<void>(module);
  return guarded<PyObject*>(nullptr, [&] {
    const nb::object session = default_session();
    const nb::handle name(environment().method_names[index_of(kind)]);
    // A session of boto3's is cached for as it is. One of ours is asked by its method, which a derived class may
    // override; so is what only stands for a session, or builds in a way of its own.
    if (is_boto3s_own(session.ptr()) || !is_ours(session.ptr())) {
      Call call = call_of(kind, args, static_cast<std::size_t>(positionals), keywords);
      if (std::optional<Asked> asked = ask_other(session.ptr(), kind)) [[likely]]
        return find_or_create(*asked, call).release().ptr();
      return call_uncached(session.attr(name), call).release().ptr();
    }
    const auto values = static_cast<std::size_t>(positionals + (keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords)));
    std::array<PyObject*, 16> few;
    std::vector<PyObject*> many(values < few.size() ? 0 : values + 1);
    PyObject** with_session = many.empty() ? few.data() : many.data();
    with_session[0] = session.ptr();
    std::copy(args, args + values, with_session + 1);
    return platform::parked_at_exit([&] {
      return PyObject_VectorcallMethod(name.ptr(), with_session, static_cast<std::size_t>(positionals) + 1, keywords);
    });
  });
}

// The same for a call that was kept: its values in one tuple, and the names of the last of them in another, which must
// be exact strings. Vectorcall takes them as they lie, where Python's `client(*args, **kwargs)` copies and unpacks a
// dict.
template <Kind kind>
PyObject* kept_call(PyObject* module, PyObject* const* args, Py_ssize_t count) {
  const bool valid = count == 2 && PyTuple_CheckExact(args[0]) && PyTuple_CheckExact(args[1]) &&
                     PyTuple_GET_SIZE(args[1]) <= PyTuple_GET_SIZE(args[0]);
  if (!valid) {
    PyErr_SetString(PyExc_TypeError, "a kept call is a tuple of values and a tuple of the last ones' names");
    return nullptr;
  }
  PyObject* const* values = reinterpret_cast<PyTupleObject*>(args[0])->ob_item;
  const Py_ssize_t keywords = PyTuple_GET_SIZE(args[1]);
  return module_function<kind>(module, values, PyTuple_GET_SIZE(args[0]) - keywords, keywords == 0 ? nullptr : args[1]);
}

// With boto3's parameters, as they are at import: CPython takes a signature from the head of a docstring. Never freed.
const char* with_signature(Kind kind, const char* self, const char* doc) {
  const Environment& env = environment();
  const auto name = nb::cast<std::string>(nb::handle(env.method_names[index_of(kind)]));
  return (new std::string(name + "(" + self + env.signatures[index_of(kind)].text + ")\n--\n\n" + doc))->c_str();
}

#define CLIENT_CACHE_METHOD_DOC(WHAT, FAMILY)                                                                  \
  "Return the cached " WHAT                                                                                    \
  " of this call, or have boto3 build it and cache it.\n\n"                                                    \
  "Takes what ``boto3.Session." WHAT                                                                           \
  "`` takes, and decides by its meaning whether two calls are the same.\n\n"                                   \
  "Args:\n    eviction_policy: ``\"LRU\"`` (the default) or ``\"LFU\"``: which of the session's two caches.\n" \
  "    max_size: The new size of that cache, an integer; None leaves it alone.\n\n"                            \
  "Raises:\n    " FAMILY                                                                                       \
  "CacheError: a wrong ``eviction_policy`` or ``max_size``, or an option that cannot be a key.\n"              \
  "    Exception: whatever boto3 raises while it builds the " WHAT "; nothing is cached then."

#define CLIENT_CACHE_FUNCTION_DOC(WHAT)                                                    \
  "Return the cached " WHAT " of this call on boto3's default session, as ``Session." WHAT \
  "`` does.\n\n"                                                                           \
  "A default session that boto3 made itself is used as it is; where there is none, a ``Session`` becomes it."

PyMethodDef client_method = {"client", as_c_function(session_method<Kind::client>), METH_FASTCALL | METH_KEYWORDS,
                             CLIENT_CACHE_METHOD_DOC("client", "Client")};
PyMethodDef resource_method = {"resource", as_c_function(session_method<Kind::resource>), METH_FASTCALL | METH_KEYWORDS,
                               CLIENT_CACHE_METHOD_DOC("resource", "Resource")};
PyMethodDef client_function = {"client", as_c_function(module_function<Kind::client>), METH_FASTCALL | METH_KEYWORDS,
                               CLIENT_CACHE_FUNCTION_DOC("client")};
PyMethodDef resource_function = {"resource", as_c_function(module_function<Kind::resource>),
                                 METH_FASTCALL | METH_KEYWORDS, CLIENT_CACHE_FUNCTION_DOC("resource")};

PyMethodDef kept_client_call = {"call_client", as_c_function(kept_call<Kind::client>), METH_FASTCALL,
                                "Call ``client`` with a tuple of values and a tuple of the last ones' names."};
PyMethodDef kept_resource_call = {"call_resource", as_c_function(kept_call<Kind::resource>), METH_FASTCALL,
                                  "Call ``resource`` with a tuple of values and a tuple of the last ones' names."};

// Gives the Python class `session` its two methods, and learns it and the class of its `cache`. Called once, at import.
void install_session_methods(nb::type_object session, nb::type_object session_cache) {
  session_type = reinterpret_cast<PyTypeObject*>(nb::object(session).release().ptr());
  set_session_cache_class(session_cache);
  client_method.ml_doc = with_signature(Kind::client, "$self, ", client_method.ml_doc);
  resource_method.ml_doc = with_signature(Kind::resource, "$self, ", resource_method.ml_doc);
  for (PyMethodDef* method : {&client_method, &resource_method}) {
    const nb::object descriptor = nb::steal(PyDescr_NewMethod(session_type, method));
    if (!descriptor.is_valid()) throw nb::python_error();
    session.attr(method->ml_name) = descriptor;
  }
}

}  // namespace

nb::object installed_call(Kind kind, PyObject* method, PyObject* const* args, std::size_t positionals,
                          PyObject* keywords) {
  PyObject* const session = args[0];
  if (is_ours(session)) return call_original(method, args, positionals, keywords);
  Call call = call_of(kind, args + 1, positionals - 1, keywords);
  if (std::optional<Asked> asked = ask_other(session, kind, method)) [[likely]]
    return find_or_create(*asked, call);
  return call_uncached(bound_to(original_of(method).ptr(), session), call);
}

void register_session(nb::module_& module) {
  module.def("install_session_methods", &install_session_methods, nb::arg("session"), nb::arg("session_cache"));

  client_function.ml_doc = with_signature(Kind::client, "", client_function.ml_doc);
  resource_function.ml_doc = with_signature(Kind::resource, "", resource_function.ml_doc);
  // Functions say that they belong to the module in which users find them.
  const nb::str home("boto3_client_cache.session");
  for (PyMethodDef* function : {&client_function, &resource_function, &kept_client_call, &kept_resource_call}) {
    const nb::object made = nb::steal(PyCFunction_NewEx(function, nullptr, home.ptr()));
    if (!made.is_valid()) throw nb::python_error();
    module.attr(function->ml_name) = made;
  }
}

}  // namespace client_cache::python
