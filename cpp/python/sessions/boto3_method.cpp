#include "sessions/boto3_method.hpp"

#include <algorithm>

#include "interpreter/capi.hpp"
#include "interpreter/critical_section.hpp"
#include "interpreter/modules.hpp"
#include "sessions/installed_method.hpp"

namespace client_cache::python {
namespace {

nb::object held(PyObject*& field) { return nb::borrow(loaded(field)); }

// ---- Origins ----

// The methods that were found last. An object is referred to weakly where that can be: who puts a method back has kept
// it, and a mock that nobody keeps takes along what it was called with.
struct Known {
  struct Part {
    nb::object reference;  // a weak reference, or the object
    bool weak;
    Definition function;  // without its object
  };
  std::vector<Part> parts;
  Origin origin;

  bool is(const std::vector<Definition>& definitions) const {
    return std::equal(parts.begin(), parts.end(), definitions.begin(), definitions.end(),
                      [](const Part& part, const Definition& definition) {
                        Definition known = part.function;
                        known.object = part.weak ? referent(part.reference) : part.reference;
                        return known == definition;
                      });
  }

  static nb::object referent(const nb::object& reference) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject* object = nullptr;
    if (PyWeakref_GetRef(reference.ptr(), &object) < 0) throw nb::python_error();
    return nb::steal(object);
#else
    return nb::borrow(PyWeakref_GetObject(reference.ptr()));  // None for a dead one, which is no definition
#endif
  }

  static Part part_of(const Definition& definition) {
    Part part{.reference = nb::steal(PyWeakref_NewRef(definition.object.ptr(), nullptr)),
              .weak = true,
              .function = definition};
    part.function.object = nb::object();
    if (part.reference.is_valid()) return part;
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) throw nb::python_error();
    PyErr_Clear();
    part.reference = definition.object;
    part.weak = false;
    return part;
  }
};

constexpr std::size_t kRemembered = 16;

bool is_older(const Known& one, const Known& other) { return one.origin < other.origin; }

// Never destroyed: the interpreter may be gone by then. The last one is that of the last look-up.
auto& known_methods = *new std::vector<Known>();
InterpreterMutex known_mutex;
Origin last_origin = kAnyOrigin;

Origin origin_of(const std::vector<Definition>& definitions) {
  Known made{.parts = {}, .origin = kAnyOrigin};
  for (const Definition& definition : definitions) made.parts.push_back(Known::part_of(definition));
  while (true) {
    std::vector<Known> known;  // a copy: what a weak reference gave back may die of the comparison, so not under a lock
    {
      const std::lock_guard lock(known_mutex);
      known = known_methods;
    }
    const auto same = std::find_if(known.begin(), known.end(), [&](const Known& one) { return one.is(definitions); });
    const Origin newest = known.empty() ? kAnyOrigin : std::max_element(known.begin(), known.end(), is_older)->origin;
    Known forgotten{.parts = {}, .origin = kAnyOrigin};
    const std::lock_guard lock(known_mutex);
    if (same != known.end()) {
      const auto is_same = [&](const Known& one) { return one.origin == same->origin; };
      const auto place = std::find_if(known_methods.begin(), known_methods.end(), is_same);
      if (place != known_methods.end()) std::rotate(place, place + 1, known_methods.end());
      return same->origin;
    }
    if (newest != last_origin && last_origin != kAnyOrigin) continue;  // another thread may just have added this one
    made.origin = ++last_origin;
    if (known_methods.size() == kRemembered) {
      forgotten = std::move(known_methods.front());
      known_methods.erase(known_methods.begin());
    }
    known_methods.push_back(std::move(made));
    return last_origin;
  }
}

// ---- Looking up ----

nb::object definition_in(PyTypeObject* type, PyObject* name) { return item_of(attributes_of(type).ptr(), name); }

nb::tuple mro_of(PyTypeObject* type) { return nb::borrow<nb::tuple>(held(type->tp_mro)); }

PyTypeObject* as_type(nb::handle type) { return reinterpret_cast<PyTypeObject*>(type.ptr()); }

// What a wrapper says it wraps; invalid for none.
nb::object wrapped_by(const nb::object& wrapper) {
  nb::object wrapped = nb::steal(PyObject_GetAttr(wrapper.ptr(), environment().str_wrapped));
  if (wrapped.is_valid()) return wrapped;
  if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw nb::python_error();
  PyErr_Clear();
  return wrapped;
}

void add_definition(std::vector<Definition>& definitions, nb::object definition) {
  constexpr std::size_t kDeepest = 32;  // what wraps itself ends somewhere
  while (definition.is_valid() && definitions.size() < kDeepest) {
    while (is_installed_method(definition.ptr())) definition = original_of(definition.ptr());
    definitions.push_back(Definition::of(definition));
    definition = wrapped_by(definition);
  }
}

