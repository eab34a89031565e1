// Which directories count as services.
#include "model_store/services.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <system_error>

#include "support.hpp"

namespace model_store::testing {
namespace {

std::vector<std::string> sorted_services(const std::string& root, std::string_view type) {
  auto services = list_services(root, type);
  std::ranges::sort(services);
  return services;
}

TEST(Services, AreDirectoriesWithAModelOfTheType) {
  const TemporaryDirectory directory;
  directory.write("plain/2020-01-01/service-2.json", "{}");
  directory.write("packed/2020-01-01/service-2.json.gz", "");
  directory.write("old/2019-01-01/service-2.json", "{}");
  directory.write("old/2020-01-01/other-1.json", "{}");
  directory.write("other/2020-01-01/other-1.json", "{}");
  directory.write("endpoints.json", "{}");
  directory.write("flat/service-2.json", "{}");
  std::filesystem::create_directories(directory.path("deep/2020-01-01/service-2.json"));
  EXPECT_EQ(sorted_services(directory.path(), "service-2"), (std::vector<std::string>{"old", "packed", "plain"}));
  EXPECT_EQ(sorted_services(directory.path(), "other-1"), (std::vector<std::string>{"old", "other"}));
}

#ifndef _WIN32  // where not everybody may link
TEST(Services, MayBeLinks) {
  const TemporaryDirectory directory;
  directory.write("plain/2020-01-01/service-2.json", "{}");
  std::filesystem::create_directory_symlink(directory.path("plain"), directory.path("linked"));
  std::filesystem::create_symlink(directory.path("nowhere"), directory.path("dangling"));
  EXPECT_EQ(sorted_services(directory.path(), "service-2"), (std::vector<std::string>{"linked", "plain"}));
}
#endif

TEST(Services, AreNoneWhereThereIsNoDirectory) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(list_services(directory.path("missing"), "service-2").empty());
  EXPECT_TRUE(list_services(directory.write("file", ""), "service-2").empty());
}

TEST(Services, WereAnErrorWhereTheDirectoryCannotBeAskedFor) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(list_services(directory.path(std::string(5000, 'x')), "service-2").empty());
}

TEST(Services, HaveTheVersionsWithAModelOfTheType) {
  const TemporaryDirectory directory;
  directory.write("service/2019-01-01/service-2.json", "{}");
  directory.write("service/2020-01-01/service-2.json.gz", "");
  directory.write("service/2021-01-01/other-1.json", "{}");
  directory.write("service/service-2.json", "{}");
  auto versions = list_versions(directory.path("service"), "service-2");
  std::ranges::sort(versions);
  EXPECT_EQ(versions, (std::vector<std::string>{"2019-01-01", "2020-01-01"}));
  EXPECT_TRUE(list_versions(directory.path("missing"), "service-2").empty());
  EXPECT_THROW((void)list_versions(directory.write("file", ""), "service-2"), std::system_error);
}

}  // namespace
}  // namespace model_store::testing
