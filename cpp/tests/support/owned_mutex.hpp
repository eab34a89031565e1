// A mutex that tells whether the current thread holds it, and turns what would be a deadlock into a failure.
#pragma once

#include <mutex>
#include <stdexcept>

#include "client_cache/thread_annotations.hpp"

namespace client_cache::testing {

class OwnedMutex {
 public:
  void lock() CLIENT_CACHE_UNCHECKED {
    if (held_here_) throw std::logic_error("locked again by the thread that holds it");
    mutex_.lock();
    held_here_ = true;
  }
  void unlock() CLIENT_CACHE_UNCHECKED {
    held_here_ = false;
    mutex_.unlock();
  }
  static bool held_here() { return held_here_; }

 private:
  std::mutex mutex_;
  static inline thread_local bool held_here_ = false;
};

}  // namespace client_cache::testing
