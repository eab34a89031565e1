#include "keys/encoder.hpp"

#include <algorithm>
#include <bit>
#include <bitset>
#include <limits>
#include <string>

#include "boto3/errors.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/critical_section.hpp"
#include "keys/config_memo.hpp"
#include "keys/sha256.hpp"

namespace client_cache::python {
namespace {

bool checked(int result) {
  if (result < 0) throw nb::python_error();
  return result != 0;
}

std::string_view ascii_view(PyObject* text) {
  return {static_cast<const char*>(PyUnicode_DATA(text)), static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
}

bool is_ascii(PyObject* text) { return PyUnicode_IS_COMPACT_ASCII(text); }

nb::object utf8_bytes(PyObject* text) { return owned(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass")); }

std::string_view bytes_view(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

// Text orders by its code points as it does by its UTF-8.
bool text_less(PyObject* left, PyObject* right) { return PyUnicode_Compare(left, right) < 0; }

nb::object plus_one(PyObject* integer) {
  int overflow;
  const long value = PyLong_AsLongAndOverflow(integer, &overflow);
  if (overflow == 0 && value < std::numeric_limits<long>::max()) return owned(PyLong_FromLong(value + 1));
  const nb::object one = owned(PyLong_FromLong(1));
  return owned(PyNumber_Add(integer, one.ptr()));
}

std::string qualified_name(PyTypeObject* type) {
  const nb::handle handle(reinterpret_cast<PyObject*>(type));
  std::string name;
  for (const char* part : {"__module__", "__qualname__"}) {
    const nb::object utf8 = utf8_bytes(nb::str(handle.attr(part)).ptr());
    name.append(name.empty() ? "" : ".").append(bytes_view(utf8.ptr()));
  }
  return name;
}

}  // namespace

class Encoder::Level {
 public:
  explicit Level(Encoder& encoder) : encoder_(encoder) {
    if (++encoder_.depth_ > kMaxDepth) {
      --encoder_.depth_;
      throw NestingError{};
    }
  }
  ~Level() { --encoder_.depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Encoder& encoder_;
};

void Encoder::value(PyObject* value, UrlRule rule) {
  if (value == Py_None) return put(Tag::none);
  if (value == Py_True) return put(Tag::yes);
  if (value == Py_False) return put(Tag::no);
  PyTypeObject* type = Py_TYPE(value);
  if (type == &PyUnicode_Type) return put_text(value, rule);
  if (type == &PyLong_Type) return put_integer(value);
  if (type == environment().config_type) return put_config(value);
  const Level level(*this);
  if (type == &PyFloat_Type || type == &PyBytes_Type || type == &PyByteArray_Type || type == &PyTuple_Type ||
      type == &PyList_Type || type == &PyDict_Type || type == &PySet_Type || type == &PyFrozenSet_Type) {
    return put_plain_part(value, rule);
  }
  put_uncommon(value, rule);
}

void Encoder::param(Param param, PyObject* value) {
  if (is_secret(param) && value != Py_None) return put_secret(value);
  this->value(value, param == Param::endpoint_url ? UrlRule::scheme_optional : UrlRule::with_scheme);
}

void Encoder::put_sized(Tag tag, std::string_view bytes) {
  put(tag);
  out_.append_varint(bytes.size());
  out_.append(bytes);
}

void Encoder::put_text(std::string_view utf8, UrlRule rule) {
  const UserInfo user = find_user_info(utf8, rule);
  if (!user) return put_sized(Tag::text, utf8);
  put(Tag::url);
  out_.append_varint(utf8.size() - (user.end - user.begin));
  out_.append(utf8.substr(0, user.begin));
  out_.append(utf8.substr(user.end));
  const Digest digest = sha256(utf8);
  out_.append({digest.data(), digest.size()});
}

void Encoder::put_text(PyObject* text, UrlRule rule) {
  if (is_ascii(text)) return put_text(ascii_view(text), rule);
  put_text(bytes_view(utf8_bytes(text).ptr()), rule);
}

void Encoder::name(PyObject* text) {
  if (is_ascii(text)) return put_sized(Tag::text, ascii_view(text));
  put_sized(Tag::text, bytes_view(utf8_bytes(text).ptr()));
}

void Encoder::put_integer(PyObject* integer) {
  int overflow;
  const long long small = PyLong_AsLongLongAndOverflow(integer, &overflow);
  if (overflow == 0) {
    if (small == -1 && PyErr_Occurred()) throw nb::python_error();
    put(Tag::integer);
    return out_.append_little_endian(static_cast<std::uint64_t>(small));
  }
  const nb::handle handle(integer);
  const auto size = nb::cast<Py_ssize_t>(handle.attr("bit_length")()) / 8 + 1;
  nb::dict fields;
  fields["signed"] = true;
  const nb::object bytes = handle.attr("to_bytes")(size, "little", **fields);
  put_sized(Tag::big_integer, bytes_view(bytes.ptr()));
}

// A list is copied first: encoding an element may run Python code that changes it.
void Encoder::put_sequence(Tag tag, PyObject* sequence, UrlRule rule) {
  const nb::object items = owned(PySequence_Tuple(sequence));
  const Py_ssize_t size = PyTuple_GET_SIZE(items.ptr());
  put(tag);
  out_.append_varint(static_cast<std::uint64_t>(size));
  for (Py_ssize_t i = 0; i < size; ++i) value(PyTuple_GET_ITEM(items.ptr(), i), rule);
}

void Encoder::put_set(Tag tag, PyObject* set) {
  const nb::object items = owned(PySequence_Tuple(set));
  std::vector<std::string> encoded;
  const std::size_t start = out_.size();
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items.ptr()); ++i) {
    value(PyTuple_GET_ITEM(items.ptr(), i));
    encoded.emplace_back(out_.from(start));
    out_.truncate(start);
  }
  std::sort(encoded.begin(), encoded.end(), encoded_less);
  put(tag);
  out_.append_varint(encoded.size());
  for (const std::string& element : encoded) out_.append(element);
}

void Encoder::collect(PyObject* dict, Items& items) {
  const CriticalSection section(dict);
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (PyDict_Next(dict, &position, &key, &value)) items.add({nb::borrow(key), nb::borrow(value)});
}

void Encoder::put_dict(PyObject* dict, UrlRule rule) {
  Items items;
  collect(dict, items);
  put_items(items, rule);
}

void Encoder::put_items(Items& items, UrlRule rule) {
  const auto by_text = [](const Item& left, const Item& right) { return text_less(left.key.ptr(), right.key.ptr()); };
  // A text with an '@' may be encoded as a URL, which has a place of its own in the order.
  const bool all_text = std::all_of(items.begin(), items.end(), [](const Item& item) {
    PyObject* key = item.key.ptr();
    return PyUnicode_CheckExact(key) && PyUnicode_FindChar(key, '@', 0, PyUnicode_GET_LENGTH(key), 1) < 0;
  });
  if (form_ == Form::spelled || all_text) {
    if (form_ == Form::canonical && !std::is_sorted(items.begin(), items.end(), by_text)) {
      reshaped_ = true;
      std::sort(items.begin(), items.end(), by_text);
    }
    put(Tag::dict);
    out_.append_varint(items.size());
    for (const Item& item : items) {
      value(item.key.ptr(), rule);
      value(item.value.ptr(), rule);
    }
    return;
  }
  reshaped_ = true;
  struct Pair {
    std::string key;
    std::string value;
  };
  std::vector<Pair> encoded;
  const std::size_t start = out_.size();
  const auto take = [&] {
    std::string bytes(out_.from(start));
    out_.truncate(start);
    return bytes;
  };
  for (const Item& item : items) {
    value(item.key.ptr(), rule);
    std::string key = take();
    value(item.value.ptr(), rule);
    encoded.push_back({std::move(key), take()});
  }
  std::sort(encoded.begin(), encoded.end(),
            [](const Pair& left, const Pair& right) { return encoded_less(left.key, right.key); });
  put(Tag::dict);
  out_.append_varint(encoded.size());
  for (const auto& [key, value] : encoded) {
    out_.append(key);
    out_.append(value);
  }
}

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
  const Level level(*this);
  const ConfigOptions& known = environment().config_options;
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
    const Level level(*this);
    return put_retries(option);
  }
  value(option, name == env.str_proxies ? UrlRule::scheme_optional : UrlRule::with_scheme);
}

void Encoder::put_secret(PyObject* secret) {
  ByteBuffer bytes;
  Encoder encoder(bytes);
  encoder.value(secret);
  for (nb::object& object : encoder.identities_) identities_.push_back(std::move(object));
  put(Tag::secret);
  const Digest digest = sha256(bytes.view());
  out_.append({digest.data(), digest.size()});
}

// Bytes that are a URL with user-info are encoded by type and text, for only a text is masked and digested.
void Encoder::put_bytes(Tag tag, PyObject* value, PyObject* bytes, UrlRule rule) {
  if (!find_user_info(bytes_view(bytes), rule)) return put_sized(tag, bytes_view(bytes));
  const nb::object text = owned(PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), nullptr));
  put_under_type(value, text.ptr(), rule);
}

