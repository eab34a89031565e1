// Threads that start their work at one moment.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "support/latch.hpp"

namespace client_cache::testing {

// Not by std::atomic::wait(): see latch.hpp.
template <class Condition>
void yield_while(Condition holds) {
  while (holds()) std::this_thread::yield();
}

// Runs work(0) to work(count - 1), each on a thread of its own, and waits for them all.
inline void run_together(int count, const std::function<void(int)>& work) {
  Latch start(count);
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  for (int thread = 0; thread < count; ++thread) {
    threads.emplace_back([&start, &work, thread] {
      start.arrive_and_wait();
      work(thread);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace client_cache::testing
