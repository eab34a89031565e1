#include "keys/encoder.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "boto3/errors.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/critical_section.hpp"
#include "keys/sha256.hpp"

namespace client_cache::python {
namespace {

bool checked(int result) {
  if (result < 0) throw nb::python_error();
  return result != 0;
}

}  // namespace

void Encoder::value(PyObject* value, UrlRule rule) {
  if (value == Py_None) return put(Tag::none);
  if (value == Py_True) return put(Tag::yes);
  if (value == Py_False) return put(Tag::no);
  PyTypeObject* type = Py_TYPE(value);
  if (type == &PyUnicode_Type) return put_text(value, rule);
  if (type == &PyLong_Type) return put_integer(value);
  if (type == environment().config_type) return put_config(value);
  const auto level = nest();
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

EncodedParams encode_call(const Call& call, Encoder& encoder, ByteBuffer& out) {
  const Environment& env = environment();
  const Signature::Defaults& defaults = env.signatures[index_of(call.kind)].defaults();
  EncodedParams encoded;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  try {
    out.push(kKindTags[index_of(call.kind)]);
    for (std::size_t i = 1; i < call.params; ++i) {
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
