// JSON text to document.
//
// simdjson reads the text. It and Python's `json` differ about some texts (NaN, huge numbers, lone surrogates, a
// byte-order mark, depth); what `json` does is the rule here, so a text is taken only when both are sure to agree on
// it. Complexity: O(text). Thread safety: a free function, no shared state.
#pragma once

#include <cstddef>
#include <memory>

#include "model_store/document.hpp"
#include "model_store/pages.hpp"

namespace model_store {

// Zero bytes that must follow a text.
extern const std::size_t kTextPadding;

// The document of `text`, or null when the text is invalid, is no array or object, or needs `json` to say what it
// means. Throws std::bad_alloc.
[[nodiscard]] std::shared_ptr<const Document> parse(const Buffer& text);

}  // namespace model_store
