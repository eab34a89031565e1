#define PY_SSIZE_T_CLEAN
#include "keys/key.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include "boto3/errors.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"
#include "keys/spelling.hpp"

namespace client_cache::python {
namespace {

constexpr long kPickleVersion = 1;
constexpr std::uint32_t kLargestCall = 0x7FFF'FFFF;  // bytes of its canonical part

std::array<PyTypeObject*, kKinds> key_types{};

// Of a key type, or one derived from it.
std::optional<Kind> find_kind(PyTypeObject* type) {
  for (const Kind kind : kAllKinds) {
    if (PyType_IsSubtype(type, key_types[index_of(kind)])) return kind;
  }
  return std::nullopt;
}
Kind kind_of(PyTypeObject* type) { return *find_kind(type); }
Kind kind_of(const KeyObject& key) {
  return static_cast<Kind>(std::find(kKindTags.begin(), kKindTags.end(), key.bytes[0]) - kKindTags.begin());
}

Spelling spelling_of(const KeyObject& key) { return {kind_of(key), key.canonical(), key.spelling(), true}; }

// `identities` is a tuple or null.
nb::object allocate_key(PyTypeObject* type, std::string_view bytes, std::size_t canonical_size, std::size_t hash,
                        nb::object identities, SessionNumber session = kNoSession) {
  if (canonical_size > kLargestCall) throw std::length_error("a call of 2 GiB or more cannot be a key");
  const KeyObject::Rare rare{identities.ptr(), session};
  const auto size = static_cast<Py_ssize_t>(bytes.size() + (rare.any() ? sizeof rare : 0));
  // Of an own type: untracked unless it holds something. `tp_alloc` tracks a derived type's instance, which may have a
  // __dict__.
  const bool own = std::find(key_types.begin(), key_types.end(), type) != key_types.end();
  KeyObject* key =
      own ? PyObject_GC_NewVar(KeyObject, type, size) : reinterpret_cast<KeyObject*>(type->tp_alloc(type, size));
  if (key == nullptr) throw nb::python_error();
  key->hash = hash;
  key->canonical_size = static_cast<std::uint32_t>(canonical_size) & kLargestCall;
  key->has_rare = rare.any();
  std::memcpy(key->bytes, bytes.data(), bytes.size());
  if (rare.any()) std::memcpy(key->bytes + bytes.size(), &rare, sizeof rare);
  identities.release();
  if (own && rare.identities != nullptr) PyObject_GC_Track(key);
  return nb::steal(reinterpret_cast<PyObject*>(key));
}

[[noreturn]] void throw_binding_error(const Call& call, const Binding& binding) {
  if (binding.outcome == Binding::Outcome::given_twice) {
    const std::string name = nb::cast<std::string>(nb::handle(binding.name));
    throw_cache_error(call.kind, Failure::general, "The parameter " + name + " was given twice; give it once",
                      binding.name, binding.value);
  }
  const std::size_t most = environment().signatures[index_of(call.kind)].positional.size();
  throw_cache_error(call.kind, Failure::general,
                    "A key takes at most " + std::to_string(most) + " positional arguments, as boto3's " +
                        kCallNames[index_of(call.kind)] + " does; " + std::to_string(call.positionals) + " were given",
                    nb::str("args"));
}

nb::object new_key(PyTypeObject* type, PyObject* const* args, std::size_t positionals, PyObject* keywords) {
  Call call;
  call.args = args;
  call.positionals = positionals;
  call.keywords = keywords;
  call.kind = kind_of(type);
  call.params = kParamsOfKeys[index_of(call.kind)];
  if (const Binding binding = bind(call, PositionalNone::absent); binding.outcome != Binding::Outcome::bound)
    throw_binding_error(call, binding);
  return EncodedCall(call).make_key(type);
}

PyObject* key_vectorcall(PyObject* type, PyObject* const* args, std::size_t nargsf, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    const auto positionals = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
    return new_key(reinterpret_cast<PyTypeObject*>(type), args, positionals, keywords).release().ptr();
  });
}

