// The part of Encoder that writes a botocore Config.
#include <algorithm>
#include <limits>
#include <string>

#include "interpreter/capi.hpp"
#include "keys/config_memo.hpp"
#include "keys/config_options.hpp"
#include "keys/encoder.hpp"

namespace client_cache::python {
namespace {

nb::object plus_one(PyObject* integer) {
  int overflow;
  const long value = PyLong_AsLongAndOverflow(integer, &overflow);
  if (overflow == 0 && value < std::numeric_limits<long>::max()) return owned(PyLong_FromLong(value + 1));
  const nb::object one = owned(PyLong_FromLong(1));
  return owned(PyNumber_Add(integer, one.ptr()));
}

}  // namespace

// `max_attempts` counts retries and `total_max_attempts` requests; the second wins when both are given (botocore's
// args.py).
void Encoder::put_retries(PyObject* retries) {
  const Environment& env = environment();
  Items items;
  collect(retries, items);
  const auto find = [&items](PyObject* name) {
    return std::find_if(items.begin(), items.end(),
                        [name](const Item& item) { return equal_text(item.key.ptr(), name); });
  };
  const auto attempts = find(env.str_max_attempts);
  if (form_ == Form::canonical && attempts != items.end()) {
    const bool has_total = find(env.str_total_max_attempts) != items.end();
    if (has_total) {
      items.remove(attempts);
      reshaped_ = true;
    } else if (PyLong_CheckExact(attempts->value.ptr())) {
      *attempts = {nb::borrow(env.str_total_max_attempts), plus_one(attempts->value.ptr())};
      reshaped_ = true;
    }
  }
  put_items(items, UrlRule::with_scheme);
}

void Encoder::put_config(PyObject* config) {
  const auto level = nest();
  const ConfigOptions& known = config_options();
  const nb::object attributes = owned(PyObject_GenericGetDict(config, nullptr));
  const bool memorable = Py_TYPE(config) == environment().config_type;
  if (memorable) {
    if (const EncodedConfig* remembered = remembered_config(attributes.ptr(), form_)) {
      reshaped_ |= remembered->reshaped;
      return out_.append(remembered->bytes);
    }
  }
  const bool reshaped_before = take_reshaped();
  const std::size_t start = out_.size();
  FewItems<GivenOption> options;
  collect_given_options(attributes.ptr(), options);
  std::sort(options.begin(), options.end(), [&known](const GivenOption& left, const GivenOption& right) {
    if (left.index < known.size() && right.index < known.size())
      return known.ranks[left.index] < known.ranks[right.index];
    return text_less(left.name.ptr(), right.name.ptr());
  });
  put(Tag::config);
  put_sized(Tag::text, Py_TYPE(config) == environment().config_type ? std::string() : qualified_name(Py_TYPE(config)));
  out_.append_varint(options.size());
  for (const GivenOption& option : options) {
    if (option.index < known.size()) {
      out_.append(known.encoded[option.index]);
    } else {
      name(option.name.ptr());
    }
    put_config_option(option.name.ptr(), option.value.ptr());
  }
  if (memorable) remember_config(attributes.ptr(), form_, options, {std::string(out_.from(start)), reshaped_});
  reshaped_ |= reshaped_before;
}

void Encoder::put_config_option(PyObject* name, PyObject* option) {
  const Environment& env = environment();
  if (name == env.str_retries && PyDict_CheckExact(option)) {
    const auto level = nest();
    return put_retries(option);
  }
  value(option, name == env.str_proxies ? UrlRule::scheme_optional : UrlRule::with_scheme);
}

}  // namespace client_cache::python
