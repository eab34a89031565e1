#include "model_store/parse.hpp"

#include <simdjson.h>

#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "model_store/document_builder.hpp"
#include "platform/allocator.hpp"

namespace model_store {
namespace {

namespace dom = simdjson::dom;

// Service models are some 30 levels deep. How deep `json` goes depends on the interpreter's stack: it may judge.
constexpr std::size_t kMostDepth = 200;

// Surrogate escapes: what becomes of a lone one, or of a pair in the wrong order, differs between versions of simdjson.
// A byte-order mark: simdjson skips it, `json` refuses the text.
bool readers_may_differ(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return true;
  const auto is_surrogate = [](std::string_view escape) {  // "uD800" to "uDFFF"
    return escape.size() >= 3 && escape[0] == 'u' && (escape[1] == 'd' || escape[1] == 'D') &&
           std::string_view("89abcdefABCDEF").find(escape[2]) != std::string_view::npos;
  };
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    if (is_surrogate(text.substr(at + 1, 3))) return true;
    at += 2;  // past what is escaped, which may be a backslash
    if (at >= text.size()) break;
  }
  return false;
}

// Turns simdjson's tree into a document's, recursively: depth is bounded by kMostDepth.
class Converter {
 public:
  explicit Converter(std::size_t text_size) : builder_(text_size) {}

  std::shared_ptr<const Document> convert(const dom::element& root) { return builder_.finish(value(root)); }

 private:
  Value value(const dom::element& element) {
    switch (element.type()) {
      case dom::element_type::OBJECT:
        return object(element.get_object().value_unsafe());
      case dom::element_type::ARRAY:
        return array(element.get_array().value_unsafe());
      case dom::element_type::STRING:
        return {Kind::string, builder_.string(element.get_string().value_unsafe())};
      case dom::element_type::INT64:
        return builder_.integer(element.get_int64().value_unsafe());
      case dom::element_type::UINT64:
        return builder_.unsigned_integer(element.get_uint64().value_unsafe());
      case dom::element_type::DOUBLE:
        return builder_.floating(element.get_double().value_unsafe());
      case dom::element_type::BOOL:
        return {Kind::boolean, element.get_bool().value_unsafe() ? 1U : 0U};
      case dom::element_type::NULL_VALUE:
        break;
    }
    return {};
  }

  Value array(const dom::array& array) {
    const std::size_t first = values_.size();
    for (const dom::element element : array) values_.push_back(value(element).word());
    const Value made = builder_.array(std::span(values_).subspan(first));
    values_.resize(first);
    return made;
  }

  Value object(const dom::object& object) {
    const std::size_t first_key = keys_.size();
    const std::size_t first_value = values_.size();
    for (const auto& [key, element] : object) {
      keys_.push_back(builder_.key(key));
      values_.push_back(value(element).word());
    }
    const Value made = builder_.object(std::span(keys_).subspan(first_key), std::span(values_).subspan(first_value));
    keys_.resize(first_key);
    values_.resize(first_value);
    return made;
  }

  DocumentBuilder builder_;
  // The keys and values of the containers that are being read, the innermost's last.
  std::vector<std::uint32_t> keys_;
  std::vector<std::uint32_t> values_;
};

std::shared_ptr<const Document> parse_text(std::string_view text) {
  dom::parser parser;
  dom::element root;
  auto error = parser.allocate(text.size(), kMostDepth);
  if (error == simdjson::SUCCESS) error = parser.parse(text.data(), text.size(), /*realloc_if_needed=*/false).get(root);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error != simdjson::SUCCESS || !(root.is_object() || root.is_array())) return nullptr;
  try {
    return Converter(text.size()).convert(root);
  } catch (const std::length_error&) {  // larger than a document can be
    return nullptr;
  }
}

// Of the tens of megabytes that parsing a large model takes nothing is to stay behind.
void return_freed_memory(std::size_t text_size) {
  constexpr std::size_t kLargeText = 256 * 1024;
  constexpr std::size_t kParsers = 14;  // bytes that a parser takes for each byte of text
  if (text_size >= kLargeText) platform::return_freed_memory(kParsers * text_size);
}

// simdjson makes its statics at its first parse; they are made when the library is loaded, for the same reason as the
// store.
[[maybe_unused]] const simdjson::error_code made_at_load = [] {
  simdjson::dom::parser parser;
  return parser.parse(simdjson::padded_string(std::string_view("[]"))).error();
}();

[[maybe_unused]] const bool prepared_at_load = platform::prepare_to_return_memory();

}  // namespace

const std::size_t kTextPadding = simdjson::SIMDJSON_PADDING;

std::shared_ptr<const Document> parse(const Buffer& text) {
  const std::string_view view(reinterpret_cast<const char*>(text.pages.data()), text.size);
  if (readers_may_differ(view)) return nullptr;
  auto document = parse_text(view);
  return_freed_memory(text.size);
  return document;
}

}  // namespace model_store