PyObject* key_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded<PyObject*>(nullptr, [&] {
    const UnpackedArguments unpacked(args, kwargs);
    return new_key(type, unpacked.args(), unpacked.positionals(), unpacked.keywords()).release().ptr();
  });
}

int key_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_key(self)->rare().identities);
  return 0;
}

void key_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_XDECREF(as_key(self)->rare().identities);
  type->tp_free(self);
  Py_DECREF(type);
}

Py_hash_t key_hash(PyObject* self) {
  const auto hash = static_cast<Py_hash_t>(as_key(self)->hash);
  return hash == -1 ? -2 : hash;
}

PyObject* key_richcompare(PyObject* self, PyObject* other, int operation) {
  if (!is_key(other) || (operation != Py_EQ && operation != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
  const bool equal = self == other || (as_key(self)->canonical() == as_key(other)->canonical() &&
                                       as_key(self)->session() == as_key(other)->session());
  return PyBool_FromLong(equal == (operation == Py_EQ));
}

PyObject* key_str(PyObject* self) {
  return guarded<PyObject*>(nullptr,
                            [&] { return with_session(key_label(*as_key(self)), *as_key(self)).release().ptr(); });
}

PyObject* key_repr(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] {
    const nb::object name = nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(self))).attr("__name__");
    const nb::handle method = environment().method_names[index_of(kind_of(*as_key(self)))];
    const nb::object call = owned(PyUnicode_FromFormat("%U(%U)", method.ptr(), key_label(*as_key(self)).ptr()));
    return PyUnicode_FromFormat("%U(%U)", name.ptr(), with_session(call, *as_key(self)).ptr());
  });
}

PyObject* key_label_getter(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] { return key_label(*as_key(self)).release().ptr(); });
}

PyObject* key_key_getter(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] { return spelling_of(*as_key(self)).key().release().ptr(); });
}

PyObject* key_session_getter(PyObject* self, void*) {
  const SessionNumber session = as_key(self)->session();
  return session == kNoSession ? Py_NewRef(Py_None) : PyLong_FromUnsignedLongLong(session);
}

// An immutable object is its own copy.
PyObject* key_copy(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyObject* key_reduce(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    const KeyObject& key = *as_key(self);
    if (key.rare().identities != nullptr) {
      throw_cache_error(
          kind_of(key), Failure::general,
          "A key that holds an option by identity cannot be pickled: in another process it would be another object",
          nb::str("key"), key_label(key));
    }
    if (key.session() != kNoSession) {
      throw_cache_error(
          kind_of(key), Failure::general,
          "A key of a cache that sessions share cannot be pickled: in another process it would be another session's",
          nb::str("key"), key_label(key));
    }
    const nb::bytes canonical(key.canonical().data(), key.canonical().size());
    const nb::bytes spelling(key.spelling().data(), key.spelling().size());
    const nb::handle type(reinterpret_cast<PyObject*>(Py_TYPE(self)));
    return nb::make_tuple(package_attribute("_core", "restore_key"),
                          nb::make_tuple(type, kPickleVersion, canonical, spelling))
        .release()
        .ptr();
  });
}

nb::object restore(PyTypeObject* type, nb::handle version, std::string_view canonical, std::string_view spelling) {
  const Kind kind = kind_of(type);
  const auto refuse = [&](const std::string& why) {
    throw_cache_error(kind, Failure::general,
                      "The pickle is none of a " + std::string(noun(kind)) + "CacheKey, or damaged: " + why);
  };
  if (!version.equal(nb::int_(kPickleVersion))) {
    refuse("its version is " + nb::cast<std::string>(nb::str(version)) + ", known is " +
           std::to_string(kPickleVersion));
  }
  try {
    static_cast<void>(Spelling(kind, canonical, spelling, false));
  } catch (const FormatError& error) {
    refuse(error.what());
  }
  const std::string bytes = std::string(canonical).append(spelling);
  return allocate_key(type, bytes, canonical.size(), std::hash<std::string_view>()(canonical), {});
}

