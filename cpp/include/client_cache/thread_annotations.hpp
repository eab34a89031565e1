// Clang's thread-safety annotations, and a lock that carries them: with -Wthread-safety the compiler checks which lock
// guards which field. Elsewhere they are nothing. The lock is a wrapper because neither std::mutex of libstdc++ nor a
// caller's mutex has annotations.
#pragma once

#if defined(__clang__)
#define CLIENT_CACHE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CLIENT_CACHE_THREAD_ANNOTATION(x)
#endif

#define CLIENT_CACHE_CAPABILITY(name) CLIENT_CACHE_THREAD_ANNOTATION(capability(name))
#define CLIENT_CACHE_SCOPED_CAPABILITY CLIENT_CACHE_THREAD_ANNOTATION(scoped_lockable)
#define CLIENT_CACHE_GUARDED_BY(mutex) CLIENT_CACHE_THREAD_ANNOTATION(guarded_by(mutex))
#define CLIENT_CACHE_ACQUIRE(...) CLIENT_CACHE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define CLIENT_CACHE_RELEASE(...) CLIENT_CACHE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define CLIENT_CACHE_REQUIRES(...) CLIENT_CACHE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define CLIENT_CACHE_UNCHECKED CLIENT_CACHE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace client_cache {

// Any type with lock() and unlock().
template <class Mutex>
class CLIENT_CACHE_CAPABILITY("mutex") AnnotatedMutex {
 public:
  void lock() CLIENT_CACHE_ACQUIRE() { mutex_.lock(); }
  void unlock() CLIENT_CACHE_RELEASE() { mutex_.unlock(); }

 private:
  [[no_unique_address]] Mutex mutex_;
};

template <class Mutex>
class CLIENT_CACHE_SCOPED_CAPABILITY ScopedLock {
 public:
  explicit ScopedLock(AnnotatedMutex<Mutex>& mutex) CLIENT_CACHE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~ScopedLock() CLIENT_CACHE_RELEASE() { mutex_.unlock(); }
  ScopedLock(const ScopedLock&) = delete;
  ScopedLock& operator=(const ScopedLock&) = delete;

 private:
  AnnotatedMutex<Mutex>& mutex_;
};

}  // namespace client_cache
