// Linux, macOS and what else has POSIX.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "platform/file.hpp"
#include "platform/fork.hpp"
#include "platform/pages.hpp"

namespace platform {

// ---- pages ----------------------------------------------------------------------------------------------------------

std::byte* map_pages(std::size_t size, [[maybe_unused]] Filling filling) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_POPULATE
  if (filling == Filling::eager) flags |= MAP_POPULATE;  // not macOS: there pages come by a fault each
#endif
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

void unmap_pages(void* pages, std::size_t size) noexcept { ::munmap(pages, size); }

void make_read_only(void* pages, std::size_t size) noexcept { static_cast<void>(::mprotect(pages, size, PROT_READ)); }

// ---- files ----------------------------------------------------------------------------------------------------------

namespace {

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

}  // namespace

std::optional<FileIdentity> identify(const std::string& path) noexcept {
  if (path.find('\0') != std::string::npos) return std::nullopt;  // to the system it would be a shorter path
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? regular(status) : std::nullopt;
}

File::File(const std::string& path) noexcept
    : handle_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}

File::~File() {
  if (handle_ >= 0) ::close(static_cast<int>(handle_));
}

std::optional<FileIdentity> File::identity() const noexcept {
  struct stat status;
  return handle_ >= 0 && ::fstat(static_cast<int>(handle_), &status) == 0 ? regular(status) : std::nullopt;
}

bool File::read(std::byte* out, std::size_t size) const noexcept {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(static_cast<int>(handle_), out + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

std::filesystem::path path_of(const std::string& name) { return name; }

std::string name_of(const std::filesystem::path& path) { return path.native(); }

// ---- forks ----------------------------------------------------------------------------------------------------------

ProcessId process_id() noexcept { return ::getpid(); }

void at_fork(AtFork before, AtFork in_parent, AtFork in_child) { ::pthread_atfork(before, in_parent, in_child); }

}  // namespace platform
