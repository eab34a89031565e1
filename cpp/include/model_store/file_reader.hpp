// Reading one regular file whole, with the identity of what was read.
//
// Files are read, never mapped: a mapped file that somebody truncates is a SIGBUS. A file that changes while it is read
// is read again. Complexity: O(size). Thread safety: free functions, no shared state. Not here: what the bytes mean.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "model_store/pages.hpp"

namespace model_store {

// Two equal identities at one path are taken for one content.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // of the status: nobody can set it back, as tools do with the time of modification

  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

struct FileContent {
  FileIdentity identity;
  Buffer buffer;
};

// The identity of the regular file at `path` (links followed); nothing for anything else: no file, a directory, a FIFO.
[[nodiscard]] std::optional<FileIdentity> identify(const std::string& path) noexcept;

// The content of the regular file at `path`, with `padding` zero bytes of room behind it. Nothing when it cannot be
// read, is no regular file (nor a FIFO, which would block), or would not keep still. Throws std::bad_alloc.
[[nodiscard]] std::optional<FileContent> read_file(const std::string& path, std::size_t padding);

}  // namespace model_store
