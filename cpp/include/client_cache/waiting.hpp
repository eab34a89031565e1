// Who waits for whom: one graph for the whole process, in which a wait that could never end is refused.
//
// What is waited for, an *awaited*, has at most one owner, the thread that is at work on it. A thread may wait for
// several at once, for one below the other: a signal handler or a destructor may ask for something while its thread
// waits. A wait that would close a circle is found by following the owners' own waits, and is not begun.
//
// How threads wait, and what a thread is, is a parameter: the operating system's threads here, whatever Python's
// `threading` takes for one in the binding.
//
// Complexity: to end O(threads that wait for it); to wait O(waits of the process) before it blocks.
// Thread safety: all members, at any time.
// Invariants: no wait is begun that closes a circle of waits. The graph's lock is held to follow owners, never while
// anything is created, waited for or woken. Nothing in the graph lies on a thread's stack, which greenlets share.
// Does not: hold what is created, or see a wait for anything else (a lock, a join, another process). A deadline is for
// those.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "client_cache/expiration.hpp"
#include "client_cache/thread_annotations.hpp"

namespace client_cache {

using ThreadId = std::uintptr_t;
inline constexpr ThreadId kNobody = 0;

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

// How long a caller waits for what another one creates, unless it says otherwise.
inline constexpr Time kDefaultMaxWait = std::chrono::seconds(30);

inline Deadline deadline_after(Time max_wait) {
  const Deadline now = std::chrono::steady_clock::now();
  return max_wait >= kNoDeadline - now ? kNoDeadline : now + max_wait;
}

// How threads wait. A signal is a handle: its copies are one. `wait_until` returns when `set` was called, at the
// deadline, or earlier for no reason; it may throw. `set` is called once at most.
template <class W>
concept Waiting = requires(typename W::Signal signal, Deadline until) {
  typename W::Mutex;
  { W::this_thread() } -> std::same_as<ThreadId>;
  { W::make_signal() } -> std::same_as<typename W::Signal>;
  signal.wait_until(until);
  { signal.set() } noexcept;
};

// The threads of the operating system.
struct NativeWaiting {
  using Mutex = std::mutex;

  class Signal {
   public:
    void wait_until(Deadline until) const {
      std::unique_lock lock(state_->mutex);
      const auto is_set = [this] { return state_->set; };
      if (until == kNoDeadline) {
        state_->changed.wait(lock, is_set);
      } else {
        state_->changed.wait_until(lock, until, is_set);
      }
    }
    void set() const noexcept {
      const std::lock_guard lock(state_->mutex);
      state_->set = true;
      state_->changed.notify_one();
    }

   private:
    struct State {
      std::mutex mutex;
      std::condition_variable changed;
      bool set = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
  };

  static Signal make_signal() { return {}; }
  static ThreadId this_thread() noexcept {
    static thread_local char address;
    return reinterpret_cast<ThreadId>(&address);
  }
};

// What became of a wait.
enum class Wait {
  ended,          // or has ended since, and was begun anew: look again
  timed_out,      // the deadline has passed
  circle_of_one,  // refused: the thread would wait for itself
  circle,         // refused: the thread would wait for one that waits, directly or not, for it
};

struct Waited {
  Wait outcome;
  ThreadId owner;  // who was waited for
};

// Something that one thread has and others may wait for.
template <Waiting W>
class Awaited {
 public:
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  [[nodiscard]] bool is_owned_by(ThreadId thread) const {
    const Lock lock(graph().mutex);
    return owner_ == thread;
  }

  // Blocks until nobody owns it. What its owner wrote before, the waiting ones may read.
  Waited wait(ThreadId me, Deadline until) {
    const Registration registration(*this, me, W::make_signal());
    while (registration.is_waiting()) {
      if (std::chrono::steady_clock::now() >= until) return {Wait::timed_out, registration.waited().owner};
      registration.signal().wait_until(until);
    }
    return registration.waited();
  }

  [[nodiscard]] static std::vector<ThreadId> waiting_threads() {
    std::vector<ThreadId> threads;
    const Lock lock(graph().mutex);
    for (const auto& edge : graph().waits) threads.push_back(edge.thread);
    return threads;
  }

