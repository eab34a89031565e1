#include "model_store/gunzip.hpp"

#include <libdeflate.h>

#include <cstdint>
#include <memory>
#include <new>

namespace model_store {
namespace {

// The last four bytes of a member: the size of its content. A claim, checked by decompressing.
std::size_t claimed_size(std::span<const std::byte> member) {
  std::uint32_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) size = size << 8U | std::to_integer<std::uint32_t>(member[member.size() - i]);
  return size;
}

struct Free {
  void operator()(libdeflate_decompressor* decompressor) const noexcept { libdeflate_free_decompressor(decompressor); }
};

}  // namespace

std::optional<Buffer> gunzip(std::span<const std::byte> compressed, std::size_t padding) {
  constexpr std::size_t kSmallestMember = 18;  // header and trailer
  constexpr std::size_t kLargestRatio = 1032;  // of deflate: a larger claim is a lie, and not worth the pages
  if (compressed.size() < kSmallestMember) return std::nullopt;
  const std::size_t size = claimed_size(compressed);
  if (size / kLargestRatio > compressed.size()) return std::nullopt;

  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  Buffer content{Pages(size + padding), size};
  std::size_t consumed = 0;
  std::size_t produced = 0;
  const auto result = libdeflate_gzip_decompress_ex(decompressor.get(), compressed.data(), compressed.size(),
                                                    content.pages.data(), size, &consumed, &produced);
  if (result != LIBDEFLATE_SUCCESS || consumed != compressed.size() || produced != size) return std::nullopt;
  return content;
}

}  // namespace model_store
