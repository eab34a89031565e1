// One JSON value inside a document: a kind and where to find the rest, in one word.
//
// Complexity: everything is O(1). Thread safety: a plain value.
// Not here: the contents; they belong to the document.
#pragma once

#include <cstdint>

namespace model_store {

enum class Kind : std::uint32_t { null, boolean, integer, number, string, array, object };

class Value {
 public:
  static constexpr std::uint32_t kKindBits = 3;
  static constexpr std::uint32_t kPayloadLimit = 1U << (32U - kKindBits);  // payloads are below this

  constexpr Value() = default;
  constexpr Value(Kind kind, std::uint32_t payload) noexcept
      : word_(payload << kKindBits | static_cast<std::uint32_t>(kind)) {}
  [[nodiscard]] static constexpr Value from_word(std::uint32_t word) noexcept {
    Value value;
    value.word_ = word;
    return value;
  }

  [[nodiscard]] constexpr std::uint32_t word() const noexcept { return word_; }
  [[nodiscard]] constexpr Kind kind() const noexcept { return static_cast<Kind>(word_ & ((1U << kKindBits) - 1U)); }
  // boolean: 0 or 1; integer: itself; number and string: which one; array and object: where it starts.
  [[nodiscard]] constexpr std::uint32_t payload() const noexcept { return word_ >> kKindBits; }
  [[nodiscard]] constexpr bool is_container() const noexcept { return kind() == Kind::array || kind() == Kind::object; }

  friend constexpr bool operator==(Value, Value) = default;

 private:
  std::uint32_t word_ = 0;  // null
};

}  // namespace model_store
