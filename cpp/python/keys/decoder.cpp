#include "keys/decoder.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "interpreter/capi.hpp"
#include "keys/sha256.hpp"

namespace client_cache::python {
namespace {

nb::str decode_utf8(std::string_view utf8) {
  PyObject* text = PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "surrogatepass");
  if (text == nullptr) {
    nb::python_error error;
    if (!error.matches(PyExc_UnicodeDecodeError)) throw error;
    throw FormatError("text that is no UTF-8");
  }
  return nb::steal<nb::str>(text);
}

nb::str joined(std::string_view open, const nb::list& parts, std::string_view close) {
  return nb::cast<nb::str>(str(open) + str(", ").attr("join")(parts) + str(close));
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) value = value << 8 | static_cast<std::uint8_t>(*byte);
  return value;
}

}  // namespace

nb::str masked_text(nb::str text) {
  const nb::object utf8 = owned(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "surrogatepass"));
  const std::string_view view(PyBytes_AS_STRING(utf8.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(utf8.ptr())));
  const UserInfo user = find_user_info(view, UrlRule::with_scheme);
  if (!user) return text;
  return decode_utf8(std::string(view.substr(0, user.begin)).append(kMask).append(view.substr(user.end)));
}

std::string_view Decoder::take(std::uint64_t size) {
  if (size > bytes_.size() - position_) throw FormatError("it ends too early");
  const std::string_view taken = bytes_.substr(position_, size);
  position_ += size;
  return taken;
}

std::uint64_t Decoder::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    const std::uint8_t next = byte();
    value |= std::uint64_t{next & 0x7Fu} << shift;
    if (next < 0x80) {
      if (next == 0 && shift > 0) throw FormatError("a number that is written too long");
      return value;
    }
  }
  throw FormatError("a number that is too large");
}

// A count of items, each of which takes some bytes: more than the bytes left can hold is a lie.
std::uint64_t Decoder::count(std::size_t smallest_item) {
  const std::uint64_t items = varint();
  if (items > (bytes_.size() - position_) / smallest_item) throw FormatError("it ends too early");
  return items;
}

Tag Decoder::tag() { return static_cast<Tag>(byte()); }

nb::str Decoder::text() {
  if (tag() != Tag::text) throw FormatError("a text is missing");
  return decode_utf8(take(varint()));
}

void Decoder::secret() {
  if (tag() != Tag::secret) throw FormatError("a secret is missing");
  take(sizeof(Digest));
}

std::string_view Decoder::raw_value() {
  const std::size_t start = position_;
  value();
  return bytes_.substr(start, position_ - start);
}

nb::object Decoder::read(View view) {
  if (++depth_ > 2 * kMaxDepth + 2) throw FormatError("it nests too deeply");
  nb::object value = read_tagged(tag(), view);
  --depth_;
  return value;
}

nb::object Decoder::read_tagged(Tag tag, View view) {
  switch (tag) {
    case Tag::tuple:
    case Tag::list:
    case Tag::set:
    case Tag::frozen_set:
      return read_items(tag, view);
    case Tag::dict:
      return read_pairs(view);
    case Tag::config:
      return read_config(view);
    case Tag::identity:
      return read_identity(view);
    case Tag::unsigned_marker: {
      if (view == View::repr) return str("UNSIGNED");
      return nb::borrow(environment().unsigned_marker);
    }
    case Tag::qualified:
      if (form_ != Form::canonical) break;
      text();
      return read(view);
    case Tag::shown: {
      if (form_ != Form::spelled) break;
      const bool url = next_is(Tag::url);
      if (url) byte();
      const nb::str repr = url ? read_url() : text();
      nb::object plain = read(View::object);
      return view == View::repr ? nb::object(repr) : plain;
    }
    default: {
      nb::object plain = read_plain(tag);
      return view == View::repr ? owned(PyObject_Repr(plain.ptr())) : plain;
    }
  }
  throw FormatError("a value of a kind that does not belong here");
}

nb::object Decoder::read_plain(Tag tag) {
  switch (tag) {
    case Tag::none:
      return nb::none();
    case Tag::yes:
      return nb::borrow(Py_True);
    case Tag::no:
      return nb::borrow(Py_False);
    case Tag::integer:
      return owned(PyLong_FromLongLong(static_cast<long long>(little_endian(take(8)))));
    case Tag::big_integer: {
      const std::string_view bytes = take(varint());
      nb::dict fields;
      fields["signed"] = true;
      return nb::handle(reinterpret_cast<PyObject*>(&PyLong_Type))
          .attr("from_bytes")(nb::bytes(bytes.data(), bytes.size()), "little", **fields);
    }
    case Tag::real:
      return owned(PyFloat_FromDouble(std::bit_cast<double>(little_endian(take(8)))));
    case Tag::text:
      return decode_utf8(take(varint()));
    case Tag::bytes:
    case Tag::byte_array: {
      const std::string_view bytes = take(varint());
      return nb::bytes(bytes.data(), bytes.size());
    }
    case Tag::url:
      return read_url();
    default:
      throw FormatError("a value of an unknown kind");
  }
}

