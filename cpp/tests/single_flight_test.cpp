#include "client_cache/single_flight.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

#include "support/latch.hpp"
#include "support/threads.hpp"

namespace client_cache {
namespace {

using Flights = SingleFlight<int, int, NativeWaiting, std::equal_to<>>;
using NativeTurn = Turn<NativeWaiting>;

constexpr Time kSoon = std::chrono::milliseconds(10);

class Refused : public std::logic_error {
  using std::logic_error::logic_error;
};

// What is stored is seen by all; what is created is said by `make`.
class Steps {
 public:
  Steps(std::atomic<int>& stored, std::function<int()> make) : stored_(stored), make_(std::move(make)) {}

  static int make_key() { return 1; }
  std::optional<int> use() { return find(); }
  std::optional<int> find() const { return stored_ == 0 ? std::nullopt : std::optional<int>(stored_); }
  int create() { return make_(); }
  void store(int& result) {
    if (int expected = 0; !stored_.compare_exchange_strong(expected, result)) result = expected;
  }
  static bool shares(int /*result*/) { return true; }
  [[noreturn]] static void refuse(const Waited& /*waited*/) { throw Refused("a circle"); }
  void gave_up(const Waited& waited, bool leading) {
    waited_for = waited.owner;
    was_leading = leading;
  }

  std::optional<ThreadId> waited_for;
  bool was_leading = false;

 private:
  std::atomic<int>& stored_;
  std::function<int()> make_;
};

class SingleFlightTest : public ::testing::Test {
 protected:
  int ask(Steps steps, NativeTurn* turn = nullptr, Time max_wait = kForever) {
    return flights.get_or_create(1, steps, turn, deadline_after(max_wait));
  }

  Flights flights;
  std::atomic<int> stored = 0;
};

TEST_F(SingleFlightTest, WhoHasWaitedLongEnoughCreatesForItself) {
  testing::Latch under_way(1);
  testing::Latch go_on(1);
  std::thread slow([&] {
    EXPECT_EQ(ask({stored,
                   [&] {
                     under_way.count_down();
                     go_on.wait();
                     return 10;
                   }}),
              20);  // what was stored first is everybody's
  });
  under_way.wait();
  Steps steps(stored, [] { return 20; });
  EXPECT_EQ(flights.get_or_create(1, steps, nullptr, deadline_after(kSoon)), 20);
  EXPECT_TRUE(steps.waited_for.has_value());
  EXPECT_NE(*steps.waited_for, kNobody);
  EXPECT_FALSE(steps.was_leading);
  go_on.count_down();
  slow.join();
  EXPECT_EQ(stored, 20);
}

TEST_F(SingleFlightTest, WhoHasWaitedLongEnoughForTheTurnGoesOnWithoutItAndServesThoseWhoWait) {
  NativeTurn turn;
  EXPECT_EQ(turn.take(NativeWaiting::this_thread(), kNoDeadline).outcome, Wait::ended);
  std::atomic<int> created = 0;
  testing::run_together(4, [&](int /*thread*/) {
    Steps steps(stored, [&created] { return ++created; });
    const int got = flights.get_or_create(1, steps, &turn, deadline_after(kSoon));
    EXPECT_EQ(got, stored);
  });
  turn.give_back();
}

TEST_F(SingleFlightTest, TheThreadThatHasTheTurnLeadsTheFlightThatWaitsForIt) {
  NativeTurn turn;
  std::atomic<int> created_by_other = 0;
  EXPECT_EQ(turn.take(NativeWaiting::this_thread(), kNoDeadline).outcome, Wait::ended);
  testing::Latch begun(1);
  std::thread other([&] {
    Steps steps(stored, [&created_by_other] { return ++created_by_other; });
    begun.count_down();
    EXPECT_EQ(flights.get_or_create(1, steps, &turn, kNoDeadline), 7);
  });
  begun.wait();
  std::this_thread::yield();
  EXPECT_EQ(ask({stored, [] { return 7; }}, &turn), 7);
  turn.give_back();
  other.join();
  EXPECT_EQ(created_by_other, 0);
}

TEST_F(SingleFlightTest, AnInterruptedLeaderLeavesTheTurnAndTheKeyToTheNext) {
  NativeTurn turn;
  EXPECT_THROW(ask({stored, []() -> int { throw std::runtime_error("interrupted"); }}, &turn), std::runtime_error);
  EXPECT_FALSE(turn.is_owned_by(NativeWaiting::this_thread()));
  EXPECT_EQ(ask({stored, [] { return 5; }}, &turn), 5);
}

TEST_F(SingleFlightTest, AStepThatAsksForItsOwnKeyIsRefused) {
  EXPECT_THROW(ask({stored, [this] { return ask({stored, [] { return 1; }}); }}), Refused);
  EXPECT_EQ(ask({stored, [] { return 5; }}), 5);
}

}  // namespace
}  // namespace client_cache
