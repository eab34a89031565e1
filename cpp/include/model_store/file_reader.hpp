// Reading one regular file whole, with the identity of what was read.
//
// Files are read, never mapped: a mapped file that somebody truncates is a SIGBUS. A file that changes while it is read
// is read again. Complexity: O(size). Thread safety: free functions, no shared state. Not here: what the bytes mean.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "model_store/pages.hpp"
#include "platform/file.hpp"

namespace model_store {

struct FileContent {
  platform::FileIdentity identity;
  Buffer buffer;
};

// The content of the regular file at `path`, with `padding` zero bytes of room behind it. Nothing when it cannot be
// read, is no regular file (nor a FIFO, which would block), or would not keep still. Throws std::bad_alloc.
[[nodiscard]] std::optional<FileContent> read_file(const std::string& path, std::size_t padding);

}  // namespace model_store
