// The store as Python sees it: load, list, inform, release. The GIL is released around everything that touches files.
#include "models/models.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "interpreter/without_gil.hpp"
#include "model_store/services.hpp"
#include "model_store/store.hpp"
#include "models/key_iterator.hpp"
#include "models/lazy_dict.hpp"
#include "models/searching.hpp"

namespace nb = nanobind;
using model_store::Store;

namespace {

std::string text(const nb::bytes& path) { return {path.c_str(), path.size()}; }

nb::object load_model(const nb::bytes& path) {
  const std::string name = text(path);
  model_store::Lookup lookup = [&] {
    const client_cache::python::WithoutGil released;
    return Store::instance().get(name);
  }();
  switch (lookup.found) {
    case model_store::Found::nothing:
      return nb::none();
    case model_store::Found::undecided:
      return nb::bool_(false);
    case model_store::Found::document:
      break;
  }
  const auto root = lookup.document->root();
  PyObject* const view = models::to_python(models::Model::of(std::move(lookup.document)), root);
  if (view == nullptr) throw nb::python_error();
  return nb::steal(view);
}

nb::list list_services(const nb::bytes& root, const std::string& type) {
  const std::string name = text(root);
  std::vector<std::string> services;
  try {
    const client_cache::python::WithoutGil released;
    services = model_store::list_services(name, type);
  } catch (const std::system_error& error) {
    errno = error.code().default_error_condition().value();  // on Windows, the code is its own
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, name.c_str());
    throw nb::python_error();
  }
  nb::list result;
  for (const auto& service : services) {
    result.append(nb::steal(PyUnicode_DecodeFSDefaultAndSize(service.data(), static_cast<Py_ssize_t>(service.size()))));
  }
  return result;
}

nb::list held_models() {
  nb::list result;
  for (const auto& held : Store::instance().held()) {
    result.append(nb::make_tuple(nb::bytes(held.path.data(), held.path.size()), held.bytes, held.in_use));
  }
  return result;
}

nb::object notes(nb::handle view) {
  models::Model* const model = models::model_of(view.ptr());
  if (model == nullptr) return nb::none();
  PyObject* const dict = model->notes();
  if (dict == nullptr) throw nb::python_error();
  return nb::steal(dict);
}

using DocumentPointer = std::shared_ptr<const model_store::Document>;
constexpr const char* kDocument = "boto3_client_cache.document";

// Has the document, and not its model, which would live for ever if its notes had it.
nb::object document(nb::handle view) {
  const auto model = models::whole_model_of(view.ptr());
  if (!model) return nb::none();
  auto pointer = std::make_unique<DocumentPointer>(model->shared_document());
  nb::capsule capsule(pointer.get(), kDocument,
                      [](void* held) noexcept { delete static_cast<DocumentPointer*>(held); });
  (void)pointer.release();
  return capsule;
}

// What `make` makes of the model of such a document.
template <typename Make>
nb::object made_of(nb::handle document, Make make) {
  const auto* const held = static_cast<const DocumentPointer*>(PyCapsule_GetPointer(document.ptr(), kDocument));
  if (held == nullptr) throw nb::python_error();
  PyObject* const made = make(models::Model::of(*held));
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}

nb::object view_of(nb::handle document) {
  return made_of(document, [](const auto& model) { return models::to_python(model, model->document().root()); });
}

nb::object plain(nb::handle document) {
  return made_of(document, [](const auto& model) { return models::to_plain(*model); });
}

bool is_unchanged(nb::handle view, const std::vector<models::Path>& apart_from) {
  const bool answer = models::is_unchanged(view.ptr(), apart_from);
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  return answer;
}

}  // namespace

void register_models(nb::module_& module) {
  if (!models::add_key_iterator(module.ptr()) || !models::add_lazy_dict(module.ptr())) throw nb::python_error();
  models::register_searching(module);
  module.def("load_model", &load_model, nb::arg("path"),
             "A new view of the model at an absolute path; None where there is no file, False for one that the store "
             "leaves to json.");
  module.def("list_services", &list_services, nb::arg("root"), nb::arg("type_name"),
             "The names of the services under a data directory that have a model of a type, unsorted.");
  module.def("held_models", &held_models, "(path, bytes, whether a session uses it) of every model in the store.");
  module.def("notes", &notes, nb::arg("view"),
             "The dict of what was derived from a view's whole model, shared by all sessions; None for other objects.");
  module.def("document", &document, nb::arg("view").none(),
             "What a view of a whole model is a view of; None for other objects. May be kept in the model's notes.");
  module.def("view_of", &view_of, nb::arg("document"), "A new view of a document.");
  module.def("plain", &plain, nb::arg("document"), "A document as plain dicts and lists, equal ones being one object.");
  module.def("is_unchanged", &is_unchanged, nb::arg("view"), nb::arg("apart_from") = std::vector<models::Path>(),
             "Whether a view and all that was read of it are as in the file, but for what lies at one of the paths of "
             "keys, of which None is any.");
  module.def(
      "release_models", [] { return Store::instance().release_unused(); },
      "Drop the models that no session uses; returns their number.");
}
