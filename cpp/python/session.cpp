#include "session.hpp"

#include <nanobind/stl/string.h>
#include <structmember.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "boto3_method.hpp"
#include "cache_arguments.hpp"
#include "capi.hpp"
#include "installed_method.hpp"
#include "interpreter_mutex.hpp"
#include "python_waiting.hpp"

namespace client_cache::python {
namespace {

// A resource that boto3 is building in one thread.
struct ResourceUnderWay {
  ThreadId thread;
  nb::object service_name;
};

// The caches of one session. `boto3_client_cache.session.SessionCache` derives from it and adds what is Python's part.
struct SessionCachesObject {
  PyObject ob_base;
  std::array<std::array<PyObject*, 2>, kKinds> caches;
  std::array<MethodMemo, kKinds> methods;
  const PyObject* owner;  // the session, only to be compared: it holds these caches, and a copy of it does not own them
  std::vector<ResourceUnderWay> resources_under_way;  // the inner ones of a thread last; under its own lock
  InterpreterMutex resources_mutex;
  char resources_by_thread;  // whether each thread has resource caches of its own, installed or not
  char watches_files;        // whether the credential and config files are looked at
  char lacks_credentials;    // whether some of what is cached was built while there were none, which is looked for
  std::atomic<Time::rep> next_look;    // at the files, not before this time on the system's clock
  std::atomic<Time::rep> next_search;  // for credentials, likewise
};

PyTypeObject* caches_type = nullptr;
PyTypeObject* session_type = nullptr;     // boto3_client_cache.session.Session
PyObject* session_cache_class = nullptr;  // boto3_client_cache.session.SessionCache

constexpr std::size_t index_of(Policy policy) { return policy == Policy::lru ? 0 : 1; }

SessionCachesObject* as_caches(PyObject* object) { return reinterpret_cast<SessionCachesObject*>(object); }

// `SessionCaches(client_cache=None, resource_cache=None)`: the options of the caches of each kind, a dict or None.
PyObject* caches_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded<PyObject*>(nullptr, [&] {
    static const char* names[] = {"client_cache", "resource_cache", nullptr};
    std::array<PyObject*, kKinds> options{Py_None, Py_None};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", const_cast<char**>(names), &options[0], &options[1]))
      throw nb::python_error();
    nb::object self = nb::steal(type->tp_alloc(type, 0));
    if (!self.is_valid()) throw nb::python_error();
    std::construct_at(&as_caches(self.ptr())->resources_under_way);
    std::construct_at(&as_caches(self.ptr())->resources_mutex);
    for (MethodMemo& memo : as_caches(self.ptr())->methods) new (&memo) MethodMemo();
    for (const Kind kind : {Kind::client, Kind::resource}) {
      PyObject* of_kind = options[index_of(kind)];
      for (const Policy policy : {Policy::lru, Policy::lfu}) {
        as_caches(self.ptr())->caches[index_of(kind)][index_of(policy)] =
            make_cache(kind, policy, of_kind == Py_None ? nullptr : of_kind).release().ptr();
      }
    }
    return self.release().ptr();
  });
}

int caches_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  for (auto& caches : as_caches(self)->caches) {
    for (PyObject* cache : caches) Py_VISIT(cache);
  }
  for (const MethodMemo& memo : as_caches(self)->methods) {
    if (const int result = memo.visit_unlocked(visit, arg); result != 0) return result;
  }
  return 0;
}

int caches_clear(PyObject* self) {
  for (auto& caches : as_caches(self)->caches) {
    for (PyObject*& cache : caches) Py_CLEAR(cache);
  }
  for (MethodMemo& memo : as_caches(self)->methods) memo.clear();
  return 0;
}

void caches_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  caches_clear(self);
  std::destroy_at(&as_caches(self)->resources_under_way);
  for (MethodMemo& memo : as_caches(self)->methods) memo.~MethodMemo();
  type->tp_free(self);
  Py_DECREF(type);
}

// ---- The client inside a resource ----

// boto3 builds it by the session's own `client`, where it is not to be cached. Noted for the scope, so that no
// interruption leaves it behind.
class BuildingResource {
 public:
  BuildingResource(SessionCachesObject& caches, nb::object service_name)
      : caches_(caches), thread_(PythonWaiting::this_thread()) {
    const std::lock_guard lock(caches_.resources_mutex);
    caches_.resources_under_way.push_back({thread_, std::move(service_name)});
  }
  ~BuildingResource() {
    nb::object service_name;  // outlives the lock
    const std::lock_guard lock(caches_.resources_mutex);
    auto& under_way = caches_.resources_under_way;
    const auto last = std::find_if(under_way.rbegin(), under_way.rend(),
                                   [this](const ResourceUnderWay& resource) { return resource.thread == thread_; });
    if (last == under_way.rend()) return;  // forked meanwhile
    service_name = std::move(last->service_name);
    under_way.erase(std::next(last).base());
  }
  BuildingResource(const BuildingResource&) = delete;
  BuildingResource& operator=(const BuildingResource&) = delete;