  // After a fork only the calling thread is left, and waits for nothing.
  static void forget_waits() {
    const Lock lock(graph().mutex);
    graph().waits.clear();
  }

 protected:
  using Lock = ScopedLock<typename W::Mutex>;
  using Signals = std::vector<std::pair<std::uint64_t, typename W::Signal>>;

  struct Graph {
    AnnotatedMutex<typename W::Mutex> mutex;
    struct Edge {
      std::uint64_t ticket;
      ThreadId thread;
      const Awaited* awaited;
    };
    std::vector<Edge> waits CLIENT_CACHE_GUARDED_BY(mutex);
    std::uint64_t tickets CLIENT_CACHE_GUARDED_BY(mutex) = 0;
  };

  // Never destroyed: threads may wait while the process ends.
  static Graph& graph() {
    static Graph& the_graph = *new Graph;
    return the_graph;
  }

  explicit Awaited(ThreadId owner) noexcept : owner_(owner) {}
  ~Awaited() = default;

  // Nobody owns it from now on. The signals of those who waited are to be set by `wake`, without the lock.
  [[nodiscard]] Signals disown() noexcept CLIENT_CACHE_REQUIRES(graph().mutex) {
    owner_ = kNobody;
    return std::exchange(waiting_, {});
  }

  static void wake(const Signals& signals) noexcept {
    for (const auto& [ticket, signal] : signals) signal.set();
  }

  ThreadId owner_ CLIENT_CACHE_GUARDED_BY(graph().mutex);

 private:
  // A wait under way, in the graph and among those to be woken; unless there is nothing to wait for, or it is refused.
  class Registration {
   public:
    Registration(Awaited& awaited, ThreadId me, typename W::Signal signal)
        : awaited_(awaited), signal_(std::move(signal)) {
      const Lock lock(graph().mutex);
      waited_.owner = awaited_.owner_;
      if (awaited_.owner_ == kNobody) return;
      if (awaited_.leads_to(me, graph().waits.size())) {
        waited_.outcome = awaited_.owner_ == me ? Wait::circle_of_one : Wait::circle;
        return;
      }
      graph().waits.reserve(graph().waits.size() + 1);  // so that what follows does not fail halfway
      ticket_ = ++graph().tickets;
      awaited_.waiting_.emplace_back(ticket_, signal_);
      graph().waits.push_back({ticket_, me, &awaited_});
    }
    ~Registration() {
      if (ticket_ == kNone) return;
      const Lock lock(graph().mutex);
      std::erase_if(graph().waits, [this](const auto& edge) { return edge.ticket == ticket_; });
      std::erase_if(awaited_.waiting_, [this](const auto& waiting) { return waiting.first == ticket_; });
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

    [[nodiscard]] bool is_waiting() const {
      if (ticket_ == kNone) return false;
      const Lock lock(graph().mutex);
      return std::any_of(awaited_.waiting_.begin(), awaited_.waiting_.end(),
                         [this](const auto& waiting) { return waiting.first == ticket_; });
    }
    [[nodiscard]] const typename W::Signal& signal() const { return signal_; }
    [[nodiscard]] const Waited& waited() const { return waited_; }

   private:
    static constexpr std::uint64_t kNone = 0;

    Awaited& awaited_;
    typename W::Signal signal_;
    Waited waited_{Wait::ended, kNobody};
    std::uint64_t ticket_ = kNone;
  };

  // Whether it has to wait for `thread`, directly or not. The limit is for circles that came about unseen: a wait that
  // was allowed while its thread waited for something else below it.
  bool leads_to(ThreadId thread, std::size_t limit) const CLIENT_CACHE_REQUIRES(graph().mutex) {
    if (owner_ == kNobody || owner_ == thread) return owner_ == thread;
    if (limit == 0) return false;
    for (const auto& edge : graph().waits) {
      if (edge.thread == owner_ && edge.awaited->leads_to(thread, limit - 1)) return true;
    }
    return false;
  }

  Signals waiting_ CLIENT_CACHE_GUARDED_BY(graph().mutex);
};

}  // namespace client_cache
