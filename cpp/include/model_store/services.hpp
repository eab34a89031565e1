// Which services a data directory holds models for, and in which API versions.
//
// The directory's form is botocore's: <root>/<service>/<API version>/<type>.json[.gz].
// Complexity: one directory read for each service, one stat() for most. Thread safety: free functions, no shared state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace model_store {

// The services under `root` that have a model of `type`, unsorted. Empty when `root` is no directory; throws
// std::system_error when a directory cannot be read.
[[nodiscard]] std::vector<std::string> list_services(const std::string& root, std::string_view type);

// The API versions of a service, by its directory, that have a model of `type`, unsorted. Empty when there is nothing
// at `path`; throws std::system_error when that is no directory, or cannot be read.
[[nodiscard]] std::vector<std::string> list_versions(const std::string& path, std::string_view type);

}  // namespace model_store