 private:
  SessionCachesObject& caches_;
  ThreadId thread_;
};

// Whether a client of this service is the one inside the resource that boto3 is building in this thread.
bool is_inner_client(SessionCachesObject& caches, PyObject* service_name) {
  if (caches.resources_under_way.empty() || service_name == nullptr) [[likely]]
    return false;
  const ThreadId me = PythonWaiting::this_thread();
  nb::object innermost;
  {
    const std::lock_guard lock(caches.resources_mutex);
    for (const ResourceUnderWay& resource : caches.resources_under_way) {
      if (resource.thread == me) innermost = resource.service_name;
    }
  }
  return innermost.is_valid() && innermost.equal(nb::handle(service_name));
}

// `_build_resource(service_name, build)`: `build()`, while which the inner client is not cached.
PyObject* caches_build_resource(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_build_resource() takes a service name and a function");
    const BuildingResource building(*as_caches(self), nb::borrow(args[0]));
    return call_python(nb::handle(args[1])).release().ptr();
  });
}

// `_start_afresh()`: in a forked child, which has none of the threads that built.
PyObject* caches_start_afresh(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    as_caches(self)->resources_under_way.clear();
    return Py_NewRef(Py_None);
  });
}

// `_cache(kind, policy)`: one of the four, for the Python part.
PyObject* caches_cache(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    if (count != 2) throw_type_error("_cache() takes a kind and a policy");
    const Kind kind =
        nb::handle(args[0]).equal(nb::handle(environment().method_names[0])) ? Kind::client : Kind::resource;
    return Py_NewRef(as_caches(self)->caches[index_of(kind)][index_of(parse_policy(kind, args[1]))]);
  });
}

nb::object attributes_of(PyObject* session) { return owned(PyObject_GenericGetDict(session, nullptr)); }

// Whether an object is the caches of `session`, and not those of another one, whose copy it is.
bool is_own_caches(const nb::object& object, PyObject* session) {
  return object.is_valid() && PyObject_TypeCheck(object.ptr(), caches_type) &&
         as_caches(object.ptr())->owner == session;
}

// The caches of a session, in the session's own `__dict__`, so that they live as long as it does; made when there are
// none.
nb::object caches_of(PyObject* session) {
  const nb::object attributes = attributes_of(session);
  PyObject* name = environment().str_state;
  const nb::object found = item_of(attributes.ptr(), name);
  if (is_own_caches(found, session)) [[likely]]
    return found;
  // A copy's, which came with the session's `__dict__`, says how the new ones are to be.
  const nb::object made = found.is_valid() && PyObject_TypeCheck(found.ptr(), caches_type)
                              ? call_python(nb::object(found.attr("_another")))
                              : call_python(nb::handle(session_cache_class));
  as_caches(made.ptr())->owner = session;
  // Other threads may have made some meanwhile: those that are there first are everybody's. A critical section of the
  // dict would not do: storing into it lets others in.
  static InterpreterMutex first_caches;
  nb::object now;  // outlives the lock
  const std::lock_guard lock(first_caches);
  now = item_of(attributes.ptr(), name);
  if (is_own_caches(now, session)) return now;
  if (PyDict_SetItem(attributes.ptr(), name, made.ptr()) < 0) throw nb::python_error();
  return made;
}

constexpr const char* kInvalidPolicy = "Invalid eviction policy";

constexpr Time kBetweenLooks = std::chrono::seconds(1);

// Looks at the credential and config files, by the one thread whose turn it is, once a second.
void look_at_files(PyObject* session, const nb::object& caches_object) {
  SessionCachesObject& caches = *as_caches(caches_object.ptr());
  const Time now = system_time();
  Time::rep due = caches.next_look.load(std::memory_order_relaxed);
  if (now.count() < due || !caches.next_look.compare_exchange_strong(due, (now + kBetweenLooks).count())) return;
  call_python(package_attribute("_session_caches", "look_at_files"), nb::handle(session), caches_object);
}