// From the MRO's class number `first` on.
BuildingMethod method_from(const nb::tuple& mro, std::size_t first, PyObject* name) {
  BuildingMethod method;
  for (std::size_t i = first; i < mro.size(); ++i) {
    nb::object definition = definition_in(as_type(mro[i]), name);
    if (!definition.is_valid()) continue;
    if (!method.found.is_valid()) method.found = definition;
    add_definition(method.definitions, std::move(definition));
  }
  if (method.definitions.empty()) return method;
  add_definition(method.definitions, definition_in(base_client(), environment().str_init));
  method.origin = origin_of(method.definitions);
  return method;
}

// boto3's Session as it was when this package was imported, and as it is after a reload of boto3.session. A class that
// somebody put there derives from it, or says that it is of another module.
bool is_boto3s_session(nb::handle type) {
  if (type.is(nb::handle(environment().boto3_session))) return true;
  if (!type.is(module_attribute("boto3.session", "Session")) || !PyType_Check(type.ptr())) return false;
  return nb::object(type.attr("__bases__")).equal(nb::make_tuple(nb::handle(&PyBaseObject_Type))) &&
         nb::object(type.attr("__module__")).equal(nb::str("boto3.session"));
}

}  // namespace

Definition Definition::of(nb::object definition) {
  Definition made;
  if (PyFunction_Check(definition.ptr())) {
    const CriticalSection assigning(definition.ptr());
    made.function = reinterpret_cast<PyFunctionObject*>(definition.ptr());
    made.code = held(made.function->func_code);
    made.defaults = held(made.function->func_defaults);
    made.keyword_defaults = held(made.function->func_kwdefaults);
  }
  made.object = std::move(definition);
  return made;
}

bool Definition::operator==(const Definition& other) const {
  return object.is(other.object) && code.is(other.code) && defaults.is(other.defaults) &&
         keyword_defaults.is(other.keyword_defaults);
}

BuildingMethod method_below(PyTypeObject* ours, PyObject* session, Kind kind) {
  PyObject* name = environment().method_names[index_of(kind)];
  const nb::tuple mro = mro_of(Py_TYPE(session));
  std::size_t first = 0;
  while (first < mro.size() && as_type(mro[first]) != ours) ++first;
  BuildingMethod method = method_from(mro, first + 1, name);
  if (method.definitions.empty()) {
    PyErr_Format(PyExc_AttributeError, "'super' object has no attribute %R", name);
    throw nb::python_error();
  }
  return method;
}

std::optional<BuildingMethod> boto3s_method(PyObject* session, Kind kind) {
  PyObject* name = environment().method_names[index_of(kind)];
  const nb::tuple mro = mro_of(Py_TYPE(session));
  nb::object found, own, get_attribute;
  std::size_t first = mro.size();
  for (std::size_t i = 0; i < mro.size(); ++i) {
    PyTypeObject* type = as_type(mro[i]);
    if (!found.is_valid()) {
      found = definition_in(type, name);
      if (found.is_valid()) first = i;
    }
    if (!own.is_valid() && is_boto3s_session(mro[i])) own = definition_in(type, name);
    if (!get_attribute.is_valid()) {
      get_attribute = definition_in(type, environment().str_getattribute);
      if (get_attribute.is_valid() && type != &PyBaseObject_Type) return std::nullopt;
    }
  }
  if (!own.is_valid() || !found.is(own)) return std::nullopt;
  return method_from(mro, first, name);
}

bool is_derived_from_a_session_class(PyTypeObject* type) {
  if (PyType_IsSubtype(type, reinterpret_cast<PyTypeObject*>(environment().boto3_session))) return true;
  const nb::tuple mro = mro_of(type);
  return std::any_of(mro.begin(), mro.end(), [](nb::handle base) { return is_boto3s_session(base); });
}

void MethodMemo::remember(PyTypeObject* type, unsigned version, unsigned client_version, BuildingMethod method) {
  const std::lock_guard lock(mutex_);
  type_ = version == 0 || client_version == 0 ? nullptr : type;
  version_ = version;
  client_version_ = client_version;
  std::swap(method_, method);  // what was there dies with the argument, unlocked
}

int MethodMemo::visit_unlocked(visitproc visit, void* arg) const {
  Py_VISIT(method_.found.ptr());
  for (const Definition& definition : method_.definitions) {
    for (const nb::object* part :
         {&definition.object, &definition.code, &definition.defaults, &definition.keyword_defaults})
      Py_VISIT(part->ptr());
  }
  return 0;
}

void MethodMemo::clear() { remember(nullptr, 0, 0, {}); }

}  // namespace client_cache::python
