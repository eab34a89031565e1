#include "model_store/file_reader.hpp"

namespace model_store {

std::optional<FileContent> read_file(const std::string& path, std::size_t padding) {
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!platform::identify(path)) return std::nullopt;  // asked first: opening a device has effects of its own
    const platform::File file(path);
    const auto before = file.identity();
    if (!before) return std::nullopt;
    FileContent content{*before, {Pages(before->size + padding), before->size}};
    if (file.read(content.buffer.pages.data(), before->size) && file.identity() == before) return content;
  }
  return std::nullopt;
}

}  // namespace model_store
