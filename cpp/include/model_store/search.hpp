// Searching directories, one after the other, for a document.
//
// The directories' form is botocore's: <directory>/<name>.json, or else <name>.json.gz. Complexity: one stat() for each
// directory, one for each file that is there or not, and a look-up in the store. Thread safety: free functions, no
// shared state but the store's. Not here: which directories are searched, and what to do with what only `json` can
// judge.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model_store/store.hpp"

namespace model_store {

struct Hit {
  Lookup lookup;  // the first that is not nothing
  std::size_t directory = 0;
  std::string_view extension;
};

// The first document of that name. What is no directory is passed over. Throws std::bad_alloc.
[[nodiscard]] Hit search(const std::vector<std::string>& directories, std::string_view name);

// `name` in `directory`, as os.path.join joins them: neither may be absolute but the directory.
[[nodiscard]] std::string joined(const std::string& directory, std::string_view name);

// Whether there is such a directory (links followed).
[[nodiscard]] bool is_directory(const std::string& path);

}  // namespace model_store
