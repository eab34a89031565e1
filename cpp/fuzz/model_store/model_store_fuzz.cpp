// Any bytes, as a compressed file and as a text: no crash, and no document that is not what its text says.
//
// A document is checked two ways: every key is found under its own value, and the document written as JSON again is
// taken again, which only UTF-8 is, and comes out the same.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "model_store/gunzip.hpp"
#include "model_store/parse.hpp"

namespace {

using model_store::Document;
using model_store::Kind;
using model_store::Value;

void require(bool holds) {
  if (!holds) std::abort();
}

void write_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

void write_number(const model_store::Number& number, std::string& out) {
  char text[40];
  switch (number.type) {
    case model_store::Number::Type::signed_integer:
      out += std::to_string(static_cast<std::int64_t>(number.bits));
      return;
    case model_store::Number::Type::unsigned_integer:
      out += std::to_string(number.bits);
      return;
    case model_store::Number::Type::floating: {
      double real = 0;
      std::memcpy(&real, &number.bits, sizeof real);
      std::snprintf(text, sizeof text, "%.17e", real);
      out += text;
      return;
    }
  }
}

void write(const Document& document, Value value, std::string& out) {
  switch (value.kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.payload() != 0 ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(value.payload());
      return;
    case Kind::number:
      write_number(document.number(value.payload()), out);
      return;
    case Kind::string:
      write_string(document.string(value.payload()), out);
      return;
    case Kind::array: {
      const auto words = document.array(value);
      out += '[';
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += ',';
        write(document, Value::from_word(words[i]), out);
      }
      out += ']';
      return;
    }
    case Kind::object: {
      const auto members = document.object(value);
      out += '{';
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out += ',';
        const auto key = document.string(members.key(i));
        require(document.find(value, key) == members.value(i));
        write_string(key, out);
        out += ':';
        write(document, members.value(i), out);
      }
      out += '}';
      return;
    }
  }
}

model_store::Buffer buffer_of(std::string_view text) {
  model_store::Buffer buffer{model_store::Pages(text.size() + model_store::kTextPadding), text.size()};
  if (!text.empty()) std::memcpy(buffer.pages.data(), text.data(), text.size());
  return buffer;
}

void check(const model_store::Buffer& text) {
  const auto document = model_store::parse(text);
  if (!document) return;
  std::string written;
  write(*document, document->root(), written);
  const auto again = model_store::parse(buffer_of(written));
  require(again != nullptr);
  std::string rewritten;
  write(*again, again->root(), rewritten);
  require(rewritten == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto text = model_store::gunzip(std::as_bytes(std::span(data, size)), model_store::kTextPadding)) {
    check(*text);
  }
  check(buffer_of({reinterpret_cast<const char*>(data), size}));
  return 0;
}
