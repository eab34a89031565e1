// A call of `Session.client` / `.resource`, of a pool, or of a key's constructor, bound to boto3's signature.
//
// Nothing is allocated or counted for a usual call: the slots borrow the caller's references, which live as long as the
// call.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "boto3/environment.hpp"

namespace client_cache::python {

struct Call {
  // As written: `args` holds the positionals, then the values of `keywords`.
  PyObject* const* args = nullptr;
  std::size_t positionals = 0;
  PyObject* keywords = nullptr;  // a tuple of str, or null

  // As bound.
  Kind kind = Kind::client;
  std::size_t params = kParamsOfClients;  // the numbers below it are parameters of this call
  std::array<PyObject*, kParams> slots{};
  struct Named {
    PyObject* name;
    PyObject* value;
  };
  std::vector<Named> named;  // what is not in `Param`
  PyObject* eviction_policy = nullptr;
  PyObject* max_size = nullptr;

  std::size_t keyword_count() const {
    return keywords == nullptr ? 0 : static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
  }
  PyObject* keyword_name(std::size_t i) const { return PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(i)); }
  PyObject* keyword_value(std::size_t i) const { return args[positionals + i]; }
};

struct Binding {
  enum class Outcome { bound, given_twice, too_many };
  Outcome outcome = Outcome::bound;
  PyObject* name = nullptr;   // given_twice: the parameter
  PyObject* value = nullptr;  // given_twice: its second value; too_many: the first positional past the signature
};

// What a positional None followed by that keyword is: for a key it counts as the keyword, for boto3 it is given twice.
enum class PositionalNone { absent, given };

// Binds `call.args` and `call.keywords` of `call.kind`.
Binding bind(Call& call, PositionalNone positional_none);

// The number of a call's parameter by its name, interned or not; `Param::named` when it has none.
Param param_by_name(const Call& call, PyObject* name);

// The arguments of a `tp_new` or `tp_call`, laid out as a vectorcall has them. Borrows from `args` and `kwargs`.
class UnpackedArguments {
 public:
  UnpackedArguments(PyObject* args, PyObject* kwargs);
  PyObject* const* args() const { return values_.data(); }
  std::size_t positionals() const { return positionals_; }
  PyObject* keywords() const { return keywords_.ptr(); }

 private:
  std::vector<PyObject*> values_;
  std::size_t positionals_;
  nb::object keywords_;
};

}  // namespace client_cache::python
