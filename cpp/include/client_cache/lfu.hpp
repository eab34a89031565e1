// Least frequently used: the smallest use count is evicted first; among equals, whoever has gone unused for longest.
//
// Hooks with one use count share a bucket; the buckets stand in the order of their counts. A use moves a hook to the
// next bucket, or, when it is alone and that bucket does not exist, raises its bucket's count in place.
//
// Complexity: every operation is O(1). A hook is three pointers, and there are at most as many buckets as hooks. An
// emptied bucket is kept as a spare, so hits allocate only while the number of distinct counts reaches a new height.
// Thread safety: none.
// Invariants: counts rise strictly from bucket to bucket, from 1 upwards; no bucket in use is empty; a bucket's list
// runs from the least to the most recently used; every hook points at its bucket.
// Does not: age counts (an entry that was popular once stays until others have caught up), or remember erased hooks.
#pragma once

#include <cstdint>
#include <utility>

#include "client_cache/eviction_policy.hpp"
#include "client_cache/intrusive_list.hpp"

namespace client_cache {

class Lfu {
  struct Bucket;

 public:
  class Hook : public ListLinks {
    friend Lfu;
    Bucket* bucket_ = nullptr;
  };

  Lfu() noexcept = default;
  Lfu(Lfu&& other) noexcept = default;
  Lfu& operator=(Lfu&& other) noexcept {
    std::swap(buckets_, other.buckets_);
    std::swap(spares_, other.spares_);
    return *this;
  }
  Lfu(const Lfu&) = delete;
  Lfu& operator=(const Lfu&) = delete;
  ~Lfu() {
    destroy(buckets_);
    destroy(spares_);
  }

  void reserve() {
    if (spares_.empty()) spares_.push_back(*new Bucket);
  }

  void inserted(Hook& hook) noexcept {
    Bucket* lowest = buckets_.front();
    if (lowest == nullptr || lowest->uses != 1) {
      lowest = &take_spare(1);
      buckets_.push_front(*lowest);
    }
    lowest->add(hook);
  }

  void hit(Hook& hook) {
    Bucket& from = *hook.bucket_;
    const std::uint64_t uses = from.uses + 1;
    Bucket* to = buckets_.next(from);
    if (to == nullptr || to->uses != uses) {
      if (from.hooks.front() == from.hooks.back()) {
        from.uses = uses;
        return;
      }
      reserve();
      to = &take_spare(uses);
      buckets_.insert_after(from, *to);
    }
    leave(hook);
    to->add(hook);
  }

  void erased(Hook& hook) noexcept { leave(hook); }

  void adopt(Hook& hook, const Hook& original) noexcept {
    const std::uint64_t uses = use_count(original);
    Bucket* highest = buckets_.back();
    if (highest == nullptr || highest->uses != uses) {
      highest = &take_spare(uses);
      buckets_.push_back(*highest);
    }
    highest->add(hook);
  }

  [[nodiscard]] static std::uint64_t use_count(const Hook& hook) noexcept { return hook.bucket_->uses; }

  [[nodiscard]] Hook* victim() const noexcept {
    const Bucket* const lowest = buckets_.front();
    return lowest == nullptr ? nullptr : lowest->hooks.front();
  }
  [[nodiscard]] Hook* last() const noexcept {
    const Bucket* const highest = buckets_.back();
    return highest == nullptr ? nullptr : highest->hooks.back();
  }
  [[nodiscard]] Hook* next(const Hook& hook) const noexcept {
    if (Hook* const same_count = hook.bucket_->hooks.next(hook)) return same_count;
    const Bucket* const higher = buckets_.next(*hook.bucket_);
    return higher == nullptr ? nullptr : higher->hooks.front();
  }
  [[nodiscard]] Hook* previous(const Hook& hook) const noexcept {
    if (Hook* const same_count = hook.bucket_->hooks.previous(hook)) return same_count;
    const Bucket* const lower = buckets_.previous(*hook.bucket_);
    return lower == nullptr ? nullptr : lower->hooks.back();
  }

  [[nodiscard]] bool check_invariants() const noexcept {
    if (!buckets_.check_invariants() || !spares_.check_invariants()) return false;
    std::uint64_t below = 0;
    for (const Bucket* bucket = buckets_.front(); bucket != nullptr; bucket = buckets_.next(*bucket)) {
      if (bucket->uses <= below || bucket->hooks.empty() || !bucket->hooks.check_invariants()) return false;
      for (const Hook* hook = bucket->hooks.front(); hook != nullptr; hook = bucket->hooks.next(*hook)) {
        if (hook->bucket_ != bucket) return false;
      }
      below = bucket->uses;
    }
    return true;
  }

 private:
  struct Bucket : ListLinks {
    void add(Hook& hook) noexcept {
      hooks.push_back(hook);
      hook.bucket_ = this;
    }

    std::uint64_t uses = 0;
    IntrusiveList<Hook> hooks;
  };

  Bucket& take_spare(std::uint64_t uses) noexcept {
    Bucket& bucket = *spares_.back();
    spares_.remove(bucket);
    bucket.uses = uses;
    return bucket;
  }

  void leave(Hook& hook) noexcept {
    Bucket& bucket = *hook.bucket_;
    bucket.hooks.remove(hook);
    if (!bucket.hooks.empty()) return;
    buckets_.remove(bucket);
    spares_.push_back(bucket);
  }

  static void destroy(const IntrusiveList<Bucket>& list) noexcept {
    for (Bucket* bucket = list.front(); bucket != nullptr;) delete std::exchange(bucket, list.next(*bucket));
  }

  IntrusiveList<Bucket> buckets_;
  IntrusiveList<Bucket> spares_;
};

static_assert(EvictionPolicy<Lfu>);

}  // namespace client_cache
