#include "model_store/search.hpp"

#include <sys/stat.h>

#include <utility>

namespace model_store {

Hit search(const std::vector<std::string>& directories, std::string_view name) {
  for (std::size_t i = 0; i < directories.size(); ++i) {
    if (!is_directory(directories[i])) continue;
    const std::string path = joined(directories[i], name);
    for (const std::string_view extension : {".json", ".json.gz"}) {
      Lookup lookup = Store::instance().get(std::string(path).append(extension));
      if (lookup.found != Found::nothing) return {std::move(lookup), i, extension};
    }
  }
  return {};
}

std::string joined(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

bool is_directory(const std::string& path) noexcept {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace model_store
