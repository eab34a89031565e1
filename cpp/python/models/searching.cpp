#include "models/searching.hpp"

#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "interpreter/without_gil.hpp"
#include "model_store/search.hpp"
#include "model_store/services.hpp"
#include "models/lazy_dict.hpp"

namespace nb = nanobind;

namespace models {
namespace {

using client_cache::python::WithoutGil;

// The bytes that a text names a file by; nothing for another object, and for a text that names none.
std::optional<std::string> encoded(nb::handle text) {
  if (!PyUnicode_CheckExact(text.ptr())) return std::nullopt;
  const nb::object bytes = nb::steal(PyUnicode_EncodeFSDefault(text.ptr()));
  if (!bytes.is_valid()) {
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) throw nb::python_error();
    PyErr_Clear();
    return std::nullopt;
  }
  std::string name(PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr())));
  if (name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

// The same of what is below a directory.
std::optional<std::string> encoded_name(nb::handle text) {
  std::optional<std::string> name = encoded(text);
  return name && name->starts_with('/') ? std::nullopt : std::move(name);
}

std::optional<std::vector<std::string>> encoded_all(const nb::tuple& texts) {
  std::vector<std::string> all;
  all.reserve(texts.size());
  for (const nb::handle text : texts) {
    std::optional<std::string> one = encoded(text);
    if (!one) return std::nullopt;
    all.push_back(*std::move(one));
  }
  return all;
}

bool are_absolute(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (!path.empty() && path.front() != '/') return false;
  }
  return true;
}

nb::object find_model(const nb::tuple& search_paths, nb::handle name) {
  const auto directories = encoded_all(search_paths);
  const auto below = encoded_name(name);
  if (!directories || !below || !are_absolute(*directories)) return nb::bool_(false);
  model_store::Hit hit = [&] {
    const WithoutGil released;
    return model_store::search(*directories, *below);
  }();
  if (hit.lookup.found == model_store::Found::nothing) return nb::none();
  if (hit.lookup.found == model_store::Found::undecided) return nb::bool_(false);
  const auto root = hit.lookup.document->root();
  PyObject* const view = to_python(Model::of(std::move(hit.lookup.document)), root);
  if (view == nullptr) throw nb::python_error();
  return nb::make_tuple(nb::steal(view), hit.directory, nb::str(hit.extension.data(), hit.extension.size()));
}

nb::object list_versions(const nb::tuple& search_paths, nb::handle service_name, nb::handle type_name) {
  const auto directories = encoded_all(search_paths);
  const auto service = encoded_name(service_name);
  const auto type = encoded_name(type_name);
  if (!directories || !service || !type) return nb::none();
  std::vector<std::string> found;
  try {
    const WithoutGil released;
    for (const std::string& directory : *directories) {
      if (!model_store::is_directory(directory)) continue;
      for (std::string& version : model_store::list_versions(model_store::joined(directory, *service), *type)) {
        found.push_back(std::move(version));
      }
    }
  } catch (const std::system_error&) {
    return nb::none();
  }
  nb::list versions;
  for (const std::string& version : found) {
    versions.append(
        nb::steal(PyUnicode_DecodeFSDefaultAndSize(version.data(), static_cast<Py_ssize_t>(version.size()))));
  }
  return versions;
}

nb::object is_directory_in(const nb::tuple& search_paths, nb::handle name) {
  const auto directories = encoded_all(search_paths);
  const auto below = encoded_name(name);
  if (!directories || !below) return nb::none();
  bool found = false;
  {
    const WithoutGil released;
    for (const std::string& directory : *directories) {
      found = found || model_store::is_directory(model_store::joined(directory, *below));
    }
  }
  return nb::bool_(found);
}

}  // namespace

void register_searching(nb::module_& module) {
  module.def("find_model", &find_model, nb::arg("search_paths"), nb::arg("name").none(),
             "A new view of the first model of that name, the number of its search path, and its extension; None where "
             "there is none, False where botocore is to look: by relative paths, or for a file that only json judges.");
  module.def("list_versions", &list_versions, nb::arg("search_paths"), nb::arg("service_name").none(),
             nb::arg("type_name").none(),
             "The API versions of a service that have a model of a type, unsorted, some twice; None where botocore is "
             "to look.");
  module.def("is_directory_in", &is_directory_in, nb::arg("search_paths"), nb::arg("name").none(),
             "Whether there is such a directory below one of the search paths; None where Python is to look.");
}

}  // namespace models
