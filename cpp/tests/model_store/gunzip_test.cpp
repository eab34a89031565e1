// Exactly one intact member, or nothing.
#include "model_store/gunzip.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>

#include "support.hpp"

namespace model_store::testing {
namespace {

std::string gzip(std::string_view text) {
  auto* const compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::string content_of(std::string_view compressed) {
  const auto content = gunzip(std::as_bytes(std::span(compressed)), 8);
  if (!content) return "refused";
  return {reinterpret_cast<const char*>(content->pages.data()), content->size};
}

TEST(Gunzip, GivesTheContent) {
  EXPECT_EQ(content_of(gzip("text")), "text");
  EXPECT_EQ(content_of(gzip("")), "");
  EXPECT_EQ(content_of(gzip(std::string(1'000'000, 'x'))), std::string(1'000'000, 'x'));
}

TEST(Gunzip, RefusesEveryTruncation) {
  const std::string whole = gzip("some text that is compressed, some text");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(content_of(whole.substr(0, size)), "refused");
}

TEST(Gunzip, RefusesAWrongChecksumOrSize) {
  std::string damaged = gzip("some text");
  damaged[damaged.size() - 8] ^= 1;
  EXPECT_EQ(content_of(damaged), "refused");
  damaged = gzip("some text");
  damaged[damaged.size() - 4] ^= 1;
  EXPECT_EQ(content_of(damaged), "refused");
  damaged = gzip("some text");
  damaged[damaged.size() - 1] = '\x7f';  // two gigabytes out of thirty bytes
  EXPECT_EQ(content_of(damaged), "refused");
}

TEST(Gunzip, LeavesFurtherMembersAndTrailingBytesToPython) {
  EXPECT_EQ(content_of(gzip("a") + gzip("b")), "refused");
  EXPECT_EQ(content_of(gzip("a") + std::string(8, '\0')), "refused");
}

}  // namespace
}  // namespace model_store::testing
