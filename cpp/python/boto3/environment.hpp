// What the binding takes from Python, looked up once when the module is imported: interned names, types of boto3,
// botocore and the standard library, boto3's signatures and the defaults of botocore's Config.
//
// Thread safety: immutable after `load_environment`, but for the defaults of boto3's methods, which follow what is
// assigned to their `__defaults__`. The references are never released: they live as long as the process.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "boto3/params.hpp"

namespace client_cache::python {

namespace nb = nanobind;

// One of boto3's two methods, as `inspect.signature` of the installed boto3 shows it.
class Signature {
 public:
  struct Positional {
    PyObject* name;  // interned
    Param param;
  };
  using Defaults = std::array<PyObject*, kParams>;  // null: this boto3 has no such parameter, or it has no default

  void read(const std::array<PyObject*, kParams>& names, nb::handle method);

  // As boto3's function has them now. Valid for ever.
  const Defaults& defaults() const {
    const Seen& seen = *seen_.load(std::memory_order_acquire);
    if (function_ == nullptr || tuple_now() == seen.tuple) [[likely]]
      return seen.defaults;
    return read_again();
  }

  std::vector<Positional> positional;  // in order, without self
  std::string text;                    // with our options, as a `__text_signature__` has it between its parentheses

 private:
  struct Seen {
    PyObject* tuple = nullptr;  // the function's `__defaults__`, or null
    Defaults defaults{};
    const Seen* before = nullptr;
  };

  PyObject* tuple_now() const;
  const Defaults& read_again() const;

  PyFunctionObject* function_ = nullptr;  // null: what is there is no plain function, and wraps none
  mutable std::atomic<const Seen*> seen_ = nullptr;
  mutable std::atomic<const Seen*> all_seen_ = nullptr;  // a chain
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

// An attribute of a module, or of one of this package, imported when it is first needed: for errors and cold paths.
nb::object module_attribute(const char* module, const char* name);
nb::object package_attribute(const char* module, const char* name);

}  // namespace client_cache::python
