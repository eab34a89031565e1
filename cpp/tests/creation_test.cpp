#include "client_cache/creation.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace client_cache {
namespace {

TEST(CreationTest, AWaitEndsWithTheCreationAndSeesWhatWasWrittenBefore) {
  Creation creation;
  int made = 0;
  std::thread waiting([&] {
    creation.wait();
    EXPECT_EQ(made, 1);
  });
  made = 1;
  creation.end();
  waiting.join();
}

TEST(CreationTest, AWaitForWhatHasEndedReturnsAtOnceAlsoToItsCreator) {
  Creation creation;
  creation.end();
  creation.wait();
  creation.wait();
}

TEST(CreationTest, ACreatorThatWaitsForItselfIsRefused) {
  Creation creation;
  EXPECT_THROW(creation.wait(), CircularCreation);
  creation.end();
}

TEST(CreationTest, OneOfTwoThreadsThatWaitForEachOtherIsRefused) {
  Creation one;
  std::atomic<int> refused = 0;
  std::atomic<Creation*> published = nullptr;
  const auto wait = [&refused](Creation& awaited) {
    try {
      awaited.wait();
    } catch (const CircularCreation&) {
      ++refused;
    }
  };
  std::thread other_thread([&] {
    Creation other;
    published = &other;
    wait(one);
    other.end();
    published.wait(&other);  // until nobody waits for it
  });
  while (published == nullptr) std::this_thread::yield();
  wait(*published.load());
  one.end();
  published = nullptr;
  published.notify_all();
  other_thread.join();
  EXPECT_EQ(refused, 1);
}

TEST(CreationTest, AThreadThatWasRefusedMayWaitForWhatEnds) {
  Creation own;
  EXPECT_THROW(own.wait(), CircularCreation);
  std::atomic<bool> published = false;
  std::unique_ptr<Creation> other;
  std::thread other_thread([&] {
    other = std::make_unique<Creation>();
    published = true;
    published.notify_all();
    other->end();
  });
  published.wait(false);
  other->wait();
  own.end();
  other_thread.join();
}

}  // namespace
}  // namespace client_cache
