#include "model_store/document.hpp"

#include <algorithm>
#include <functional>

namespace model_store {

std::optional<Value> Document::find(Value object, std::string_view key) const noexcept {
  const std::size_t mask = keys_.size() - 1;
  for (std::size_t slot = std::hash<std::string_view>{}(key)&mask; keys_[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t id = keys_[slot] - 1;
    if (string(id) != key) continue;
    const Members members = this->object(object);
    const auto found = std::ranges::find(members.keys, id);
    if (found == members.keys.end()) return std::nullopt;
    return members.value(static_cast<std::size_t>(found - members.keys.begin()));
  }
  return std::nullopt;
}

}  // namespace model_store
