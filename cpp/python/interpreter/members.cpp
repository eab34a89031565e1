#include "interpreter/members.hpp"

#include <vector>

#include "interpreter/capi.hpp"
#include "interpreter/critical_section.hpp"

namespace client_cache::python {
namespace {

// Calls `visit` with each member of a class, in their order, until it returns false; whether it never did.
template <class Visit>
bool visit_class(PyTypeObject* type, Visit& visit) {
  const nb::object members = attributes_of(type);
  const CriticalSection reading(members.ptr());
  Py_ssize_t position = 0;
  PyObject* member = nullptr;
  while (PyDict_Next(members.ptr(), &position, nullptr, &member) != 0) {
    if (!visit(member)) return false;
  }
  return true;
}

// Calls `visit` with what stands at a place, null for nothing, until it returns false; whether it never did.
template <class Visit>
bool visit_place(nb::handle place, Visit& visit) {
  constexpr Py_ssize_t kParts = 3;
  if (!PyTuple_Check(place.ptr()) || PyTuple_GET_SIZE(place.ptr()) != kParts ||
      !PyDict_Check(PyTuple_GET_ITEM(place.ptr(), 0))) {
    throw_type_error("a place is (dict, name, None or True or the name of a member)");
  }
  const nb::object found = item_of(PyTuple_GET_ITEM(place.ptr(), 0), PyTuple_GET_ITEM(place.ptr(), 1));
  if (!visit(found.ptr())) return false;
  PyObject* const inner = PyTuple_GET_ITEM(place.ptr(), 2);
  if (inner == Py_None) return true;
  PyTypeObject* const type =
      found.is_valid() && PyType_Check(found.ptr()) ? reinterpret_cast<PyTypeObject*>(found.ptr()) : nullptr;
  if (inner == Py_True) return type == nullptr || visit_class(type, visit);
  const nb::object member = type == nullptr ? nb::object() : item_of(attributes_of(type).ptr(), inner);
  return visit(member.ptr());
}

template <class Visit>
bool visit_all(const nb::tuple& places, Visit visit) {
  for (const nb::handle place : places) {
    if (!visit_place(place, visit)) return false;
  }
  return true;
}

nb::tuple members_at(const nb::tuple& places) {
  std::vector<nb::object> found;  // first: making the tuple may run Python code, under which a dict may change
  visit_all(places, [&](PyObject* member) {
    found.push_back(member == nullptr ? nb::none() : nb::borrow(member));
    return true;
  });
  const nb::object members = owned(PyTuple_New(static_cast<Py_ssize_t>(found.size())));
  for (std::size_t i = 0; i < found.size(); ++i) {
    PyTuple_SET_ITEM(members.ptr(), static_cast<Py_ssize_t>(i), found[i].release().ptr());
  }
  return nb::borrow<nb::tuple>(members);
}

bool are_members_at(const nb::tuple& places, const nb::tuple& then) {
  const Py_ssize_t size = PyTuple_GET_SIZE(then.ptr());
  Py_ssize_t next = 0;
  const bool same = visit_all(places, [&](PyObject* member) {
    return next < size && PyTuple_GET_ITEM(then.ptr(), next++) == (member == nullptr ? Py_None : member);
  });
  return same && next == size;
}

}  // namespace

void register_members(nb::module_& module) {
  module.def("members_at", &members_at, nb::arg("places"),
             "What stands at each (dict of a module, name, None or True for a class's members or the name of one).");
  module.def("are_members_at", &are_members_at, nb::arg("places"), nb::arg("then"),
             "Whether members_at(places) would give the same objects.");
}

}  // namespace client_cache::python
