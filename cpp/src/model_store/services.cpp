#include "model_store/services.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "model_store/search.hpp"

namespace model_store {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

class Directory {
 public:
  explicit Directory(const std::string& path) : path_(path), stream_(::opendir(path.c_str())) {
    if (!stream_) fail();
  }

  // The next entry but "." and "..", or null.
  [[nodiscard]] const dirent* next() {
    while (true) {
      errno = 0;
      const dirent* const entry = ::readdir(stream_.get());
      if (entry == nullptr && errno != 0) fail();
      if (entry == nullptr) return nullptr;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") return entry;
    }
  }

  // Links are followed, as everywhere in the search for models.
  [[nodiscard]] bool has(const std::string& name, mode_t type) const noexcept {
    struct stat status;
    return ::fstatat(::dirfd(stream_.get()), name.c_str(), &status, 0) == 0 && (status.st_mode & S_IFMT) == type;
  }

 private:
  [[noreturn]] void fail() const { throw std::system_error(errno, std::generic_category(), path_); }

  std::string path_;
  std::unique_ptr<DIR, CloseDirectory> stream_;
};

bool has_model(const Directory& versions, const dirent& version, std::string_view type) {
  if (version.d_type == DT_REG) return false;
  const std::string plain = std::string(version.d_name).append("/").append(type).append(".json");
  return versions.has(plain + ".gz", S_IFREG) || versions.has(plain, S_IFREG);
}

bool has_model(const std::string& service_path, std::string_view type) {
  Directory versions(service_path);
  while (const dirent* const version = versions.next()) {
    if (has_model(versions, *version, type)) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> list_services(const std::string& root, std::string_view type) {
  std::vector<std::string> services;
  if (!is_directory(root)) return services;
  Directory entries(root);
  while (const dirent* const entry = entries.next()) {
    const std::string name = entry->d_name;
    if (entry->d_type != DT_DIR && (entry->d_type == DT_REG || !entries.has(name, S_IFDIR))) continue;
    if (has_model(std::string(root).append("/").append(name), type)) services.push_back(name);
  }
  return services;
}

std::vector<std::string> list_versions(const std::string& path, std::string_view type) {
  std::vector<std::string> found;
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return found;
  Directory versions(path);
  while (const dirent* const version = versions.next()) {
    if (has_model(versions, *version, type)) found.emplace_back(version->d_name);
  }
  return found;
}

}  // namespace model_store
