// Least frequently used: the smallest use count is evicted first; among equals, whoever has gone unused for longest.
//
// Entries with one use count share a bucket; the buckets stand in the order of their counts. A use moves an entry to
// the next bucket, or, when it is alone and that bucket does not exist, raises its bucket's count in place.
//
// Complexity: every operation is O(1). An entry takes twelve bytes, and there are at most as many buckets as entries
// and one more. An emptied bucket is kept as a spare, so hits allocate only while the number of distinct counts reaches
// a new height. Thread safety: none. Invariants: counts rise strictly from bucket to bucket, from 1 upwards; no bucket
// in use is empty; a bucket's list runs from the least to the most recently used; every entry knows its bucket. Does
// not: age counts (an entry that was popular once stays until others have caught up), or remember erased entries.
#pragma once

#include <cstdint>
#include <vector>

#include "client_cache/eviction_policy.hpp"
#include "client_cache/number.hpp"
#include "client_cache/numbered_list.hpp"

namespace client_cache {

class Lfu {
 public:
  void reserve(Number highest, Number most) {
    make_room(entries_, highest, most);
    reserve_bucket();
  }

  void inserted(Number number) noexcept {
    Number lowest = order_.front();
    if (lowest == kNone || buckets_[lowest].uses != 1) {
      lowest = take_spare(1);
      order_.push_front(buckets_.data(), lowest);
    }
    join(lowest, number);
  }

  void hit(Number number) {
    const Number from = entries_[number].bucket;
    Bucket& left = buckets_[from];
    const std::uint64_t uses = left.uses + 1;
    Number to = left.next;
    if (to == kNone || buckets_[to].uses != uses) {
      if (left.entries.front() == left.entries.back()) {
        left.uses = uses;
        return;
      }
      reserve_bucket();  // which may move them
      to = take_spare(uses);
      order_.insert_after(buckets_.data(), from, to);
    }
    leave(number, from);
    join(to, number);
  }

  void erased(Number number) noexcept { leave(number, entries_[number].bucket); }

  void adopt(Number number, const Lfu& original, Number its_number) noexcept {
    const std::uint64_t uses = original.use_count(its_number);
    Number highest = order_.back();
    if (highest == kNone || buckets_[highest].uses != uses) {
      highest = take_spare(uses);
      order_.push_back(buckets_.data(), highest);
    }
    join(highest, number);
  }

  [[nodiscard]] std::uint64_t use_count(Number number) const noexcept { return bucket_of(number).uses; }

  [[nodiscard]] Number victim() const noexcept { return first_of(order_.front()); }
  [[nodiscard]] Number last() const noexcept { return last_of(order_.back()); }
  [[nodiscard]] Number next(Number number) const noexcept {
    const Number same_count = entries_[number].next;
    return same_count != kNone ? same_count : first_of(bucket_of(number).next);
  }
  [[nodiscard]] Number previous(Number number) const noexcept {
    const Number same_count = entries_[number].previous;
    return same_count != kNone ? same_count : last_of(bucket_of(number).previous);
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    if (!order_.check_invariants(buckets_.data()) || !spares_.check_invariants(buckets_.data())) return false;
    std::uint64_t below = 0;
    for (Number at = order_.front(); at != kNone; at = buckets_[at].next) {
      const Bucket& bucket = buckets_[at];
      if (bucket.uses <= below || bucket.entries.empty() || !bucket.entries.check_invariants(entries_.data()))
        return false;
      for (Number number = bucket.entries.front(); number != kNone; number = entries_[number].next) {
        if (entries_[number].bucket != at) return false;
      }
      below = bucket.uses;
    }
    return true;
  }

 private:
  struct Counted : Neighbours {  // among the entries of its bucket
    Number bucket = kNone;
  };
  struct Bucket : Neighbours {
    std::uint64_t uses = 0;
    NumberedList entries;
  };

  [[nodiscard]] const Bucket& bucket_of(Number number) const noexcept { return buckets_[entries_[number].bucket]; }
  [[nodiscard]] Number first_of(Number bucket) const noexcept {
    return bucket == kNone ? kNone : buckets_[bucket].entries.front();
  }
  [[nodiscard]] Number last_of(Number bucket) const noexcept {
    return bucket == kNone ? kNone : buckets_[bucket].entries.back();
  }

  void reserve_bucket() {
    if (!spares_.empty()) return;
    if (buckets_.empty()) buckets_.emplace_back();  // that of kNone
    const auto spare = static_cast<Number>(buckets_.size());
    buckets_.emplace_back();
    spares_.push_back(buckets_.data(), spare);
  }

  Number take_spare(std::uint64_t uses) noexcept {
    const Number spare = spares_.back();
    spares_.remove(buckets_.data(), spare);
    buckets_[spare].uses = uses;
    return spare;
  }

  void join(Number bucket, Number number) noexcept {
    Counted* const entries = entries_.data();
    buckets_[bucket].entries.push_back(entries, number);
    entries[number].bucket = bucket;
  }

  void leave(Number number, Number bucket) noexcept {
    Bucket& left = buckets_[bucket];
    left.entries.remove(entries_.data(), number);
    if (!left.entries.empty()) return;
    order_.remove(buckets_.data(), bucket);
    spares_.push_back(buckets_.data(), bucket);
  }

  std::vector<Counted> entries_;  // by number
  std::vector<Bucket> buckets_;   // by numbers of their own
  NumberedList order_;            // of the buckets that are in use
  NumberedList spares_;           // the others
};

static_assert(EvictionPolicy<Lfu>);

}  // namespace client_cache
