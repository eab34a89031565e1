// One reading for all who ask, freshness and release.
#include "model_store/store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "support.hpp"
#include "support/latch.hpp"

namespace model_store::testing {
namespace {

TEST(Store, GivesEveryoneTheSameDocument) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("x.json", R"({"a": 1})");
  const Lookup one = Store::instance().get(path);
  const Lookup two = Store::instance().get(path);
  ASSERT_EQ(one.found, Found::document);
  EXPECT_EQ(one.document, two.document);
}

TEST(Store, ReadsAReplacedFileAnewAndKeepsTheOldDocumentForItsUsers) {
  const TemporaryDirectory directory;
  const std::string path = directory.write("x.json", R"({"a": 1})");
  const Lookup old = Store::instance().get(path);
  std::filesystem::rename(directory.write("new.json", R"({"a": 22})"), path);
  const Lookup fresh = Store::instance().get(path);
  EXPECT_EQ(dump(*old.document, old.document->root()), R"({"a":1})");
  EXPECT_EQ(dump(*fresh.document, fresh.document->root()), R"({"a":22})");
}

TEST(Store, TellsNoFileFromOneThatItCannotJudge) {
  const TemporaryDirectory directory;
  EXPECT_EQ(Store::instance().get(directory.path("missing.json")).found, Found::nothing);
  EXPECT_EQ(Store::instance().get(directory.path()).found, Found::nothing);
  EXPECT_EQ(Store::instance().get(directory.write("bad.json", "{")).found, Found::undecided);
  EXPECT_EQ(Store::instance().get(directory.write("bad.json.gz", "no gzip")).found, Found::undecided);
}

TEST(Store, ReleasesWhatNobodyUses) {
  const TemporaryDirectory directory;
  const std::string used = directory.write("used.json", "[1]");
  const std::string unused = directory.write("unused.json", "[2]");
  const Lookup kept = Store::instance().get(used);
  (void)Store::instance().get(unused);
  EXPECT_GE(Store::instance().release_unused(), 1U);
  bool found_used = false;
  for (const auto& held : Store::instance().held()) {
    EXPECT_NE(held.path, unused);
    if (held.path != used) continue;
    found_used = true;
    EXPECT_TRUE(held.in_use);
    EXPECT_EQ(held.bytes, kept.document->bytes());
  }
  EXPECT_TRUE(found_used);
}

TEST(Store, ReadsOnceForManyThreads) {
  const TemporaryDirectory directory;
  std::string text = "[0";
  for (int i = 0; i < 200'000; ++i) text += ',' + std::to_string(i);
  const std::string path = directory.write("x.json", text + ']');
  constexpr int kThreads = 8;
  client_cache::testing::Latch start(kThreads);
  std::vector<Lookup> lookups(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      lookups[static_cast<std::size_t>(i)] = Store::instance().get(path);
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<const Document*> documents;
  for (const auto& lookup : lookups) documents.insert(lookup.document.get());
  EXPECT_EQ(documents.size(), 1U);
}

// A file that is replaced at every attempt to read it is left to `json`: never taken for none, never read in part. Once
// it keeps still, it is judged.
TEST(Store, SurvivesReplacementAndReleaseUnderManyReaders) {
  const TemporaryDirectory directory;
  const auto text = [](std::string_view value) { return R"({"v": ")" + std::string(value) + R"("})"; };
  const std::string path = directory.write("x.json", text("old"));
  constexpr int kReaders = 4;
  client_cache::testing::Latch start(kReaders + 1);
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      EXPECT_EQ(Store::instance().get(path).found, Found::document);
      start.arrive_and_wait();
      while (!stop) {
        const Lookup lookup = Store::instance().get(path);
        EXPECT_NE(lookup.found, Found::nothing);
        EXPECT_EQ(lookup.found == Found::document, lookup.document != nullptr);
        if (lookup.document) {
          const std::string content = dump(*lookup.document, lookup.document->root());
          EXPECT_TRUE(content == R"({"v":"old"})" || content == R"({"v":"newer"})") << content;
        }
        Store::instance().release_unused();
#ifdef _WIN32
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that at times nobody has the file open
#endif
      }
    });
  }
  start.arrive_and_wait();
  for (int i = 0; i < 300; ++i) {
    replace(path, directory.write("new.json", text(i % 2 == 0 ? "newer" : "old")));
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  std::filesystem::rename(directory.write("new.json", text("the last one")), path);
  const Lookup last = Store::instance().get(path);
  ASSERT_EQ(last.found, Found::document);
  EXPECT_EQ(dump(*last.document, last.document->root()), R"({"v":"the last one"})");
}

}  // namespace
}  // namespace model_store::testing