// A plain C function, since pickle finds it by its name, as it cannot a nanobind function.
PyObject* key_parameters(PyObject*, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    if (!is_key(key)) throw_type_error("key_parameters() takes a key");
    return canonical_parameters(as_key(key)->canonical()).release().ptr();
  });
}

PyObject* restore_key(PyObject*, PyObject* args) {
  PyTypeObject* type;
  PyObject* version;
  const char* canonical;
  const char* spelling;
  Py_ssize_t canonical_size;
  Py_ssize_t spelling_size;
  if (!PyArg_ParseTuple(args, "O!O!y#y#:restore_key", &PyType_Type, &type, &PyLong_Type, &version, &canonical,
                        &canonical_size, &spelling, &spelling_size)) {
    return nullptr;
  }
  if (!find_kind(type)) {
    PyErr_Format(PyExc_TypeError, "restore_key: %R is no key type", type);
    return nullptr;
  }
  return guarded<PyObject*>(nullptr, [&] {
    return restore(type, version, {canonical, static_cast<std::size_t>(canonical_size)},
                   {spelling, static_cast<std::size_t>(spelling_size)})
        .release()
        .ptr();
  });
}

PyTypeObject* make_key_type(Kind kind) {
  static PyMethodDef methods[] = {
      {"__copy__", key_copy, METH_NOARGS, "The key itself: it is immutable."},
      {"__deepcopy__", key_copy, METH_O, "The key itself: it is immutable."},
      {"__reduce__", key_reduce, METH_NOARGS, "Pickles digests of secrets, never the secrets."},
      {nullptr, nullptr, 0, nullptr},
  };
  static PyGetSetDef properties[] = {
      {"label", key_label_getter, nullptr, "str: The call as written, secrets as ``***``.", nullptr},
      {"key", key_key_getter, nullptr,
       "tuple: The arguments and the sorted keyword pairs as written, secrets as ``\"***\"``.", nullptr},
      {"_session", key_session_getter, nullptr, "Which of the sessions that share a cache has it; None for none.",
       nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr},
  };
  static constexpr const char* kDocs[] = {
      "ClientCacheKey(*args, **kwargs)\n--\n\n"
      "The identity of a boto3 client: what ``boto3.Session.client`` takes, by meaning.\n\n"
      "Immutable, hashable and picklable. Equal calls make equal keys, however they are spelled. ``eviction_policy`` "
      "and\n"
      "``max_size`` are ignored. Secrets are kept as SHA-256 digests only.\n\n"
      "Raises:\n    ClientCacheError: a parameter is given twice, more positionals than boto3's signature has, or an "
      "option that\n"
      "        nests too deeply or contains itself.",
      "ResourceCacheKey(*args, **kwargs)\n--\n\n"
      "The identity of a boto3 resource: what ``boto3.Session.resource`` takes, by meaning.\n\n"
      "Immutable, hashable and picklable. Equal calls make equal keys, however they are spelled. ``eviction_policy`` "
      "and\n"
      "``max_size`` are ignored. Secrets are kept as SHA-256 digests only.\n\n"
      "Raises:\n    ResourceCacheError: a parameter is given twice, more positionals than boto3's signature has, or an "
      "option that\n"
      "        nests too deeply or contains itself.",
      "SessionCacheKey(*args, **kwargs)\n--\n\n"
      "The identity of a session: what ``boto3.Session`` takes, and a role that it assumes, by meaning.\n\n"
      "Immutable, hashable and picklable. Equal calls make equal keys, however they are spelled. Secrets are kept as\n"
      "SHA-256 digests only; so are ``external_id`` and ``policy``. A session, as ``source`` or ``botocore_session``, "
      "is itself alone.\n\n"
      "Raises:\n    SessionCacheError: a parameter is given twice, more positionals than boto3's signature has, or an "
      "option that\n"
      "        nests too deeply or contains itself.",
  };
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>(kDocs[index_of(kind)])},
      {Py_tp_new, reinterpret_cast<void*>(key_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(key_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(key_traverse)},
      {Py_tp_hash, reinterpret_cast<void*>(key_hash)},
      {Py_tp_richcompare, reinterpret_cast<void*>(key_richcompare)},
      {Py_tp_str, reinterpret_cast<void*>(key_str)},
      {Py_tp_repr, reinterpret_cast<void*>(key_repr)},
      {Py_tp_methods, methods},
      {Py_tp_getset, properties},
      {0, nullptr},
  };
  static constexpr std::array<const char*, kKinds> kNames{"boto3_client_cache.cache.ClientCacheKey",
                                                          "boto3_client_cache.cache.ResourceCacheKey",
                                                          "boto3_client_cache.cache.SessionCacheKey"};
  PyType_Spec spec = {kNames[index_of(kind)], static_cast<int>(offsetof(KeyObject, bytes)), 1,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  nb::object type = nb::steal(PyType_FromSpec(&spec));
  if (!type.is_valid()) throw nb::python_error();
  type.attr("cache_type") = nb::handle(environment().method_names[index_of(kind)]);
  // Construction without the detour over a tuple and a dict. A derived type does not inherit it and comes by `tp_new`.
  auto* heap_type = reinterpret_cast<PyTypeObject*>(type.release().ptr());
  heap_type->tp_vectorcall = key_vectorcall;
  return heap_type;
}

}  // namespace

