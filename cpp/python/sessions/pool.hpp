// A pool of sessions: `boto3_client_cache.pool.SessionPool` derives from it.
//
// Its methods that return a session are here for their hits, which run no Python frame. What they miss, and what does
// not fit, goes to the functions that the Python class has under the same names.
//
// Thread safety: immutable once it has begun, but for its cache, which has its own.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "boto3/call.hpp"

namespace client_cache::python {

// What every session of a pool is made with, unless a call says otherwise. Borrows from `options`.
class PoolDefaults {
 public:
  PoolDefaults() = default;
  PoolDefaults(nb::dict options, std::size_t params);

  // Gives the call what it does not say itself. Returns the encoding of further parameters, which come last.
  std::string_view fill(Call& call) const;

  const nb::object& options() const { return options_; }

 private:
  struct Numbered {
    Param param;
    PyObject* value;
  };
  nb::object options_;
  std::vector<Numbered> numbered_;
  std::vector<Call::Named> named_;
  std::string named_encoded_;
};

enum class Asks : std::size_t { session, role, web_identity };
inline constexpr std::size_t kAsks = 3;

struct SessionPoolObject {
  PyObject ob_base;
  PyObject* cache;  // of sessions; null before it has begun
  PoolDefaults of_sessions;
  PoolDefaults of_roles;

  const PoolDefaults& defaults(Asks asks) const { return asks == Asks::session ? of_sessions : of_roles; }
};

inline SessionPoolObject* as_pool(PyObject* object) { return reinterpret_cast<SessionPoolObject*>(object); }

void register_session_pool(nb::module_& module);

}  // namespace client_cache::python
