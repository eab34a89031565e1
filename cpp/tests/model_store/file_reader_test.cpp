// Regular files whole, and nothing else.
#include "model_store/file_reader.hpp"

#include <gtest/gtest.h>
#ifndef _WIN32
#include <sys/stat.h>
#endif

#include <string>
#include <vector>

#include "support.hpp"

namespace model_store::testing {
namespace {

TEST(FileReader, ReadsAWholeFileWithPaddingOfZeros) {
  const TemporaryDirectory directory;
  const auto content = read_file(directory.write("file", "text"), 16);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->buffer.size, 4U);
  EXPECT_EQ(content->identity.size, 4U);
  EXPECT_EQ(std::memcmp(content->buffer.pages.data(), "text\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20), 0);
}

TEST(FileReader, TakesNoDirectoryPipeOrMissingFile) {
  const TemporaryDirectory directory;
  std::vector<std::string> others = {directory.path(), directory.path("missing")};
#ifdef _WIN32
  others.emplace_back("NUL");
#else
  others.push_back(directory.path("pipe"));
  ASSERT_EQ(::mkfifo(others.back().c_str(), 0600), 0);
  others.emplace_back("/dev/null");
#endif
  for (const std::string& path : others) {
    EXPECT_FALSE(platform::identify(path)) << path;
    EXPECT_FALSE(read_file(path, 16)) << path;
  }
}

TEST(FileReader, DoesNotCutAPathAtANul) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  EXPECT_FALSE(platform::identify(path + '\0' + ".json"));
}

TEST(FileReader, TellsAReplacedFileFromTheOldOne) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  const auto before = platform::identify(path);
  std::filesystem::rename(directory.write("other", "text"), path);
  EXPECT_NE(platform::identify(path), before);
}

}  // namespace
}  // namespace model_store::testing
