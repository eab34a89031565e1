// Reading a regular file, and telling it from others. Paths are bytes of POSIX, and UTF-8 on Windows.
//
// Complexity: one system call each, but read(). Thread safety: free functions and const members, no shared state.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace platform {

// Two equal identities at one path are taken for one content.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  // on Windows: the index of the file
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // in the file system's smallest units of time
  std::int64_t changed = 0;   // of the status: nobody can set it back, as tools do with the time of modification

  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

// The identity of the regular file at `path` (links followed); nothing for anything else: no file, a directory, a FIFO.
[[nodiscard]] std::optional<FileIdentity> identify(const std::string& path) noexcept;

// A file opened for reading. Nobody waits for a FIFO's other end.
class File {
 public:
  explicit File(const std::string& path) noexcept;
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Nothing where no regular file was opened.
  [[nodiscard]] std::optional<FileIdentity> identity() const noexcept;
  // True when `size` more bytes were there.
  [[nodiscard]] bool read(std::byte* out, std::size_t size) const noexcept;

 private:
  std::intptr_t handle_;
};

// What joins the parts of a path.
#ifdef _WIN32
inline constexpr char kSeparator = '\\';
#else
inline constexpr char kSeparator = '/';
#endif

[[nodiscard]] std::filesystem::path path_of(const std::string& name);
[[nodiscard]] std::string name_of(const std::filesystem::path& path);

}  // namespace platform
