#include "boto3/call.hpp"

namespace client_cache::python {
namespace {

bool same_name(PyObject* left, PyObject* right) { return left == right || PyUnicode_Compare(left, right) == 0; }

// The pointer of an interned name decides for nearly every call; names built at run time are compared as text.
Param find_param(const Environment& env, std::size_t params, PyObject* name) {
  for (std::size_t i = 1; i < params; ++i) {
    if (env.names[i] == name) return static_cast<Param>(i);
  }
  if (PyUnicode_CHECK_INTERNED(name)) return Param::named;
  for (std::size_t i = 1; i < params; ++i) {
    if (PyUnicode_Compare(env.names[i], name) == 0) return static_cast<Param>(i);
  }
  return Param::named;
}

PyObject** find_named(Call& call, PyObject* name) {
  for (Call::Named& entry : call.named) {
    if (same_name(entry.name, name)) return &entry.value;
  }
  return nullptr;
}

}  // namespace

Param param_by_name(const Call& call, PyObject* name) { return find_param(environment(), call.params, name); }

Binding bind(Call& call, PositionalNone positional_none) {
  const Environment& env = environment();
  const Signature& signature = env.signatures[index_of(call.kind)];
  if (call.positionals > signature.positional.size()) {
    return {Binding::Outcome::too_many, nullptr, call.args[signature.positional.size()]};
  }
  for (std::size_t i = 0; i < call.positionals; ++i) {
    const auto [name, param] = signature.positional[i];
    if (param != Param::named) {
      call.slots[index_of(param)] = call.args[i];
    } else {
      call.named.push_back({name, call.args[i]});
    }
  }
  const std::size_t keywords = call.keyword_count();
  for (std::size_t i = 0; i < keywords; ++i) {
    PyObject* name = call.keyword_name(i);
    PyObject* value = call.keyword_value(i);
    const Param param = find_param(env, call.params, name);
    if (param == Param::named && call.kind != Kind::session) {
      if (same_name(name, env.str_eviction_policy)) {
        call.eviction_policy = value;
        continue;
      }
      if (same_name(name, env.str_max_size)) {
        call.max_size = value;
        continue;
      }
    }
    PyObject** given = param == Param::named ? find_named(call, name) : &call.slots[index_of(param)];
    if (given == nullptr) {
      call.named.push_back({name, value});
    } else if (*given == nullptr || (*given == Py_None && positional_none == PositionalNone::absent)) {
      *given = value;
    } else {
      return {Binding::Outcome::given_twice, name, value};
    }
  }
  return {};
}

UnpackedArguments::UnpackedArguments(PyObject* args, PyObject* kwargs)
    : positionals_(static_cast<std::size_t>(PyTuple_GET_SIZE(args))) {
  for (std::size_t i = 0; i < positionals_; ++i) values_.push_back(PyTuple_GET_ITEM(args, static_cast<Py_ssize_t>(i)));
  if (kwargs == nullptr || PyDict_GET_SIZE(kwargs) == 0) return;
  keywords_ = nb::steal(PyTuple_New(PyDict_GET_SIZE(kwargs)));
  if (!keywords_.is_valid()) throw nb::python_error();
  Py_ssize_t position = 0;
  Py_ssize_t i = 0;
  PyObject* name;
  PyObject* value;
  while (PyDict_Next(kwargs, &position, &name, &value)) {
    PyTuple_SET_ITEM(keywords_.ptr(), i++, Py_NewRef(name));
    values_.push_back(value);
  }
}

}  // namespace client_cache::python