void Encoder::put_plain_part(PyObject* value, UrlRule rule) {
  if (PyUnicode_Check(value)) return put_text(value, rule);
  if (PyLong_Check(value)) return put_integer(value);
  if (PyFloat_Check(value)) {
    put(Tag::real);
    return out_.append_little_endian(std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(value)));
  }
  if (PyBytes_Check(value)) return put_bytes(Tag::bytes, value, value, rule);
  if (PyByteArray_Check(value)) {
    const nb::object copy = owned(PyBytes_FromObject(value));
    return put_bytes(Tag::byte_array, value, copy.ptr(), rule);
  }
  if (PyTuple_Check(value)) return put_sequence(Tag::tuple, value, rule);
  if (PyList_Check(value)) return put_sequence(Tag::list, value, rule);
  if (PyDict_Check(value)) return put_dict(value, rule);
  put_set(PyFrozenSet_Check(value) ? Tag::frozen_set : Tag::set, value);
}

void Encoder::put_uncommon(PyObject* value, UrlRule rule) {
  const Environment& env = environment();
  if (value == env.unsigned_marker) return put(Tag::unsigned_marker);
  if (PyObject_TypeCheck(value, env.config_type)) return put_config(value);
  if (checked(PyObject_IsInstance(value, env.enum_type))) {
    return put_under_type(value, nb::object(nb::handle(value).attr("value")).ptr(), rule);
  }
  if (PyUnicode_Check(value) || PyLong_Check(value) || PyTuple_Check(value) || PyList_Check(value) ||
      PyDict_Check(value) || PyAnySet_Check(value)) {
    return put_under_type(value, nullptr, rule);
  }
  if (!PyType_Check(value) && checked(PyObject_IsInstance(value, env.path_like_type))) {
    return put_under_type(value, owned(PyOS_FSPath(value)).ptr(), rule);
  }
  put_identity(value);
}

