// Regular files whole, and nothing else.
#include "model_store/file_reader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

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
  const std::string pipe = directory.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe, directory.path(), directory.path("missing"), std::string("/dev/null")}) {
    EXPECT_FALSE(identify(path)) << path;
    EXPECT_FALSE(read_file(path, 16)) << path;
  }
}

TEST(FileReader, DoesNotCutAPathAtANul) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  EXPECT_FALSE(identify(path + '\0' + ".json"));
}

TEST(FileReader, TellsAReplacedFileFromTheOldOne) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  const auto before = identify(path);
  std::filesystem::rename(directory.write("other", "text"), path);
  EXPECT_NE(identify(path), before);
}

}  // namespace
}  // namespace model_store::testing
