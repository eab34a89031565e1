// A std::latch that also wakes where there is no futex: there the std::latch and the std::atomic::wait() of GCC 12's
// library look at the value before they take the lock under which they wait, and miss what comes between.
#pragma once

#include <condition_variable>
#include <mutex>

namespace client_cache::testing {

class Latch {
 public:
  explicit Latch(int count) : count_(count) {}

  void count_down() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) reached_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    reached_.wait(lock, [this] { return count_ == 0; });
  }
  void arrive_and_wait() {
    count_down();
    wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable reached_;
  int count_;
};

}  // namespace client_cache::testing
