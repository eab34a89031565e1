// Builds a document bottom-up: values first, then what contains them. Equal parts are stored once.
//
// Complexity: O(1) expected for each scalar, O(members) for each container; `finish` copies everything once.
// Thread safety: none. Invariant: every Value handed in was handed out by this builder.
// Not here: reading JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_store/document.hpp"
#include "model_store/interner.hpp"

namespace model_store {

class DocumentBuilder {
 public:
  std::uint32_t string(std::string_view text);
  std::uint32_t key(std::string_view text);  // a string that is looked up by
  Value integer(std::int64_t number);
  Value unsigned_integer(std::uint64_t number);
  Value floating(double number);
  Value array(std::span<const std::uint32_t> values);
  // `keys` are unique.
  Value object(std::span<const std::uint32_t> keys, std::span<const std::uint32_t> values);

  // Throws std::length_error when the document is too large for its words.
  [[nodiscard]] std::shared_ptr<const Document> finish(Value root);

 private:
  Value number(Number number);
  // The offset of the node `head, words...`, new or found.
  std::uint32_t node(std::uint32_t head, std::span<const std::uint32_t> words);
  [[nodiscard]] std::vector<std::uint32_t> key_table() const;

  std::string text_;
  std::vector<std::uint32_t> strings_{0};
  std::vector<bool> is_key_;
  std::vector<Number> numbers_;
  std::vector<std::uint32_t> nodes_;
  Interner string_index_;
  Interner number_index_;
  Interner node_index_;
};

}  // namespace model_store
