// Builds a document bottom-up: values first, then what contains them. Equal parts are stored once.
//
// Complexity: O(1) expected for each scalar, O(members) for each container; `finish` copies everything once.
// Thread safety: none. Invariant: every Value handed in was handed out by this builder.
// Not here: reading JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model_store/document.hpp"
#include "model_store/interner.hpp"

namespace model_store {

class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::size_t text_size);  // of the JSON text, as a hint

  std::uint32_t string(std::string_view text);
  std::uint32_t key(std::string_view text);  // a string that is looked up by
  Value integer(std::int64_t number);
  Value unsigned_integer(std::uint64_t number);
  Value floating(double number);
  Value array(std::span<const std::uint32_t> values);
  // A key that is there twice stays where it first was, with the value it last had, as json has it.
  Value object(std::span<const std::uint32_t> keys, std::span<const std::uint32_t> values);

  // Throws std::length_error when the document is too large for its words.
  [[nodiscard]] std::shared_ptr<const Document> finish(Value root);

 private:
  [[nodiscard]] std::string_view text_of(std::uint32_t string) const noexcept {
    return std::string_view(text_.data(), text_.size())
        .substr(strings_[string], strings_[string + 1] - strings_[string]);
  }
  Value number(Number number);
  Value object_of_duplicates(std::span<const std::uint32_t> keys, std::span<const std::uint32_t> values);
  // The offset of the node `head, words...`, found by `index` or new.
  std::uint32_t node(Interner& index, std::uint32_t head, std::span<const std::uint32_t> words);
  [[nodiscard]] std::vector<std::uint32_t> key_table() const;

  PageVector<char> text_;
  PageVector<std::uint32_t> strings_;
  std::vector<bool> is_key_;
  std::vector<Number> numbers_;
  PageVector<std::uint32_t> nodes_;
  Interner string_index_;
  Interner number_index_;
  Interner node_index_;
  Interner layout_index_;  // apart, so that a layout is known exactly when its keys were checked
  std::unordered_set<std::uint32_t> layouts_with_duplicates_;
};

}  // namespace model_store
