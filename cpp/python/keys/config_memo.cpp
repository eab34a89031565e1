#include "keys/config_memo.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "boto3/environment.hpp"

namespace client_cache::python {

#ifndef Py_GIL_DISABLED

namespace {

#if PY_VERSION_HEX < 0x030D0000

// PEP 509: a number that no dict had before, after every change.
const std::uint64_t* version_of(PyObject* dict) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  return &reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
#pragma GCC diagnostic pop
}

bool watch(PyObject*) { return true; }

bool sees_attributes(PyObject*) { return true; }

#else

// How often a watched dict of these addresses was about to change or to go.
std::array<std::uint64_t, 1024> versions;

std::uint64_t* version_of(PyObject* dict) {
  const std::uint64_t address = reinterpret_cast<std::uintptr_t>(dict);
  return &versions[(address * 0x9E3779B97F4A7C15) >> 54];
}

int on_event(PyDict_WatchEvent, PyObject* dict, PyObject*, PyObject*) {
  ++*version_of(dict);
  return 0;
}

// False where other packages have all of CPython's watchers.
bool watch(PyObject* dict) {
  static const int watcher = PyDict_AddWatcher(on_event);
  if (watcher >= 0 && PyDict_Watch(watcher, dict) == 0) return true;
  PyErr_Clear();
  return false;
}

// Not where the values lie in the object: CPython 3.13.0 tells no watcher of a store into them.
bool sees_attributes(PyObject* attributes) { return reinterpret_cast<PyDictObject*>(attributes)->ma_values == nullptr; }

#endif

struct Entry {
  struct Version {
    const std::uint64_t* now = nullptr;
    std::uint64_t then = 0;
  };
  PyObject* attributes = nullptr;
  std::size_t dicts = 0;
  std::array<Version, 6> versions{};  // that of `attributes` first: it holds the others
  EncodedConfig encoded;
};

// Direct-mapped: a process uses a few Configs, and a forgotten one is encoded again.
std::array<std::array<Entry, 64>, 2> entries;  // by form

Entry& entry_for(PyObject* attributes, Form form) {
  auto& of_form = entries[form == Form::canonical ? 0 : 1];
  const std::uint64_t address = reinterpret_cast<std::uintptr_t>(attributes);
  return of_form[(address * 0x9E3779B97F4A7C15) >> 58];
}

bool is_fixed(PyObject* value) {
  return value == Py_None || value == environment().unsigned_marker || PyUnicode_CheckExact(value) ||
         PyBool_Check(value) || PyLong_CheckExact(value) || PyFloat_CheckExact(value) || PyBytes_CheckExact(value);
}

// A dict of nothing that could change without it.
bool is_fixed_dict(PyObject* value) {
  if (!PyDict_CheckExact(value)) return false;
  Py_ssize_t position = 0;
  PyObject* name;
  PyObject* item;
  while (PyDict_Next(value, &position, &name, &item)) {
    if (!is_fixed(name) || !is_fixed(item)) return false;
  }
  return true;
}

}  // namespace

const EncodedConfig* remembered_config(PyObject* attributes, Form form) {
  const Entry& entry = entry_for(attributes, form);
  if (entry.attributes != attributes) return nullptr;
  const bool same = std::all_of(entry.versions.begin(), entry.versions.begin() + entry.dicts,
                                [](const Entry::Version& version) { return *version.now == version.then; });
  return same ? &entry.encoded : nullptr;
}

void remember_config(PyObject* attributes, Form form, FewItems<GivenOption>& given, EncodedConfig encoded) {
  Entry entry;
  const auto add = [&entry](PyObject* dict) {
    if (entry.dicts == entry.versions.size() || !watch(dict)) return false;
    entry.versions[entry.dicts++] = {version_of(dict), *version_of(dict)};
    return true;
  };
  if (!sees_attributes(attributes) || !add(attributes)) return;
  for (const GivenOption& option : given) {
    PyObject* value = option.value.ptr();
    if (!is_fixed(value) && !(is_fixed_dict(value) && add(value))) return;
  }
  PyObject* user = PyDict_GetItemWithError(attributes, environment().str_user_options);
  if (user == nullptr || !PyDict_CheckExact(user) || !add(user)) return PyErr_Clear();
  entry.attributes = attributes;
  entry.encoded = std::move(encoded);
  entry_for(attributes, form) = std::move(entry);
}

#else

const EncodedConfig* remembered_config(PyObject*, Form) { return nullptr; }

void remember_config(PyObject*, Form, FewItems<GivenOption>&, EncodedConfig) {}

#endif

}  // namespace client_cache::python
