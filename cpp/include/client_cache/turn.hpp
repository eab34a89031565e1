// A re-entrant lock that is waited for up to a deadline, and never in a circle.
//
// It serialises the creations of one source, such as one session, that must not run side by side.
//
// Complexity: O(1) without waiting. Thread safety: all members, at any time.
// Invariants: one thread has it, as deeply as it has taken it and not given it back.
// Does not: hand itself to those who wait in turn; whoever comes first when it is free has it.
#pragma once

#include <cstddef>

#include "client_cache/waiting.hpp"

namespace client_cache {

template <Waiting W>
class Turn : public Awaited<W> {
  using Base = Awaited<W>;
  using Lock = typename Base::Lock;
  using Base::graph;
  using Base::owner_;

 public:
  Turn() noexcept : Base(kNobody) {}

  // `Wait::ended` when this thread has it now, and is to give it back.
  Waited take(ThreadId me, Deadline until) {
    while (true) {
      {
        const Lock lock(graph().mutex);
        if (owner_ == kNobody) owner_ = me;
        if (owner_ == me) {
          ++depth_;
          return {Wait::ended, me};
        }
      }
      if (const Waited waited = this->wait(me, until); waited.outcome != Wait::ended) return waited;
    }
  }

  void give_back() noexcept {
    typename Base::Signals signals;
    {
      const Lock lock(graph().mutex);
      if (--depth_ > 0) return;
      signals = this->disown();
    }
    Base::wake(signals);
  }

 private:
  std::size_t depth_ CLIENT_CACHE_GUARDED_BY(graph().mutex) = 0;
};

}  // namespace client_cache
