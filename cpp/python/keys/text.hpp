// Python's texts as bytes: UTF-8, with lone surrogates passed through.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <string_view>

#include "interpreter/capi.hpp"
#include "keys/byte_buffer.hpp"
#include "keys/encoding.hpp"

namespace client_cache::python {

inline std::string_view ascii_view(PyObject* text) {
  return {static_cast<const char*>(PyUnicode_DATA(text)), static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
}

inline bool is_ascii(PyObject* text) { return PyUnicode_IS_COMPACT_ASCII(text); }

inline nb::object utf8_bytes(PyObject* text) {
  return owned(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"));
}

inline std::string_view bytes_view(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

// Text orders by its code points as it does by its UTF-8.
inline bool text_less(PyObject* left, PyObject* right) { return PyUnicode_Compare(left, right) < 0; }

inline std::string qualified_name(PyTypeObject* type) {
  const nb::handle handle(reinterpret_cast<PyObject*>(type));
  std::string name;
  for (const char* part : {"__module__", "__qualname__"}) {
    const nb::object utf8 = utf8_bytes(nb::str(handle.attr(part)).ptr());
    name.append(name.empty() ? "" : ".").append(bytes_view(utf8.ptr()));
  }
  return name;
}

inline void append_sized(ByteBuffer& out, Tag tag, std::string_view bytes) {
  out.push(static_cast<char>(tag));
  out.append_varint(bytes.size());
  out.append(bytes);
}

// A text in which no URL is looked for.
inline void append_name(ByteBuffer& out, PyObject* text) {
  if (is_ascii(text)) return append_sized(out, Tag::text, ascii_view(text));
  append_sized(out, Tag::text, bytes_view(utf8_bytes(text).ptr()));
}

}  // namespace client_cache::python
