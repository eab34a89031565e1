#include "model_store/search.hpp"

#include <filesystem>
#include <utility>

#include "platform/file.hpp"

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
  if (!path.empty() && path.back() != '/' && path.back() != platform::kSeparator) path += platform::kSeparator;
  return path.append(name);
}

bool is_directory(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_directory(platform::path_of(path), none);
}

}  // namespace model_store
