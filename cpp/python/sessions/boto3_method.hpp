// Which method of boto3 builds a session's clients or resources at this moment: found by the session's type, named by
// an origin, and remembered for as long as nothing changes.
//
// Methods of boto3's are replaced and wrapped: by `mock.patch`, by instrumentation, by a `__defaults__` that was
// assigned. What was built by one method is not what another one would build, so each entry of a session's cache has
// the origin of what built it. An origin is a number for all definitions of the method that a session's class reaches,
// as they were. It is the same again when a patch was undone. It is never reused: one that is forgotten comes back
// under another number, and its entries are built again.
//
// Complexity: a hit compares the class's version and two or three pointers of each definition. Anything else is a walk
// over the class's MRO. A class without a version is walked each time.
// Thread safety: all functions.
// Does not: see what a wrapper without `__wrapped__` calls, besides the definitions of base classes.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "boto3/params.hpp"
#include "caches/store.hpp"
#include "interpreter/classes.hpp"
#include "interpreter/mutex.hpp"

namespace client_cache::python {

// botocore's BaseClient. Its `__init__` is part of what builds: instrumentation hands clients its handlers there.
inline PyTypeObject* base_client() {
  return reinterpret_cast<PyTypeObject*>(environment().value_types[index_of(Kind::client)]);
}

// One definition, and where it is a plain function what it consisted of.
struct Definition {
  static Definition of(nb::object definition);

  bool is_unchanged() const {
    if (function == nullptr) return true;
    return loaded(function->func_code) == code.ptr() && loaded(function->func_defaults) == defaults.ptr() &&
           loaded(function->func_kwdefaults) == keyword_defaults.ptr();
  }
  bool operator==(const Definition& other) const;

  nb::object object;
  PyFunctionObject* function = nullptr;  // the same, if it is one
  nb::object code;
  nb::object defaults;
  nb::object keyword_defaults;
};

// What builds for a session.
struct BuildingMethod {
  nb::object found;                     // what the class's look-up gives
  std::vector<Definition> definitions;  // the first one builds; empty: there is none
  Origin origin = kAnyOrigin;
};

// For a session of ours: what `super(Session, session)` finds. Raises AttributeError where there is nothing.
BuildingMethod method_below(PyTypeObject* ours, PyObject* session, Kind kind);

// For any other object: what its class finds, if that is boto3's own method as boto3 has it now; otherwise none.
std::optional<BuildingMethod> boto3s_method(PyObject* session, Kind kind);

// Whether `type` is boto3's Session or derived from it. Not by `__class__`, which a proxy has of what it stands for.
bool is_derived_from_a_session_class(PyTypeObject* type);
inline bool is_derived_from_boto3s(PyTypeObject* type) {
  return reinterpret_cast<PyObject*>(type) == environment().boto3_session || is_derived_from_a_session_class(type);
}

// What was found for one session, until its class changes.
class MethodMemo {
 public:
  // The origin, if what was found is still so, and is `found` where that is given; otherwise kAnyOrigin.
  Origin origin_for(PyTypeObject* type, const PyObject* found = nullptr) const {
    const std::lock_guard lock(mutex_);
    if (type != type_ || version_of(type) != version_) return kAnyOrigin;
    if (version_of(base_client()) != client_version_) return kAnyOrigin;
    if (found != nullptr && found != method_.found.ptr()) return kAnyOrigin;
    for (const Definition& definition : method_.definitions) {
      if (!definition.is_unchanged()) return kAnyOrigin;
    }
    return method_.origin;
  }

  // `version` is that of the class, and `client_version` that of `base_client()`, before anything was looked for.
  void remember(PyTypeObject* type, unsigned version, unsigned client_version, BuildingMethod method);

  // For the garbage collector.
  int visit_unlocked(visitproc visit, void* arg) const;
  void clear();

 private:
  mutable InterpreterMutex mutex_;
  PyTypeObject* type_ = nullptr;  // only to be compared
  unsigned version_ = 0;
  unsigned client_version_ = 0;
  BuildingMethod method_;
};

}  // namespace client_cache::python
