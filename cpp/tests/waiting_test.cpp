#include "client_cache/waiting.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "support/threads.hpp"

namespace client_cache {
namespace {

using std::chrono::milliseconds;

// Something that the thread which makes it owns.
class Owned : public Awaited<NativeWaiting> {
 public:
  Owned() : Awaited(NativeWaiting::this_thread()) {}

  void end() {
    Signals signals;
    {
      const Lock lock(graph().mutex);
      signals = disown();
    }
    wake(signals);
  }

  Wait wait_for_end(Deadline until = kNoDeadline) { return wait(NativeWaiting::this_thread(), until).outcome; }
};

TEST(WaitingTest, AWaitEndsWithItsOwnersWorkAndSeesWhatWasWrittenBefore) {
  Owned owned;
  int made = 0;
  std::thread waiting([&] {
    EXPECT_EQ(owned.wait_for_end(), Wait::ended);
    EXPECT_EQ(made, 1);
  });
  made = 1;
  owned.end();
  waiting.join();
}

TEST(WaitingTest, AWaitForWhatHasEndedReturnsAtOnceAlsoToItsOwner) {
  Owned owned;
  owned.end();
  EXPECT_EQ(owned.wait_for_end(), Wait::ended);
  EXPECT_EQ(owned.wait_for_end(), Wait::ended);
}

TEST(WaitingTest, EveryThreadThatWaitsIsWoken) {
  Owned owned;
  std::atomic<int> woken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      if (owned.wait_for_end() == Wait::ended) ++woken;
    });
  }
  owned.end();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(woken, 16);
}

TEST(WaitingTest, AnOwnerThatWaitsForItselfIsRefused) {
  Owned owned;
  EXPECT_EQ(owned.wait_for_end(), Wait::circle_of_one);
  owned.end();
}

TEST(WaitingTest, AWaitEndsAtItsDeadlineAndSaysWhoWasWaitedFor) {
  Owned owned;
  const ThreadId me = NativeWaiting::this_thread();
  std::thread([&owned, me] {
    const Waited waited = owned.wait(NativeWaiting::this_thread(), deadline_after(milliseconds(20)));
    EXPECT_EQ(waited.outcome, Wait::timed_out);
    EXPECT_EQ(waited.owner, me);
  }).join();
  owned.end();
}

TEST(WaitingTest, AThreadWhoseWaitTimedOutIsInNobodysWay) {
  Owned owned;
  std::thread([&owned] {
    Owned other;
    EXPECT_EQ(owned.wait_for_end(deadline_after(milliseconds(1))), Wait::timed_out);
    other.end();
  }).join();
  owned.end();
  EXPECT_EQ(owned.wait_for_end(), Wait::ended);
}

TEST(WaitingTest, ATimeWithoutEndIsNoDeadline) {
  EXPECT_EQ(deadline_after(kForever), kNoDeadline);
  EXPECT_LT(deadline_after(milliseconds(1)), kNoDeadline);
}

// Two threads that wait for each other, whichever comes second.
TEST(WaitingTest, OneOfTwoThreadsThatWaitForEachOtherIsRefused) {
  for (int round = 0; round < 200; ++round) {
    Owned one;
    std::atomic<int> refused = 0;
    std::atomic<Owned*> published = nullptr;
    const auto wait = [&refused](Owned& awaited) {
      if (awaited.wait_for_end() == Wait::circle) ++refused;
    };
    std::thread other_thread([&] {
      Owned other;
      published = &other;
      wait(one);
      other.end();
      testing::yield_while([&] { return published == &other; });  // until nobody waits for it
    });
    testing::yield_while([&] { return published == nullptr; });
    wait(*published.load());
    one.end();
    published = nullptr;
    other_thread.join();
    EXPECT_EQ(refused, 1);
  }
}

TEST(WaitingTest, AThreadThatWasRefusedMayWaitForWhatEnds) {
  Owned own;
  EXPECT_EQ(own.wait_for_end(), Wait::circle_of_one);
  std::atomic<bool> published = false;
  std::unique_ptr<Owned> other;
  std::thread other_thread([&] {
    other = std::make_unique<Owned>();
    published = true;
    other->end();
  });
  testing::yield_while([&] { return !published; });
  EXPECT_EQ(other->wait_for_end(), Wait::ended);
  own.end();
  other_thread.join();
}

}  // namespace
}  // namespace client_cache