nb::str Decoder::read_url() {
  std::string text(take(varint()));
  take(sizeof(Digest));
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) throw FormatError("a URL without the place of its user-info");
  return decode_utf8(text.insert(at, kMask));
}

void Decoder::check_order(std::string_view previous, std::string_view current) const {
  // Equal ones are fine: a set may hold two NaNs.
  if (form_ == Form::canonical && !previous.empty() && encoded_less(current, previous)) {
    throw FormatError("items that are out of order");
  }
}

nb::object Decoder::read_items(Tag tag, View view) {
  const bool is_set = tag == Tag::set || tag == Tag::frozen_set;
  nb::list items;
  std::string_view previous;
  for (std::uint64_t left = count(1); left > 0; --left) {
    const std::size_t start = position_;
    items.append(read(view));
    const std::string_view current = bytes_.substr(start, position_ - start);
    if (is_set) check_order(previous, current);
    previous = current;
  }
  if (view == View::object) {
    if (is_set) return owned(PyFrozenSet_New(items.ptr()));
    return owned(PyList_AsTuple(items.ptr()));
  }
  const std::size_t size = nb::len(items);
  switch (tag) {
    case Tag::tuple:
      return joined("(", items, size == 1 ? ",)" : ")");
    case Tag::list:
      return joined("[", items, "]");
    case Tag::set:
      return size == 0 ? str("set()") : joined("{", items, "}");
    default:
      return size == 0 ? str("frozenset()") : joined("frozenset({", items, "})");
  }
}

nb::object Decoder::read_pairs(View view) {
  std::vector<std::pair<std::string_view, nb::object>> pairs;  // by the encoding of their keys
  for (std::uint64_t left = count(2); left > 0; --left) {
    const std::size_t start = position_;
    const nb::object key = read(view);
    const std::string_view encoded = bytes_.substr(start, position_ - start);
    if (!pairs.empty()) check_order(pairs.back().first, encoded);
    const nb::object value = read(view);
    pairs.emplace_back(encoded, view == View::object ? nb::object(nb::make_tuple(key, value))
                                                     : nb::cast<nb::str>(key) + str(": ") + nb::cast<nb::str>(value));
  }
  if (view == View::object) {
    std::sort(pairs.begin(), pairs.end(),
              [](const auto& left, const auto& right) { return encoded_less(left.first, right.first); });
  }
  nb::list items;
  for (const auto& [encoded, pair] : pairs) items.append(pair);
  if (view == View::object) return owned(PyList_AsTuple(items.ptr()));
  return joined("{", items, "}");
}

nb::object Decoder::read_config(View view) {
  const nb::str type = text();
  nb::list options;
  std::string_view previous;
  for (std::uint64_t left = count(3); left > 0; --left) {
    const std::size_t start = position_;
    const nb::str name = text();
    const std::string_view current = bytes_.substr(start, position_ - start);
    if (!previous.empty() && !encoded_less(previous, current)) throw FormatError("options that are out of order");
    previous = current;
    const nb::object value = read(view);
    if (view == View::object) {
      options.append(nb::make_tuple(name, value));
    } else {
      options.append(name + str("=") + nb::cast<nb::str>(value));
    }
  }
  if (view == View::object) return owned(PyList_AsTuple(options.ptr()));
  const nb::object short_name = nb::len(type) == 0 ? nb::object(str("Config")) : type.attr("rpartition")(".")[2];
  return joined(nb::cast<std::string>(short_name) + "(", options, ")");
}

nb::object Decoder::read_identity(View view) {
  const std::string_view address = take(8);
  if (!identities_) throw FormatError("an object by its address");
  const nb::handle object(reinterpret_cast<PyObject*>(static_cast<std::uintptr_t>(little_endian(address))));
  if (view == View::object) return nb::borrow(object);
  const nb::str repr = nb::repr(object);
  const bool is_one_line = PyUnicode_FindChar(repr.ptr(), '\n', 0, PyUnicode_GET_LENGTH(repr.ptr()), 1) < 0;
  return masked_text(is_one_line ? repr : nb::str(owned(PyBaseObject_Type.tp_repr(object.ptr()))));
}

}  // namespace client_cache::python