// Looks for credentials that have come since, by one thread at a time, a second after the last look has ended.
void look_for_credentials(PyObject* session, const nb::object& caches_object) {
  std::atomic<Time::rep>& next = as_caches(caches_object.ptr())->next_search;
  Time::rep due = next.load(std::memory_order_relaxed);
  if (system_time().count() < due || !next.compare_exchange_strong(due, kForever.count())) return;
  class Search {
   public:
    explicit Search(std::atomic<Time::rep>& next_search) : next_search_(next_search) {}
    ~Search() { next_search_ = (system_time() + kBetweenLooks).count(); }
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;

   private:
    std::atomic<Time::rep>& next_search_;
  };
  const Search search(next);
  call_python(package_attribute("_session_caches", "look_for_credentials"), nb::handle(session), caches_object);
}

// `_look_for_credentials()`: something is cached that lacks them; from a second later on.
PyObject* caches_look_for_credentials(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    as_caches(self)->next_search = (system_time() + kBetweenLooks).count();
    as_caches(self)->lacks_credentials = 1;
    return Py_NewRef(Py_None);
  });
}

struct Arguments {
  nb::tuple positionals;
  nb::dict keywords;
};

// What boto3 is to be called with: the call as written, without what is meant for the cache.
Arguments for_boto3(const Call& call) {
  nb::list positionals;
  for (std::size_t i = 0; i < call.positionals; ++i) positionals.append(nb::handle(call.args[i]));
  nb::dict keywords;
  for (std::size_t i = 0; i < call.keyword_count(); ++i) {
    const nb::handle name(call.keyword_name(i));
    const bool ours =
        name.equal(nb::handle(environment().str_eviction_policy)) || name.equal(nb::handle(environment().str_max_size));
    if (!ours) keywords[name] = nb::handle(call.keyword_value(i));
  }
  return {nb::tuple(positionals), keywords};
}

// A session that is asked for something, its caches, and the origin of what boto3 would build now.
struct Asked {
  PyObject* session;
  nb::object caches;
  Origin origin;

  MethodMemo& memo(Kind kind) const { return as_caches(caches.ptr())->methods[index_of(kind)]; }
};

std::optional<BuildingMethod> method_of(PyObject* session, Kind kind) {
  if (PyObject_TypeCheck(session, session_type)) return method_below(session_type, session, kind);
  return boto3s_method(session, kind);
}

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
  static std::array<Seen, kKinds> last_seen;
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

// What builds, bound to the session, with its origin.
struct Builder {
  nb::object method;
  nb::object origin;
};

