// A parsed JSON text, compact and immutable: what every session's view of a model is a view of.
//
// Strings are stored once each. So are equal arrays and objects, and the key sequences of objects ("layouts"): service
// models repeat themselves so much that the whole is a fraction of its text. All parts lie in one block of frozen
// pages:
//
//   strings   where each string starts in the text, and the end of the last
//   text      the strings' UTF-8, one after another
//   numbers   what does not fit a word: large or negative integers, and every double
//   nodes     layout: count, key...   object: where its layout is, value...   array: count, value...
//   keys      a hash table of the strings that are keys, open addressing, for look-up by text
//
// Complexity: string, number, array and object access O(1); `find` O(length of the key + members). Thread safety:
// immutable. Invariants: keys of an object are unique, in the order of first appearance, the value being the last
// one's, as json has it; strings are valid UTF-8. Not here: parsing (see parse.hpp) and language objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "model_store/pages.hpp"
#include "model_store/value.hpp"

namespace model_store {

struct Number {
  enum class Type : std::uint32_t { signed_integer, unsigned_integer, floating } type;
  std::uint32_t unused;  // kept zero, so that numbers compare by their bytes
  std::uint64_t bits;
};

// The keys and values of one object, side by side and in file order.
struct Members {
  std::span<const std::uint32_t> keys;  // strings
  std::span<const std::uint32_t> values;

  [[nodiscard]] std::size_t size() const noexcept { return keys.size(); }
  [[nodiscard]] std::uint32_t key(std::size_t i) const noexcept { return keys[i]; }
  [[nodiscard]] Value value(std::size_t i) const noexcept { return Value::from_word(values[i]); }
};

class Document {
 public:
  [[nodiscard]] Value root() const noexcept { return root_; }
  [[nodiscard]] std::string_view string(std::uint32_t id) const noexcept {
    return text_.substr(strings_[id], strings_[id + 1] - strings_[id]);
  }
  [[nodiscard]] std::size_t string_count() const noexcept { return strings_.size() - 1; }
  [[nodiscard]] const Number& number(std::uint32_t id) const noexcept { return numbers_[id]; }
  [[nodiscard]] std::span<const std::uint32_t> array(Value array) const noexcept {
    return nodes_.subspan(array.payload() + 1, nodes_[array.payload()]);
  }
  [[nodiscard]] Members object(Value object) const noexcept {
    const auto layout = nodes_[object.payload()];
    const auto count = nodes_[layout];
    return {nodes_.subspan(layout + 1, count), nodes_.subspan(object.payload() + 1, count)};
  }
  // The value of `key` in `object`, or nothing.
  [[nodiscard]] std::optional<Value> find(Value object, std::string_view key) const noexcept;

  // What the document keeps in memory.
  [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(*this) + pages_.size(); }

 private:
  friend class DocumentBuilder;
  friend class Store;
  Document() = default;

  Pages pages_;
  mutable std::weak_ptr<void> companion_;  // the store's, guarded by its lock
  Value root_;
  std::span<const std::uint32_t> strings_;
  std::string_view text_;
  std::span<const Number> numbers_;
  std::span<const std::uint32_t> nodes_;
  std::span<const std::uint32_t> keys_;  // string + 1, or 0 for an empty slot; the size is a power of two
};

}  // namespace model_store
