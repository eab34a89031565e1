// Windows.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <algorithm>
#include <new>
#include <string_view>

#include "platform/file.hpp"
#include "platform/fork.hpp"
#include "platform/pages.hpp"

namespace platform {

// ---- pages ----------------------------------------------------------------------------------------------------------

std::byte* map_pages(std::size_t size, Filling /*filling*/) {
  void* const mapped = ::VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (mapped == nullptr) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

void unmap_pages(void* pages, std::size_t /*size*/) noexcept { ::VirtualFree(pages, 0, MEM_RELEASE); }

void make_read_only(void* pages, std::size_t size) noexcept {
  DWORD before = 0;
  static_cast<void>(::VirtualProtect(pages, size, PAGE_READONLY, &before));
}

// ---- files ----------------------------------------------------------------------------------------------------------

namespace {

std::int64_t ticks(DWORD high, DWORD low) noexcept {
  return static_cast<std::int64_t>(std::uint64_t{high} << 32U | low);
}

HANDLE as_handle(std::intptr_t handle) noexcept { return reinterpret_cast<HANDLE>(handle); }

// Others may write, rename and delete meanwhile, as they may on POSIX. No handle for a name that is no Unicode.
std::intptr_t open_file(const std::string& path, DWORD access) noexcept {
  HANDLE handle = INVALID_HANDLE_VALUE;
  try {
    constexpr DWORD kShared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    handle =
        ::CreateFileW(path_of(path).c_str(), access, kShared, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  } catch (const std::exception&) {  // the conversion of the name
  }
  return reinterpret_cast<std::intptr_t>(handle);
}

}  // namespace

std::optional<FileIdentity> identify(const std::string& path) noexcept {
  if (path.find('\0') != std::string::npos) return std::nullopt;  // to the system it would be a shorter path
  return File(path).identity();
}

File::File(const std::string& path) noexcept : handle_(open_file(path, GENERIC_READ)) {}

File::~File() {
  if (as_handle(handle_) != INVALID_HANDLE_VALUE) ::CloseHandle(as_handle(handle_));
}

std::optional<FileIdentity> File::identity() const noexcept {
  HANDLE const handle = as_handle(handle_);
  if (handle == INVALID_HANDLE_VALUE || ::GetFileType(handle) != FILE_TYPE_DISK) return std::nullopt;
  BY_HANDLE_FILE_INFORMATION file;
  FILE_BASIC_INFO times;
  if (!::GetFileInformationByHandle(handle, &file) ||
      !::GetFileInformationByHandleEx(handle, FileBasicInfo, &times, sizeof times) ||
      (file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return std::nullopt;
  }
  return FileIdentity{file.dwVolumeSerialNumber,
                      static_cast<std::uint64_t>(ticks(file.nFileIndexHigh, file.nFileIndexLow)),
                      static_cast<std::uint64_t>(ticks(file.nFileSizeHigh, file.nFileSizeLow)),
                      times.LastWriteTime.QuadPart, times.ChangeTime.QuadPart};
}

bool File::read(std::byte* out, std::size_t size) const noexcept {
  constexpr std::size_t kMostAtOnce = std::size_t{1} << 30U;
  std::size_t done = 0;
  while (done < size) {
    DWORD got = 0;
    const auto wanted = static_cast<DWORD>(std::min(size - done, kMostAtOnce));
    if (!::ReadFile(as_handle(handle_), out + done, wanted, &got, nullptr) || got == 0) return false;
    done += got;
  }
  return true;
}

std::filesystem::path path_of(const std::string& name) {
  return std::u8string_view(reinterpret_cast<const char8_t*>(name.data()), name.size());
}

std::string name_of(const std::filesystem::path& path) {
  const std::u8string name = path.u8string();
  return {name.begin(), name.end()};
}

// ---- forks ----------------------------------------------------------------------------------------------------------

ProcessId process_id() noexcept { return static_cast<ProcessId>(::GetCurrentProcessId()); }

void at_fork(AtFork /*before*/, AtFork /*in_parent*/, AtFork /*in_child*/) {}

}  // namespace platform
