#include "interpreter/members.hpp"

#include <utility>
#include <vector>

#include "interpreter/classes.hpp"
#include "interpreter/critical_section.hpp"

namespace client_cache::python {
namespace {

// Calls `visit` with each member of a class, in their order, until it returns false; whether it never did.
template <class Visit>
bool visit_class(PyTypeObject* type, Visit visit) {
  const nb::object members = attributes_of(type);
  const CriticalSection reading(members.ptr());
  Py_ssize_t position = 0;
  PyObject* member = nullptr;
  while (PyDict_Next(members.ptr(), &position, nullptr, &member) != 0) {
    if (!visit(member)) return false;
  }
  return true;
}

struct Place {
  nb::object found;              // invalid for nothing
  PyTypeObject* type = nullptr;  // what is found, if it is a class
  PyObject* inner = nullptr;     // None, True or a name
  bool has_all_members() const { return inner == Py_True && type != nullptr; }
};

Place place_of(nb::handle place) {
  constexpr Py_ssize_t kParts = 3;
  if (!PyTuple_Check(place.ptr()) || PyTuple_GET_SIZE(place.ptr()) != kParts ||
      !PyDict_Check(PyTuple_GET_ITEM(place.ptr(), 0))) {
    throw_type_error("a place is (dict, name, None or True or the name of a member)");
  }
  Place found{.found = item_of(PyTuple_GET_ITEM(place.ptr(), 0), PyTuple_GET_ITEM(place.ptr(), 1))};
  if (found.found.is_valid() && PyType_Check(found.found.ptr())) {
    found.type = reinterpret_cast<PyTypeObject*>(found.found.ptr());
  }
  found.inner = PyTuple_GET_ITEM(place.ptr(), 2);
  return found;
}

// What the place's class has under the name of a member; invalid for nothing.
nb::object member_of(const Place& place) {
  return place.type == nullptr || place.inner == Py_True || place.inner == Py_None
             ? nb::object()
             : item_of(attributes_of(place.type).ptr(), place.inner);
}

nb::object or_none(nb::object object) { return object.is_valid() ? std::move(object) : nb::none(); }

// A class's version and members. The version first, so that a class that changes meanwhile has another one by the end;
// the tuple last, since making it may run Python code.
nb::tuple version_and_members(PyTypeObject* type) {
  std::vector<nb::object> found{nb::int_(assigned_version(type))};
  visit_class(type, [&](PyObject* member) {
    found.push_back(nb::borrow(member));
    return true;
  });
  const nb::object members = owned(PyTuple_New(static_cast<Py_ssize_t>(found.size())));
  for (std::size_t i = 0; i < found.size(); ++i) {
    PyTuple_SET_ITEM(members.ptr(), static_cast<Py_ssize_t>(i), found[i].release().ptr());
  }
  return nb::borrow<nb::tuple>(members);
}

bool has_members(PyTypeObject* type, nb::handle then) {
  if (!PyTuple_CheckExact(then.ptr()) || PyTuple_GET_SIZE(then.ptr()) == 0) return false;
  const unsigned version = version_of(type);
  if (version != 0 && nb::cast<unsigned>(nb::handle(PyTuple_GET_ITEM(then.ptr(), 0))) == version) return true;
  Py_ssize_t next = 1;
  const Py_ssize_t size = PyTuple_GET_SIZE(then.ptr());
  return visit_class(type,
                     [&](PyObject* member) { return next < size && PyTuple_GET_ITEM(then.ptr(), next++) == member; }) &&
         next == size;
}

nb::tuple members_at(const nb::tuple& places) {
  nb::list members;
  for (const nb::handle each : places) {
    Place place = place_of(each);
    members.append(place.has_all_members() ? nb::object(version_and_members(place.type)) : or_none(member_of(place)));
    members.append(or_none(std::move(place.found)));
  }
  return nb::tuple(members);
}

bool are_members_at(const nb::tuple& places, const nb::tuple& then) {
  if (PyTuple_GET_SIZE(then.ptr()) != 2 * PyTuple_GET_SIZE(places.ptr())) return false;
  Py_ssize_t next = 0;
  for (const nb::handle each : places) {
    const Place place = place_of(each);
    const nb::handle member = PyTuple_GET_ITEM(then.ptr(), next++);
    const nb::handle found = PyTuple_GET_ITEM(then.ptr(), next++);
    if (!found.is(or_none(place.found))) return false;
    if (place.has_all_members()) {
      if (!has_members(place.type, member)) return false;
      continue;
    }
    if (!member.is(or_none(member_of(place)))) return false;
  }
  return true;
}

}  // namespace

void register_members(nb::module_& module) {
  module.def("members_at", &members_at, nb::arg("places"),
             "What stands at each (dict of a module, name, None or True for a class's members or the name of one).");
  module.def("are_members_at", &are_members_at, nb::arg("places"), nb::arg("then"),
             "Whether members_at(places) would give the same objects.");
}

}  // namespace client_cache::python
