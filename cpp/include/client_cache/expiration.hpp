// Which entries have lived too long: since they were stored, or since they were last used.
//
// Two lists, one in the order of storing and one in the order of use, so that what expires first is at the front of
// one of them. A list is kept only when its limit is set: a cache without limits pays one comparison for this, and
// eight bytes an entry for the time when it was stored.
//
// Complexity: every operation is O(1), besides adopt() (O(n)); only reserve() and adopt() allocate. An entry takes
// eight bytes, eight more with a ttl, and sixteen with an idle_ttl. Thread safety: none. Invariants: a number is on
// each list that is kept, from inserted() to erased(). Times come from the caller, who reads a clock that does not go
// back; between threads they may arrive a little out of order, and then first_expired() may find an entry that much
// later, while is_expired() is always exact. Does not: read a clock, run a thread, or remove anything.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "client_cache/number.hpp"
#include "client_cache/numbered_list.hpp"

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
 public:
  explicit Expiration(Lifetime lifetime) noexcept : lifetime_(lifetime) {}

  [[nodiscard]] Lifetime lifetime() const noexcept { return lifetime_; }

  // inserted() of a number up to `highest` needs no memory. There are hardly to be numbers above `most`.
  void reserve(Number highest, Number most) {
    make_room(created_, highest, most);
    if (limits_age()) make_room(ages_, highest, most);
    if (limits_idleness()) make_room(uses_, highest, most);
  }

  void inserted(Number number, Time now) noexcept {
    created_[number] = now;
    if (limits_age()) by_age_.push_back(ages_.data(), number);
    if (!limits_idleness()) return;
    uses_[number].when = now;
    by_use_.push_back(uses_.data(), number);
  }

  void hit(Number number, Time now) noexcept {
    if (!limits_idleness()) [[likely]]
      return;
    uses_[number].when = std::max(uses_[number].when, now);
    by_use_.move_to_back(uses_.data(), number);
  }

  void erased(Number number) noexcept {
    if (limits_age()) by_age_.remove(ages_.data(), number);
    if (limits_idleness()) by_use_.remove(uses_.data(), number);
  }

  // For clone: the same times and orders, of numbers for which reserve() made room; `numbers` has them by the
  // original's.
  void adopt(const Expiration& original, const std::vector<Number>& numbers) noexcept {
    for (std::size_t its = 0; its < numbers.size(); ++its) {
      if (numbers[its] != kNone) created_[numbers[its]] = original.created_[its];
    }
    for (Number its = original.by_age_.front(); its != kNone; its = original.ages_[its].next)
      by_age_.push_back(ages_.data(), numbers[its]);
    for (Number its = original.by_use_.front(); its != kNone; its = original.uses_[its].next) {
      uses_[numbers[its]].when = original.uses_[its].when;
      by_use_.push_back(uses_.data(), numbers[its]);
    }
  }

  // When it was stored.
  [[nodiscard]] Time created(Number number) const noexcept { return created_[number]; }

  [[nodiscard]] bool is_expired(Number number, Time now) const noexcept {
    return (limits_age() && now - created_[number] >= lifetime_.ttl) ||
           (limits_idleness() && now - uses_[number].when >= lifetime_.idle_ttl);
  }

  // From when on it is expired, if it is not used again.
  [[nodiscard]] Time end_of(Number number) const noexcept {
    const auto after = [](Time start, Time limit) { return start < kForever - limit ? start + limit : kForever; };
    const Time of_age = limits_age() ? after(created_[number], lifetime_.ttl) : kForever;
    const Time of_idleness = limits_idleness() ? after(uses_[number].when, lifetime_.idle_ttl) : kForever;
    return std::min(of_age, of_idleness);
  }

  // kNone when there is none.
  [[nodiscard]] Number first_expired(Time now) const noexcept {
    for (const Number first : {by_age_.front(), by_use_.front()}) {
      if (first != kNone && is_expired(first, now)) return first;
    }
    return kNone;
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    return by_age_.check_invariants(ages_.data()) && by_use_.check_invariants(uses_.data());
  }

 private:
  struct Use : Neighbours {
    Time when{};  // the last one
  };

  [[nodiscard]] bool limits_age() const noexcept { return lifetime_.ttl != kForever; }
  [[nodiscard]] bool limits_idleness() const noexcept { return lifetime_.idle_ttl != kForever; }

  Lifetime lifetime_;
  std::vector<Time> created_;     // by number, as those below
  std::vector<Neighbours> ages_;  // where there is a ttl
  std::vector<Use> uses_;         // where there is an idle_ttl
  NumberedList by_age_;
  NumberedList by_use_;
};

}  // namespace client_cache
