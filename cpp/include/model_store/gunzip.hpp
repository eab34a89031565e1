// Decompression of one gzip member.
//
// Complexity: O(output). Thread safety: a free function, no shared state.
// Not here: streams of several members and trailing bytes, which Python's gzip has rules of its own for.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "model_store/pages.hpp"

namespace model_store {

// The content of `compressed`, with `padding` zero bytes of room behind it; nothing unless it is exactly one intact
// member. Throws std::bad_alloc.
[[nodiscard]] std::optional<Buffer> gunzip(std::span<const std::byte> compressed, std::size_t padding);

}  // namespace model_store