std::optional<Builder> builder_of(PyObject* session, Kind kind) {
  const std::optional<BuildingMethod> method = method_of(session, kind);
  if (!method) return std::nullopt;
  return Builder{method->bound_to(session), nb::int_(method->origin)};
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

// Calls what nothing is kept of. Our options are judged all the same.
nb::object call_boto3(nb::handle method, const Call& call) {
  const Arguments boto3s = for_boto3(call);
  return owned(
      parked_at_exit([&] { return PyObject_Call(method.ptr(), boto3s.positionals.ptr(), boto3s.keywords.ptr()); }));
}

nb::object call_uncached(nb::handle method, Call& call) {
  if (bind(call, PositionalNone::given).outcome == Binding::Outcome::bound) {
    static_cast<void>(parse_policy(call.kind, call.eviction_policy, kInvalidPolicy));
    if (call.max_size != nullptr) static_cast<void>(parse_max_size(call.kind, call.max_size));
  }
  return call_boto3(method, call);
}

// What follows is kept out of the path of a hit.

nb::object call_unbound(const Asked& asked, Call& call) {  // boto3's own TypeError says it best
  const std::optional<Builder> builder = builder_of(asked.session, call.kind);
  const nb::handle name(environment().method_names[index_of(call.kind)]);
  return call_uncached(builder ? builder->method : nb::object(nb::handle(asked.session).attr(name)), call);
}

// The client inside the resource that boto3 is building in this thread.
nb::object build_inner_client(const Asked& asked, Call& call) {
  const std::optional<Builder> builder = builder_of(asked.session, call.kind);
  return builder ? call_boto3(builder->method, call) : call_unbound(asked, call);
}

nb::object create(const Asked& asked, Call& call, PyObject* cache, EncodedCall& encoded,
                  std::optional<std::size_t> max_size) {
  const nb::handle kind_name(environment().method_names[index_of(call.kind)]);
  const std::optional<Builder> builder = builder_of(asked.session, call.kind);
  if (!builder) return call_uncached(nb::handle(asked.session).attr(kind_name), call);  // replaced since
  const nb::object key = encoded.make_key(key_type(call.kind));
  const auto [positionals, keywords] = for_boto3(call);
  const nb::object size = max_size ? nb::object(nb::int_(*max_size)) : nb::none();
  return call_python(package_attribute("session", "create"), nb::handle(asked.session), asked.caches, kind_name,
                     nb::handle(cache), key, positionals, keywords, size, builder->method, builder->origin);
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
  std::optional<std::size_t> max_size;
  if (call.max_size != nullptr && call.max_size != Py_None) max_size = parse_max_size(kind, call.max_size);

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
    if (is_boto3s_own(session.ptr()) || !PyObject_TypeCheck(session.ptr(), session_type)) {
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
    return parked_at_exit([&] {
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
  session_cache_class = nb::object(session_cache).release().ptr();
  client_method.ml_doc = with_signature(Kind::client, "$self, ", client_method.ml_doc);
  resource_method.ml_doc = with_signature(Kind::resource, "$self, ", resource_method.ml_doc);
  for (PyMethodDef* method : {&client_method, &resource_method}) {
    const nb::object descriptor = nb::steal(PyDescr_NewMethod(session_type, method));
    if (!descriptor.is_valid()) throw nb::python_error();
    session.attr(method->ml_name) = descriptor;
  }
}

nb::object caches_of_session(nb::handle session) { return caches_of(session.ptr()); }

// Gives a session caches that were made for it.
void give_caches(nb::handle session, nb::handle caches) {
  as_caches(caches.ptr())->owner = session.ptr();
  const nb::object attributes = attributes_of(session.ptr());
  attributes[nb::handle(environment().str_state)] = caches;
}

// What a botocore Config would configure: the options that the user gave, overlaid by the attributes assigned since.
nb::dict given_options(nb::handle config) {
  FewItems<GivenOption> given;
  collect_given_options(nb::object(config.attr("__dict__")).ptr(), given);
  nb::dict options;
  for (const GivenOption& option : given) options[option.name] = option.value;
  return options;
}

PyTypeObject* make_caches_type() {
  static PyMethodDef methods[] = {
      {"_cache", as_c_function(caches_cache), METH_FASTCALL, "One of the session's four caches, by kind and policy."},
      {"_build_resource", as_c_function(caches_build_resource), METH_FASTCALL,
       "Call what builds a resource of a service, whose inner client is not to be cached."},
      {"_look_for_credentials", caches_look_for_credentials, METH_NOARGS,
       "Look for credentials, once a second, since something that is cached lacks them."},
      {"_start_afresh", caches_start_afresh, METH_NOARGS, "Forget what other threads build, in a forked child."},
      {nullptr, nullptr, 0, nullptr},
  };
  static PyMemberDef members[] = {
      {"_resources_by_thread", T_BOOL, offsetof(SessionCachesObject, resources_by_thread), 0,
       "Whether each thread has resource caches of its own, installed or not."},
      {"_watches_files", T_BOOL, offsetof(SessionCachesObject, watches_files), 0,
       "Whether the credential and config files are looked at."},
      {"_lacks_credentials", T_BOOL, offsetof(SessionCachesObject, lacks_credentials), 0,
       "Whether something that is cached was built while there were no credentials."},
      {nullptr, 0, 0, 0, nullptr},
  };
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("The four caches of a session.")},
      {Py_tp_new, reinterpret_cast<void*>(caches_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(caches_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(caches_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(caches_clear)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {0, nullptr},
  };
  PyType_Spec spec = {"boto3_client_cache._core.SessionCaches", sizeof(SessionCachesObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

nb::object installed_call(Kind kind, PyObject* method, PyObject* const* args, std::size_t positionals,
                          PyObject* keywords) {
  PyObject* const session = args[0];
  if (PyObject_TypeCheck(session, session_type)) return call_original(method, args, positionals, keywords);
  Call call = call_of(kind, args + 1, positionals - 1, keywords);
  if (std::optional<Asked> asked = ask_other(session, kind, method)) [[likely]]
    return find_or_create(*asked, call);
  return call_uncached(bound_original(method, session), call);
}

void register_session(nb::module_& module) {
  caches_type = make_caches_type();
  module.attr("SessionCaches") = nb::handle(reinterpret_cast<PyObject*>(caches_type));
  module.def("install_session_methods", &install_session_methods, nb::arg("session"), nb::arg("session_cache"));
  module.def("session_caches", &caches_of_session, nb::arg("session"));
  module.def("give_caches", &give_caches, nb::arg("session"), nb::arg("caches"));
  module.def("given_options", &given_options, nb::arg("config"));

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
