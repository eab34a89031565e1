#include "config_memo.hpp"

#include <algorithm>
#include <array>

namespace client_cache::python {

#if PY_VERSION_HEX < 0x030D0000 && !defined(Py_GIL_DISABLED)

namespace {

std::uint64_t version_of(PyObject* dict) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
#pragma GCC diagnostic pop
}

struct Entry {
  struct Nested {
    PyObject* dict;
    std::uint64_t version;
  };
  std::uint64_t version = 0;  // no dict has it
  std::array<Nested, 4> nested{};
  std::size_t nested_count = 0;
  EncodedConfig encoded;
};

// Direct-mapped: a process uses a few Configs, and a forgotten one is encoded again.
std::array<std::array<Entry, 64>, 2> entries;  // by form

Entry& entry_for(std::uint64_t version, Form form) {
  auto& of_form = entries[form == Form::canonical ? 0 : 1];
  return of_form[version % of_form.size()];
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
  const std::uint64_t version = version_of(attributes);
  const Entry& entry = entry_for(version, form);
  if (entry.version != version) return nullptr;
  const bool same = std::all_of(entry.nested.begin(), entry.nested.begin() + entry.nested_count,
                                [](const Entry::Nested& nested) { return version_of(nested.dict) == nested.version; });
  return same ? &entry.encoded : nullptr;
}

void remember_config(PyObject* attributes, Form form, FewItems<GivenOption>& given, EncodedConfig encoded) {
  Entry entry;
  const auto add = [&entry](PyObject* dict) {
    if (entry.nested_count == entry.nested.size()) return false;
    entry.nested[entry.nested_count++] = {dict, version_of(dict)};
    return true;
  };
  for (const GivenOption& option : given) {
    PyObject* value = option.value.ptr();
    if (!is_fixed(value) && !(is_fixed_dict(value) && add(value))) return;
  }
  PyObject* user = PyDict_GetItemWithError(attributes, environment().str_user_options);
  if (user == nullptr || !PyDict_CheckExact(user) || !add(user)) return PyErr_Clear();
  entry.version = version_of(attributes);
  entry.encoded = std::move(encoded);
  entry_for(entry.version, form) = std::move(entry);
}

#else

const EncodedConfig* remembered_config(PyObject*, Form) { return nullptr; }

void remember_config(PyObject*, Form, FewItems<GivenOption>&, EncodedConfig) {}

#endif

}  // namespace client_cache::python
