// Which of several directories' documents is found.
#include "model_store/search.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace model_store::testing {
namespace {

TEST(Search, FindsTheFirstDirectorysDocument) {
  const TemporaryDirectory directory;
  directory.write("one/a.json", "{}");
  directory.write("two/a.json", "{}");
  directory.write("two/b.json", "[");
  directory.write("file", "");
  const std::vector<std::string> directories{directory.path("missing"), directory.path("file"), "",
                                             directory.path("one") + "/", directory.path("two")};
  const Hit first = search(directories, "a");
  EXPECT_EQ(first.lookup.found, Found::document);
  EXPECT_EQ(first.directory, 3U);
  EXPECT_EQ(first.extension, ".json");
  const Hit damaged = search(directories, "b");
  EXPECT_EQ(damaged.lookup.found, Found::undecided);
  EXPECT_EQ(damaged.directory, 4U);
  EXPECT_EQ(search(directories, "c").lookup.found, Found::nothing);
  EXPECT_EQ(search({}, "a").lookup.found, Found::nothing);
}

TEST(Search, JoinsAsPythonDoes) {
  EXPECT_EQ(joined("/a", "b"), std::string("/a") + platform::kSeparator + "b");
  EXPECT_EQ(joined("/a/", "b"), "/a/b");
  EXPECT_EQ(joined("/a", ""), std::string("/a") + platform::kSeparator);
  EXPECT_EQ(joined("", "b"), "b");
}

}  // namespace
}  // namespace model_store::testing