// `plain` is what the value stands for; null where it is an instance of a plain type itself.
void Encoder::put_under_type(PyObject* value, PyObject* plain, UrlRule rule) {
  reshaped_ = true;
  if (form_ == Form::canonical) {
    put(Tag::qualified);
    put_sized(Tag::text, qualified_name(Py_TYPE(value)));
  } else {
    const nb::object repr = owned(PyObject_Repr(value));
    put(Tag::shown);
    put_text(repr.ptr(), rule);
  }
  if (plain == nullptr) return put_plain_part(value, rule);
  this->value(plain, rule);
}

void Encoder::put_identity(PyObject* value) {
  put(Tag::identity);
  out_.append_little_endian(reinterpret_cast<std::uintptr_t>(value));
  identities_.push_back(nb::borrow(value));
}

namespace {

// Where `name` is in a column of names; the column's size if it is not.
std::size_t find_name(const std::vector<PyObject*>& column, PyObject* name) {
  auto found = std::find(column.begin(), column.end(), name);
  if (found == column.end() && !PyUnicode_CHECK_INTERNED(name)) {
    found = std::find_if(column.begin(), column.end(), [name](PyObject* known) { return equal_text(name, known); });
  }
  return static_cast<std::size_t>(found - column.begin());
}

}  // namespace

