// What the binding takes from Python, looked up once when the module is imported: interned names, types of boto3,
// botocore and the standard library, boto3's signatures.
//
// Thread safety: immutable after `load_environment`, but for the defaults of boto3's methods, which follow what is
// assigned to their `__defaults__`. The references are never released: they live as long as the process.
#pragma once

#include <nanobind/nanobind.h>

#include <array>

#include "boto3/params.hpp"
#include "boto3/signature.hpp"

namespace client_cache::python {

namespace nb = nanobind;

// Whether `object` is a str equal to `text`, which is interned.
inline bool equal_text(PyObject* object, PyObject* text) {
  if (object == text) return true;
  if (!PyUnicode_CheckExact(object) || PyUnicode_CHECK_INTERNED(object)) return false;
  return PyUnicode_Compare(object, text) == 0;
}

struct Environment {
  std::array<PyObject*, kParams> names{};
  std::array<Signature, kKinds> signatures;

  PyObject* boto3_globals;  // boto3.__dict__
  PyObject* boto3_session;  // boto3.session.Session
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
  PyObject* str_init;
  PyObject* str_wrapped;
  PyObject* str_getattribute;

  std::array<PyObject*, kKinds> method_names;  // "client", "resource", "session": also the values of `cache_type`
  std::array<PyObject*, kKinds> value_types;   // BaseClient, ServiceResource, boto3's Session
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

}  // namespace client_cache::python