PyTypeObject* key_type(Kind kind) { return key_types[index_of(kind)]; }

bool is_key(PyObject* object, Kind kind) { return PyObject_TypeCheck(object, key_types[index_of(kind)]); }
bool is_key(PyObject* object) { return find_kind(Py_TYPE(object)).has_value(); }

nb::str key_label(const KeyObject& key) { return spelling_of(key).label(); }

nb::object with_session(nb::object call, const KeyObject& key) {
  if (key.session() == kNoSession) return call;
  return nb::str("{} of session {}").attr("format")(call, key.session());
}

nb::object key_of_session(const KeyObject& key, SessionNumber session) {
  const std::size_t hash = key.hash ^ salt_of(key.session()) ^ salt_of(session);
  return allocate_key(key_type(kind_of(key)), key.canonical_and_spelling(), key.canonical_size, hash,
                      nb::borrow(key.rare().identities), session);
}

nb::object EncodedCall::make_key(PyTypeObject* type) {
  const std::size_t canonical_size = buffer_.size();
  try {
    encode_spelling(call_, params_, buffer_, encoder_.identities());
  } catch (const NestingError&) {  // it grew since it was encoded the first time
    throw_cache_error(call_.kind, Failure::general,
                      "An option changes while it is read, and nests too deeply or contains itself");
  }
  nb::object identities;
  if (!encoder_.identities().empty()) {
    nb::list list;
    for (const nb::object& object : encoder_.identities()) list.append(object);
    identities = nb::tuple(list);
  }
  nb::object key = allocate_key(type, buffer_.view(), canonical_size, hash_, std::move(identities));
  buffer_.truncate(canonical_size);
  return key;
}

void register_keys(nb::module_& module) {
  for (const Kind kind : kAllKinds) {
    key_types[index_of(kind)] = make_key_type(kind);
    const std::string name = std::string(noun(kind)) + "CacheKey";
    module.attr(name.c_str()) = nb::handle(reinterpret_cast<PyObject*>(key_types[index_of(kind)]));
  }
  static PyMethodDef functions[] = {
      {"restore_key", restore_key, METH_VARARGS,
       "restore_key(type, version, canonical, spelling, /)\n--\n\nMake a key from what its pickle carries, checked "
       "byte by byte."},
      {"key_parameters", key_parameters, METH_O,
       "key_parameters(key, /)\n--\n\nWhat a key means: ``(canonical bytes, value as it may be shown)`` by parameter."},
      {nullptr, nullptr, 0, nullptr},
  };
  if (PyModule_AddFunctions(module.ptr(), functions) < 0) throw nb::python_error();
}

}  // namespace client_cache::python
