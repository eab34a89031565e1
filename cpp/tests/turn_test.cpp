#include "client_cache/turn.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/threads.hpp"

namespace client_cache {
namespace {

using NativeTurn = Turn<NativeWaiting>;

Wait take(NativeTurn& turn, Deadline until = kNoDeadline) {
  return turn.take(NativeWaiting::this_thread(), until).outcome;
}

TEST(TurnTest, OneThreadAtATimeHasIt) {
  NativeTurn turn;
  int inside = 0;  // no atomic: the turn is what keeps threads apart
  int times = 0;
  testing::run_together(8, [&](int /*thread*/) {
    for (int step = 0; step < 500; ++step) {
      EXPECT_EQ(take(turn), Wait::ended);
      EXPECT_EQ(++inside, 1);
      ++times;
      --inside;
      turn.give_back();
    }
  });
  EXPECT_EQ(times, 4000);
}

TEST(TurnTest, AThreadMayTakeItAgainWhileItHasIt) {
  NativeTurn turn;
  EXPECT_EQ(take(turn), Wait::ended);
  EXPECT_EQ(take(turn), Wait::ended);
  turn.give_back();
  EXPECT_TRUE(turn.is_owned_by(NativeWaiting::this_thread()));
  turn.give_back();
  EXPECT_FALSE(turn.is_owned_by(NativeWaiting::this_thread()));
}

TEST(TurnTest, AWaitForItEndsAtTheDeadline) {
  NativeTurn turn;
  EXPECT_EQ(take(turn), Wait::ended);
  std::thread([&turn] { EXPECT_EQ(take(turn, deadline_after(std::chrono::milliseconds(5))), Wait::timed_out); }).join();
  turn.give_back();
  std::thread([&turn] {
    EXPECT_EQ(take(turn), Wait::ended);
    turn.give_back();
  }).join();
}

TEST(TurnTest, TwoThreadsThatEachHaveWhatTheOtherWantsAreRefused) {
  NativeTurn turns[2];
  std::atomic<int> ready = 0;
  std::atomic<int> refused = 0;
  testing::run_together(2, [&](int thread) {
    EXPECT_EQ(take(turns[thread]), Wait::ended);
    ++ready;
    while (ready < 2) std::this_thread::yield();
    if (take(turns[1 - thread]) == Wait::ended) {
      turns[1 - thread].give_back();
    } else {
      ++refused;
    }
    turns[thread].give_back();
  });
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace client_cache
