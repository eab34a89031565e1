// What the binding takes from Python, looked up once when the module is imported: interned names, types of boto3,
// botocore and the standard library, boto3's signatures and the defaults of botocore's Config.
//
// Thread safety: immutable after `load_environment`. The references are never released: they live as long as the
// process.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <string>
#include <vector>

#include "params.hpp"

namespace client_cache::python {

namespace nb = nanobind;

// One of boto3's two methods, as `inspect.signature` of the installed boto3 shows it.
struct Signature {
  struct Positional {
    PyObject* name;  // interned
    Param param;
  };
  std::vector<Positional> positional;         // in order, without self
  std::array<PyObject*, kParams> defaults{};  // null: this boto3 has no such parameter, or it has no default
};

// Whether `object` is a str equal to `text`, which is interned.
inline bool equal_text(PyObject* object, PyObject* text) {
  if (object == text) return true;
  if (!PyUnicode_CheckExact(object) || PyUnicode_CHECK_INTERNED(object)) return false;
  return PyUnicode_Compare(object, text) == 0;
}

// The options of botocore's Config, in the order in which `Config.__init__` assigns their attributes. A table of
// columns: every call with a Config walks the first two.
struct ConfigOptions {
  std::vector<PyObject*> attributes;  // interned; the name, or that of the attribute behind a property
  std::vector<PyObject*> initial;     // what the attribute holds when the user gave nothing
  std::vector<PyObject*> names;       // interned
  std::vector<PyObject*> by_mode;  // what it holds for a `defaults_mode` other than legacy; null where that is no other
  std::vector<std::size_t> ranks;  // the place of the name among all, in the order of their code points
  std::vector<std::string> encoded;  // the name in the encoding of encoding.hpp

  std::size_t size() const { return names.size(); }
};

struct Environment {
  std::array<PyObject*, kParams> names{};
  std::array<Signature, kKinds> signatures;
  ConfigOptions config_options;

  PyObject* boto3_globals;  // boto3.__dict__
  PyObject* str_default_session;
  PyObject* str_eviction_policy;
  PyObject* str_max_size;
  PyObject* str_state;         // the attribute of a session that holds its SessionState
  PyObject* str_user_options;  // Config._user_provided_options
  PyObject* str_max_attempts;
  PyObject* str_total_max_attempts;
  PyObject* str_retries;
  PyObject* str_defaults_mode;
  PyObject* str_legacy;
  PyObject* str_proxies;
  PyObject* str_lru;
  PyObject* str_lfu;

  std::array<PyObject*, kKinds> method_names;  // "client", "resource": also the values of `cache_type`
  std::array<PyObject*, kKinds> value_types;   // BaseClient, ServiceResource
  PyTypeObject* config_type;
  PyObject* unsigned_marker;  // botocore.UNSIGNED
  PyObject* enum_type;
  PyObject* path_like_type;
  PyObject* logger;  // logging.getLogger("boto3_client_cache")
  PyObject* str_is_enabled_for;
  PyObject* debug_level;  // logging.DEBUG
};

namespace detail {
inline const Environment* loaded = nullptr;
}
inline const Environment& environment() { return *detail::loaded; }
void load_environment();

// An attribute of a module of this package, imported when it is first needed: for errors and cold paths.
nb::object package_attribute(const char* module, const char* name);

}  // namespace client_cache::python
