#include "boto3/signature.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "interpreter/capi.hpp"

namespace client_cache::python {
namespace {

Param param_of(const std::array<PyObject*, kParams>& names, std::size_t params, PyObject* interned_name) {
  const auto end = names.begin() + params;
  const auto found = std::find(names.begin() + 1, end, interned_name);
  return found == end ? Param::named : static_cast<Param>(found - names.begin());
}

// The plain function that a method is, or wraps in the end; null for none.
PyFunctionObject* function_of(nb::handle method) {
  nb::object function = nb::module_::import_("inspect").attr("unwrap")(method);
  return PyFunction_Check(function.ptr()) ? reinterpret_cast<PyFunctionObject*>(function.release().ptr()) : nullptr;
}

// Whether CPython reads it back from a `__text_signature__`.
bool is_literal(nb::handle value) {
  return value.is_none() || PyBool_Check(value.ptr()) || PyLong_CheckExact(value.ptr()) ||
         PyUnicode_CheckExact(value.ptr());
}

}  // namespace

Signature::Seen::Seen() { std::fill(defaults.begin() + kParamsOfSessions, defaults.end(), Py_None); }

void Signature::read(const std::array<PyObject*, kParams>& names, std::size_t params, nb::handle method) {
  constexpr const char* kOurs = "eviction_policy=None, max_size=None";
  const nb::module_ inspect = nb::module_::import_("inspect");
  const nb::object parameter_type = inspect.attr("Parameter");
  const nb::object parameters = inspect.attr("signature")(method).attr("parameters").attr("values")();
  auto seen = std::make_unique<Seen>();
  std::string shown;
  bool self = true;
  bool readable = true;
  for (nb::handle parameter : parameters) {
    if (std::exchange(self, false)) continue;
    const nb::object standard = parameter.attr("default");
    const bool has_default = !standard.is(parameter_type.attr("empty"));
    const bool positional_or_keyword =
        nb::object(parameter.attr("kind")).is(parameter_type.attr("POSITIONAL_OR_KEYWORD"));
    readable = readable && positional_or_keyword && (!has_default || is_literal(standard));
    if (!positional_or_keyword) continue;
    PyObject* name = intern(nb::object(parameter.attr("name")));
    const Param param = param_of(names, params, name);
    positional.push_back({name, param});
    shown += nb::cast<std::string>(nb::str(nb::handle(name))) +
             (has_default ? "=" + nb::cast<std::string>(nb::repr(standard)) : "") + ", ";
    if (param != Param::named && has_default) seen->defaults[index_of(param)] = nb::object(standard).release().ptr();
  }
  text = readable ? shown + "*, " + kOurs : std::string("*args, ") + kOurs + ", **kwargs";
  function_ = function_of(method);
  seen->tuple = function_ == nullptr ? nullptr : nb::borrow(tuple_now()).release().ptr();
  all_seen_ = seen.release();
  seen_ = all_seen_.load();
}

PyObject* Signature::tuple_now() const {
#ifdef Py_GIL_DISABLED
  return std::atomic_ref(function_->func_defaults).load(std::memory_order_relaxed);
#else
  return function_->func_defaults;
#endif
}

// What was seen before may be in use: it stays, and is used again when its `__defaults__` come back.
const Signature::Defaults& Signature::read_again() const {
  const nb::object tuple = nb::handle(reinterpret_cast<PyObject*>(function_)).attr("__defaults__");
  const nb::tuple values = tuple.is_none() ? nb::tuple() : nb::borrow<nb::tuple>(tuple);
  PyObject* const now = tuple.is_none() ? nullptr : tuple.ptr();
  const Seen* seen = all_seen_.load(std::memory_order_acquire);
  while (seen != nullptr && seen->tuple != now) seen = seen->before;
  if (seen == nullptr) {
    auto made = std::make_unique<Seen>();
    made->tuple = nb::borrow(now).release().ptr();
    for (std::size_t i = 1; i <= std::min(values.size(), positional.size()); ++i) {  // they are the last ones'
      const Param param = positional[positional.size() - i].param;
      if (param != Param::named)
        made->defaults[index_of(param)] = nb::object(values[values.size() - i]).release().ptr();
    }
    made->before = all_seen_.load(std::memory_order_acquire);
    seen = made.release();
    all_seen_.store(seen, std::memory_order_release);  // one that another thread adds now may be lost, and read again
  }
  seen_.store(seen, std::memory_order_release);
  return seen->defaults;
}

}  // namespace client_cache::python
