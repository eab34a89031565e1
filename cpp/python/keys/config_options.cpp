#include "keys/config_options.hpp"

#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <bitset>
#include <string_view>

#include "boto3/environment.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/critical_section.hpp"
#include "keys/byte_buffer.hpp"
#include "keys/text.hpp"

namespace client_cache::python {
namespace {

ConfigOptions read_config_options(nb::handle config_type) {
  ConfigOptions options;
  const nb::object attributes = config_type().attr("__dict__");
  const auto by_mode = nb::cast<nb::dict>(nb::getattr(config_type, "NON_LEGACY_OPTION_DEFAULTS", nb::dict()));
  for (auto [attribute, initial] : nb::cast<nb::dict>(attributes)) {
    const auto text = nb::cast<std::string_view>(attribute);
    if (text == "_user_provided_options") continue;
    // A property keeps its value under its own name behind an underscore (`inject_host_prefix`).
    PyObject* name = text.starts_with('_') ? intern(std::string(text.substr(1)).c_str()) : intern(attribute);
    ByteBuffer encoded;
    append_name(encoded, name);
    options.attributes.push_back(intern(attribute));
    options.initial.push_back(nb::borrow(initial).release().ptr());
    options.names.push_back(name);
    options.by_mode.push_back(by_mode.contains(attribute) ? nb::object(by_mode[attribute]).release().ptr() : nullptr);
    options.encoded.emplace_back(encoded.view());
  }
  for (PyObject* name : options.names) {
    const auto before = [name](PyObject* other) { return PyUnicode_Compare(other, name) < 0; };
    options.ranks.push_back(
        static_cast<std::size_t>(std::count_if(options.names.begin(), options.names.end(), before)));
  }
  return options;
}

// Where `name` is in a column of names; the column's size if it is not.
std::size_t find_name(const std::vector<PyObject*>& column, PyObject* name) {
  auto found = std::find(column.begin(), column.end(), name);
  if (found == column.end() && !PyUnicode_CHECK_INTERNED(name)) {
    found = std::find_if(column.begin(), column.end(), [name](PyObject* known) { return equal_text(name, known); });
  }
  return static_cast<std::size_t>(found - column.begin());
}

// What a botocore Config would configure: the options that the user gave, overlaid by the attributes assigned since.
nb::dict given_options(nb::handle config) {
  FewItems<GivenOption> given;
  collect_given_options(nb::object(config.attr("__dict__")).ptr(), given);
  nb::dict options;
  for (const GivenOption& option : given) options[option.name] = option.value;
  return options;
}

}  // namespace

void collect_given_options(PyObject* attributes, FewItems<GivenOption>& given) {
  const Environment& env = environment();
  const ConfigOptions& known = config_options();
  const CriticalSection section(attributes);
  Py_ssize_t position = 0;
  PyObject* name;
  PyObject* value;

  std::bitset<128> by_user;
  PyObject* user = PyDict_GetItemWithError(attributes, env.str_user_options);
  if (user == nullptr && PyErr_Occurred()) throw nb::python_error();
  if (user != nullptr && !PyDict_Check(user)) user = nullptr;
  const nb::object held_user = nb::borrow(user);  // waiting for its section lets others into that of `attributes`
  if (user != nullptr) {
    const CriticalSection user_section(user);
    while (PyDict_Next(user, &position, &name, nullptr)) by_user.set(find_name(known.names, name));
  }
  const auto set_by_mode = [&](std::size_t i, PyObject* held) {
    if (held != known.by_mode[i] || user == nullptr) return false;
    PyObject* mode = PyDict_GetItemWithError(user, env.str_defaults_mode);
    if (mode == nullptr && PyErr_Occurred()) throw nb::python_error();
    return mode != nullptr && !equal_text(mode, env.str_legacy);
  };

  // Attributes lie in the order in which `Config.__init__` assigned them, so each is expected behind the last.
  std::size_t expected = 0;
  position = 0;
  while (PyDict_Next(attributes, &position, &name, &value)) {
    std::size_t i = expected;
    if (i == known.size() || known.attributes[i] != name) [[unlikely]] {
      if (name == env.str_user_options) continue;
      i = find_name(known.attributes, name);
      if (i == known.size()) {
        const bool internal = PyUnicode_GET_LENGTH(name) > 0 && PyUnicode_READ_CHAR(name, 0) == '_';
        if (!internal) given.add({i, nb::borrow(name), nb::borrow(value)});
        continue;
      }
    }
    expected = i + 1;
    // By value where the initial one is a str: an unpickled Config has its own "UNSET".
    const bool is_initial =
        value == known.initial[i] || (PyUnicode_CheckExact(known.initial[i]) && equal_text(value, known.initial[i]));
    if (by_user.test(i) || (!is_initial && !set_by_mode(i, value))) {
      given.add({i, nb::borrow(known.names[i]), nb::borrow(value)});
    }
  }
}

void register_config_options(nb::module_& module) {
  const nb::handle type(reinterpret_cast<PyObject*>(environment().config_type));
  detail::loaded_config_options = new ConfigOptions(read_config_options(type));
  module.def("given_options", &given_options, nb::arg("config"));
}

}  // namespace client_cache::python