void collect_given_options(PyObject* attributes, FewItems<GivenOption>& given) {
  const Environment& env = environment();
  const ConfigOptions& known = env.config_options;
  const CriticalSection section(attributes);
  Py_ssize_t position = 0;
  PyObject* name;
  PyObject* value;

  std::bitset<128> by_user;
  PyObject* user = PyDict_GetItemWithError(attributes, env.str_user_options);
  if (user == nullptr && PyErr_Occurred()) throw nb::python_error();
  if (user != nullptr && !PyDict_Check(user)) user = nullptr;
  const nb::object held_user = nb::borrow(user);  // waiting for its section lets others into that of `attributes`
  if (user != nullptr) {
    const CriticalSection user_section(user);
    while (PyDict_Next(user, &position, &name, nullptr)) by_user.set(find_name(known.names, name));
  }
  const auto set_by_mode = [&](std::size_t i, PyObject* held) {
    if (held != known.by_mode[i] || user == nullptr) return false;
    PyObject* mode = PyDict_GetItemWithError(user, env.str_defaults_mode);
    if (mode == nullptr && PyErr_Occurred()) throw nb::python_error();
    return mode != nullptr && !equal_text(mode, env.str_legacy);
  };

  // Attributes lie in the order in which `Config.__init__` assigned them, so each is expected behind the last.
  std::size_t expected = 0;
  position = 0;
  while (PyDict_Next(attributes, &position, &name, &value)) {
    std::size_t i = expected;
    if (i == known.size() || known.attributes[i] != name) [[unlikely]] {
      if (name == env.str_user_options) continue;
      i = find_name(known.attributes, name);
      if (i == known.size()) {
        const bool internal = PyUnicode_GET_LENGTH(name) > 0 && PyUnicode_READ_CHAR(name, 0) == '_';
        if (!internal) given.add({i, nb::borrow(name), nb::borrow(value)});
        continue;
      }
    }
    expected = i + 1;
    // By value where the initial one is a str: an unpickled Config has its own "UNSET".
    const bool is_initial =
        value == known.initial[i] || (PyUnicode_CheckExact(known.initial[i]) && equal_text(value, known.initial[i]));
    if (by_user.test(i) || (!is_initial && !set_by_mode(i, value))) {
      given.add({i, nb::borrow(known.names[i]), nb::borrow(value)});
    }
  }
}

EncodedParams encode_call(const Call& call, Encoder& encoder, ByteBuffer& out) {
  const Environment& env = environment();
  const Signature::Defaults& defaults = env.signatures[index_of(call.kind)].defaults();
  EncodedParams encoded;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  try {
    out.push(call.kind == Kind::client ? 'C' : 'R');
    for (std::size_t i = 1; i < kParams; ++i) {
      name = env.names[i];
      value = call.slots[i];
      if (value == nullptr || value == defaults[i]) continue;
      const Param param = static_cast<Param>(i);
      const std::size_t start = out.size();
      out.push(static_cast<char>(i));
      encoder.param(param, value);
      const std::uint32_t bit = std::uint32_t{1} << i;
      if (encoder.take_reshaped()) encoded.reshaped |= bit;
      // An empty Config configures nothing: the call means what it means without it.
      if (param == Param::config && out.from(start + 1) == kEmptyConfig) {
        out.truncate(start);
      } else {
        encoded.present |= bit;
      }
    }
    std::vector<Call::Named> named = call.named;
    std::sort(named.begin(), named.end(),
              [](const auto& left, const auto& right) { return text_less(left.name, right.name); });
    for (const Call::Named& other : named) {
      name = other.name;
      value = other.value;
      out.push(static_cast<char>(index_of(Param::named)));
      encoder.name(name);
      encoder.value(value);
    }
  } catch (const NestingError&) {
    const std::string message = "The option nests deeper than " + std::to_string(kMaxDepth) +
                                " levels, or contains itself; pass a plain, finite value";
    throw_cache_error(call.kind, Failure::general, message, name, value);
  }
  return encoded;
}

}  // namespace client_cache::python
