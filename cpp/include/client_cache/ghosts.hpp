// What a cache remembers of the entries that it evicted for want of room: no key and no value, but when it was, and for
// whom. A look-up that finds a ghost would have hit in a larger cache.
//
// A cache of `capacity` entries has up to three times as many ghosts, in the order of their eviction. The last
// `capacity` of them are near: a cache of twice the size would still hold their entries, and one of four times the size
// those of all. For Lru this is exact, as long as nothing is pinned: what a larger cache holds begins with what a
// smaller one does. What is forgotten in between leaves its place free, as an entry that is erased leaves a larger
// cache.
//
// Complexity: every operation is O(1) expected, besides clear (O(n)) and resize (O(forgotten)); reserve is O(1)
// amortised. A ghost is one allocation, made when its entry is evicted; the oldest is taken again when there are
// enough. Thread safety: none. Invariants: one ghost for a hash, none evicted before an older one; at most `capacity`
// near ones, twice as many far ones, and kMost in all. Does not: compare keys (of two keys with one hash, one has the
// other's ghost), or read a clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "client_cache/expiration.hpp"
#include "client_cache/hash_index.hpp"
#include "client_cache/intrusive_list.hpp"

namespace client_cache {

struct Eviction {
  Time when{};
  std::optional<std::size_t>
      by;  // the hash of the key that was stored in its place; none where the capacity was lowered
};

struct Ghost : ListLinks {
  std::size_t hash = 0;  // of the key whose entry was evicted
  Eviction eviction;
  Time end = kForever;  // when the entry would have expired
  bool far = false;     // too old for a cache of twice the size
};

class Ghosts {
 public:
  static constexpr std::size_t kMost = 65'536;

  explicit Ghosts(std::size_t capacity) noexcept : capacity_(capacity) {}
  Ghosts(Ghosts&& other) noexcept
      : index_(std::move(other.index_)),
        near_(std::move(other.near_)),
        far_(std::move(other.far_)),
        spare_(std::move(other.spare_)),
        near_size_(std::exchange(other.near_size_, 0)),
        allocated_(std::exchange(other.allocated_, 0)),
        capacity_(other.capacity_) {}
  Ghosts& operator=(Ghosts&& other) noexcept {
    Ghosts taken(std::move(other));
    std::swap(index_, taken.index_);
    std::swap(near_, taken.near_);
    std::swap(far_, taken.far_);
    std::swap(spare_, taken.spare_);
    std::swap(near_size_, taken.near_size_);
    std::swap(allocated_, taken.allocated_);
    std::swap(capacity_, taken.capacity_);
    return *this;
  }
  Ghosts(const Ghosts&) = delete;
  Ghosts& operator=(const Ghosts&) = delete;
  ~Ghosts() { clear(); }

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

  // Null when there is none.
  [[nodiscard]] const Ghost* find(std::size_t hash) const { return found(hash); }

  // Until `count` ghosts have been added, add() needs no memory. Strong guarantee.
  void reserve(std::size_t count) {
    const std::size_t wanted = std::min(size() + count, most());
    index_.reserve(wanted);
    for (; allocated_ < wanted; ++allocated_) spare_.push_back(*new Ghost);
  }

  // For which reserve() made room.
  void add(std::size_t hash, Eviction eviction, Time end) noexcept {
    if (most() == 0) return;
    forget(hash);
    if (size() == most()) forget(oldest());
    Ghost& ghost = *spare_.front();
    spare_.remove(ghost);
    const Ghost* const before = near_.back() == nullptr ? far_.back() : near_.back();
    ghost.hash = hash;
    ghost.eviction = eviction;
    if (before != nullptr) ghost.eviction.when = std::max(before->eviction.when, eviction.when);
    ghost.end = end;
    ghost.far = false;
    index_.insert(hash, ghost);
    near_.push_back(ghost);
    ++near_size_;
    keep_limits();
  }

  void forget(std::size_t hash) noexcept {
    if (Ghost* const ghost = found(hash)) forget(*ghost);
  }

  void clear() noexcept {
    while (size() > 0) forget(oldest());
    index_ = {};
    free_spare();
  }

  // Forgets what a cache of this capacity has no ghosts for.
  void resize(std::size_t capacity) noexcept {
    capacity_ = capacity;
    keep_limits();
    free_spare();
  }

  // For tests. O(n).
  [[nodiscard]] bool check_invariants() const noexcept {
    std::size_t near = 0;
    std::size_t all = 0;
    bool sound = index_.check_invariants() && near_.check_invariants() && far_.check_invariants();
    std::size_t spare = 0;
    for (const Ghost* ghost = spare_.front(); ghost != nullptr; ghost = spare_.next(*ghost)) ++spare;
    const Ghost* before = nullptr;
    for (const auto* list : {&far_, &near_}) {
      for (const Ghost* ghost = list->front(); ghost != nullptr; ghost = list->next(*ghost)) {
        sound = sound && find(ghost->hash) == ghost && ghost->far == (list == &far_) &&
                (before == nullptr || before->eviction.when <= ghost->eviction.when);
        before = ghost;
        ++all;
        if (list == &near_) ++near;
      }
    }
    return sound && near == near_size_ && all == size() && all + spare == allocated_ && near <= near_limit() &&
           all - near <= far_limit();
  }

 private:
  [[nodiscard]] std::size_t near_limit() const noexcept { return std::min(capacity_, kMost); }
  [[nodiscard]] std::size_t far_limit() const noexcept {
    return capacity_ < kMost ? std::min(2 * capacity_, kMost - near_limit()) : 0;
  }
  [[nodiscard]] std::size_t most() const noexcept { return near_limit() + far_limit(); }
  [[nodiscard]] std::size_t far_size() const noexcept { return size() - near_size_; }

  [[nodiscard]] Ghost* found(std::size_t hash) const {
    return index_.find(hash, [](const Ghost&) { return true; });
  }
  [[nodiscard]] Ghost& oldest() const noexcept { return far_.front() == nullptr ? *near_.front() : *far_.front(); }

  void keep_limits() noexcept {
    for (; near_size_ > near_limit(); --near_size_) {
      Ghost& ghost = *near_.front();
      near_.remove(ghost);
      far_.push_back(ghost);
      ghost.far = true;
    }
    while (far_size() > far_limit()) forget(*far_.front());
  }

  void forget(Ghost& ghost) noexcept {
    index_.erase(ghost.hash, ghost);
    if (!ghost.far) --near_size_;
    (ghost.far ? far_ : near_).remove(ghost);
    spare_.push_back(ghost);
  }

  void free_spare() noexcept {
    while (Ghost* const spare = spare_.front()) {
      spare_.remove(*spare);
      delete spare;
      --allocated_;
    }
  }

  HashIndex<Ghost> index_;
  IntrusiveList<Ghost> near_;  // the oldest first, as in far_
  IntrusiveList<Ghost> far_;   // all older than those in near_
  IntrusiveList<Ghost> spare_;
  std::size_t near_size_ = 0;
  std::size_t allocated_ = 0;  // on any of the lists
  std::size_t capacity_;
};

}  // namespace client_cache
