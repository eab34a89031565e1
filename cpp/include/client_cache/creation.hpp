// Something that one thread creates while others wait for it; a wait that could never end is refused.
//
// Who waits for what is one graph for the whole process: a thread waits for at most one creation, and a creation that
// has not ended has one thread at work on it. So a wait that would close a circle is found by following one path.
//
// Complexity: end() is O(1), wait() O(length of the path) before it blocks.
// Thread safety: wait() from any thread at any time; end() once, by the thread that made the object.
// Invariants: the graph has no circle. Its lock is held to follow a path, never while anything is created, waited for
// or destroyed.
// Does not: hold what is created, or see a wait that is none for a creation (a lock, a join, another process).
#pragma once

#include <latch>
#include <mutex>
#include <stdexcept>

#include "client_cache/thread_annotations.hpp"

namespace client_cache {

// Thrown instead of waiting in a circle: by a creation that asks for what it is itself creating, and by one that asks
// for what waits, directly or through other threads, for this thread.
class CircularCreation : public std::logic_error {
  using std::logic_error::logic_error;
};

class Creation {
 public:
  Creation() noexcept = default;
  Creation(const Creation&) = delete;
  Creation& operator=(const Creation&) = delete;
  ~Creation() = default;

  // What the creating thread wrote before, the waiting ones may read.
  void end() noexcept {
    {
      const ScopedLock lock(graph_mutex_);
      creator_ = nullptr;
    }
    ended_.count_down();
  }

  // Blocks until it has ended.
  void wait() {
    {
      const ScopedLock lock(graph_mutex_);
      refuse_circle();
      this_thread().waits_for = this;
    }
    ended_.wait();
    const ScopedLock lock(graph_mutex_);
    this_thread().waits_for = nullptr;
  }

 private:
  struct Thread {
    const Creation* waits_for CLIENT_CACHE_GUARDED_BY(graph_mutex_) = nullptr;
  };

  static Thread& this_thread() noexcept {
    static thread_local Thread thread;
    return thread;
  }

  void refuse_circle() const CLIENT_CACHE_REQUIRES(graph_mutex_) {
    for (const Creation* awaited = this; awaited != nullptr; awaited = awaited->creator_->waits_for) {
      if (awaited->creator_ == nullptr) return;  // it has ended, and whoever waited for it is about to go on
      if (awaited->creator_ != &this_thread()) continue;
      throw CircularCreation(
          awaited == this ? "a creation asks for what it is itself creating: create it without the cache, or ask "
                            "for it when the creation has ended"
                          : "creations wait for each other in a circle: create one of them without the cache, or "
                            "ask for it when the creation that needs it has ended");
    }
  }

  static inline constinit AnnotatedMutex<std::mutex> graph_mutex_;

  Thread* creator_ CLIENT_CACHE_GUARDED_BY(graph_mutex_) = &this_thread();  // null once it has ended
  std::latch ended_{1};
};

}  // namespace client_cache
