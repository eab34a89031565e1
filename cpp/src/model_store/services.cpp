#include "model_store/services.hpp"

#include <filesystem>
#include <system_error>

#include "model_store/search.hpp"
#include "platform/file.hpp"

namespace model_store {
namespace {

namespace fs = std::filesystem;

// Links are followed, as everywhere in the search for models. What cannot be asked for is not there.
bool is_file(const fs::path& path) {
  std::error_code none;
  return fs::is_regular_file(path, none);
}

bool has_model(const fs::directory_entry& version, const std::string& type) {
  std::error_code none;
  if (version.is_regular_file(none)) return false;
  const fs::path plain = version.path() / (type + ".json");
  return is_file(fs::path(plain) += ".gz") || is_file(plain);
}

bool has_model(const fs::path& service, const std::string& type) {
  for (const fs::directory_entry& version : fs::directory_iterator(service)) {
    if (has_model(version, type)) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> list_services(const std::string& root, std::string_view type_name) {
  std::vector<std::string> services;
  const std::string type(type_name);
  if (!is_directory(root)) return services;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(platform::path_of(root))) {
    if (entry.is_directory(none) && has_model(entry.path(), type))
      services.push_back(platform::name_of(entry.path().filename()));
  }
  return services;
}

std::vector<std::string> list_versions(const std::string& path, std::string_view type_name) {
  std::vector<std::string> found;
  const std::string type(type_name);
  std::error_code none;
  const fs::path service = platform::path_of(path);
  if (!fs::exists(service, none)) return found;
  for (const fs::directory_entry& version : fs::directory_iterator(service)) {
    if (has_model(version, type)) found.push_back(platform::name_of(version.path().filename()));
  }
  return found;
}

}  // namespace model_store
