// Children of a process whose threads read, and an allocator that stands in for the system's. Not on Windows.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "model_store/parse.hpp"
#include "model_store/store.hpp"
#include "support.hpp"
#include "support/latch.hpp"

namespace model_store::testing {
namespace {

TEST(Store, AChildForkedDuringReadingsCanRead) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // GCC's run-time libraries do not take their allocators' locks around fork(): a child of a process whose other
  // threads allocate at that moment hangs in its next allocation, before it comes to the store.
  GTEST_SKIP() << "the sanitizer's allocator does not survive a fork while other threads allocate";
#endif
  const TemporaryDirectory directory;
  std::string text = "[0";
  for (int i = 0; i < 50'000; ++i) text += ',' + std::to_string(i);
  const std::string path = directory.write("x.json", text + ']');
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        (void)Store::instance().get(path);
        Store::instance().release_unused();
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // a hang is an end too
      ::_exit(Store::instance().get(path).found == Found::document ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = true;
  for (auto& reader : readers) reader.join();
}

// Memory is returned to the system after a large text. Each child is another process in which that happens first in
// several threads at once.
TEST(AnotherAllocator, DoesNotCrashThreadsThatReadLargeTextsFirst) {
  if (::dlsym(RTLD_DEFAULT, "mallctl") == nullptr) GTEST_SKIP() << "ctest runs this with jemalloc";
  const std::string text = '[' + std::string(300'000, ' ') + ']';
  for (int i = 0; i < 1000; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // a hang is an end too
      constexpr int kThreads = 4;
      client_cache::testing::Latch start(kThreads);
      std::vector<std::thread> threads;
      for (int j = 0; j < kThreads; ++j) {
        threads.emplace_back([&] {
          const Buffer buffer = buffer_of(text);
          start.arrive_and_wait();
          (void)parse(buffer);
        });
      }
      for (auto& thread : threads) thread.join();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "in child " << i;
  }
}

}  // namespace
}  // namespace model_store::testing
