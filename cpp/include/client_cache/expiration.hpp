// Which entries have lived too long: since they were stored, or since they were last used.
//
// Two lists, one in the order of storing and one in the order of use, so that what expires first is at the front of
// one of them. A list is kept only when its limit is set: a cache without limits pays one comparison for this.
//
// Complexity: every operation is O(1), besides adopt() (O(n log n)). A hook is four pointers and two times.
// Thread safety: none.
// Invariants: a hook is on each list that is kept, from inserted() to erased(). Times come from the caller, who reads a
// clock that does not go back; between threads they may arrive a little out of order, and then first_expired() may find
// an entry that much later, while is_expired() is always exact.
// Does not: read a clock, run a thread, or remove anything.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "client_cache/intrusive_list.hpp"

namespace client_cache {

// Since an epoch of the caller's choice.
using Time = std::chrono::nanoseconds;

inline constexpr Time kForever = Time::max();

// How long an entry may stay.
struct Lifetime {
  Time ttl = kForever;       // since it was stored
  Time idle_ttl = kForever;  // since it was last used

  [[nodiscard]] constexpr bool limited() const noexcept { return ttl != kForever || idle_ttl != kForever; }
};

class Expiration {
  struct Age : ListLinks {
    Time created{};
  };
  struct Idleness : ListLinks {
    Time used{};  // kept up to date only where an idle_ttl is set
  };

 public:
  struct Hook : Age, Idleness {};

  explicit Expiration(Lifetime lifetime) noexcept : lifetime_(lifetime) {}

  [[nodiscard]] Lifetime lifetime() const noexcept { return lifetime_; }

  void inserted(Hook& hook, Time now) noexcept {
    hook.created = hook.used = now;
    if (limits_age()) by_age_.push_back(hook);
    if (limits_idleness()) by_use_.push_back(hook);
  }

  void hit(Hook& hook, Time now) noexcept {
    if (!limits_idleness()) [[likely]]
      return;
    hook.used = std::max(hook.used, now);
    by_use_.move_to_back(hook);
  }

  void erased(Hook& hook) noexcept {
    if (limits_age()) by_age_.remove(hook);
    if (limits_idleness()) by_use_.remove(hook);
  }

  // For clone: the hooks have their times, from another order, and come in any order.
  void adopt(std::vector<Hook*>& hooks) noexcept {
    if (limits_age()) {
      std::sort(hooks.begin(), hooks.end(), [](Hook* one, Hook* other) { return one->created < other->created; });
      for (Hook* hook : hooks) by_age_.push_back(*hook);
    }
    if (limits_idleness()) {
      std::sort(hooks.begin(), hooks.end(), [](Hook* one, Hook* other) { return one->used < other->used; });
      for (Hook* hook : hooks) by_use_.push_back(*hook);
    }
  }

  [[nodiscard]] bool is_expired(const Hook& hook, Time now) const noexcept {
    return (limits_age() && now - hook.created >= lifetime_.ttl) ||
           (limits_idleness() && now - hook.used >= lifetime_.idle_ttl);
  }

  // From when on it is expired, if it is not used again.
  [[nodiscard]] Time end_of(const Hook& hook) const noexcept {
    const auto after = [](Time start, Time limit) { return start < kForever - limit ? start + limit : kForever; };
    return std::min(after(hook.created, lifetime_.ttl), after(hook.used, lifetime_.idle_ttl));
  }

  // Null when there is none.
  [[nodiscard]] Hook* first_expired(Time now) const noexcept {
    if (auto* const oldest = static_cast<Hook*>(by_age_.front()); oldest != nullptr && is_expired(*oldest, now))
      return oldest;
    if (auto* const idlest = static_cast<Hook*>(by_use_.front()); idlest != nullptr && is_expired(*idlest, now))
      return idlest;
    return nullptr;
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    return by_age_.check_invariants() && by_use_.check_invariants();
  }

 private:
  [[nodiscard]] bool limits_age() const noexcept { return lifetime_.ttl != kForever; }
  [[nodiscard]] bool limits_idleness() const noexcept { return lifetime_.idle_ttl != kForever; }

  Lifetime lifetime_;
  IntrusiveList<Age> by_age_;
  IntrusiveList<Idleness> by_use_;
};

}  // namespace client_cache
