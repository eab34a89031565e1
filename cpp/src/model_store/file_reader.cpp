#include "model_store/file_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace model_store {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
  }  // non-blocking: it may be a FIFO by now
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

std::int64_t nanoseconds(const struct timespec& time) noexcept {
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

std::optional<FileIdentity> regular(const struct stat& status) noexcept {
  if (!S_ISREG(status.st_mode)) return std::nullopt;
#ifdef __APPLE__
  const auto &modified = status.st_mtimespec, &changed = status.st_ctimespec;
#else
  const auto &modified = status.st_mtim, &changed = status.st_ctim;
#endif
  return FileIdentity{static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
                      static_cast<std::uint64_t>(status.st_size), nanoseconds(modified), nanoseconds(changed)};
}

std::optional<FileIdentity> identify(int fd) noexcept {
  struct stat status;
  return ::fstat(fd, &status) == 0 ? regular(status) : std::nullopt;
}

// True when exactly `size` bytes were there to be read.
bool read_all(int fd, std::byte* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, out + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

std::optional<FileIdentity> identify(const std::string& path) noexcept {
  if (path.find('\0') != std::string::npos) return std::nullopt;  // to the system it would be a shorter path
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? regular(status) : std::nullopt;
}

std::optional<FileContent> read_file(const std::string& path, std::size_t padding) {
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!identify(path)) return std::nullopt;  // asked first: opening a device has effects of its own
    const Descriptor file(path);
    const auto before = file.get() >= 0 ? identify(file.get()) : std::nullopt;
    if (!before) return std::nullopt;
    FileContent content{*before, {Pages(before->size + padding), before->size}};
    if (read_all(file.get(), content.buffer.pages.data(), before->size) && identify(file.get()) == before)
      return content;
  }
  return std::nullopt;
}

}  // namespace model_store
