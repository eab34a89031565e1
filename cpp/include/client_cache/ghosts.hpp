// What a cache remembers of the entries that it evicted for want of room: no key and no value, but when it was, and for
// whom. A look-up that finds a ghost would have hit in a larger cache.
//
// A cache of `capacity` entries has up to three times as many ghosts, in the order of their eviction. The last
// `capacity` of them are near: a cache of twice the size would still hold their entries, and one of four times the size
// those of all. For Lru this is exact, as long as nothing is pinned: what a larger cache holds begins with what a
// smaller one does. What is forgotten in between leaves its place free, as an entry that is erased leaves a larger
// cache.
//
// Complexity: every operation is O(1) expected, besides clear (O(n)) and resize (O(forgotten), and O(n) where memory is
// given back); reserve is O(1) amortised. The oldest ghost's place is taken again when there are enough.
// Thread safety: none.
// Invariants: one ghost for a hash, none evicted before an older one; at most `capacity` near ones, twice as many far
// ones, and kMost in all.
// Does not: compare keys (of two keys with one hash, one has the other's ghost), or read a clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "client_cache/expiration.hpp"
#include "client_cache/hash_index.hpp"
#include "client_cache/number.hpp"
#include "client_cache/numbered_list.hpp"

namespace client_cache {

struct Eviction {
  Time when{};
  std::optional<std::size_t>
      by;  // the hash of the key that was stored in its place; none where the capacity was lowered
};

struct Ghost : Neighbours {
  std::size_t hash = 0;  // of the key whose entry was evicted
  Eviction eviction;
  Time end = kForever;  // when the entry would have expired
  bool far = false;     // too old for a cache of twice the size
};

class Ghosts {
 public:
  static constexpr std::size_t kMost = 65'536;

  explicit Ghosts(std::size_t capacity) noexcept : capacity_(capacity) {}
  Ghosts(Ghosts&& other) noexcept : Ghosts(other.capacity_) { swap(other); }
  Ghosts& operator=(Ghosts&& other) noexcept {
    Ghosts taken(std::move(other));
    swap(taken);
    return *this;
  }
  Ghosts(const Ghosts&) = delete;
  Ghosts& operator=(const Ghosts&) = delete;
  ~Ghosts() = default;

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

  // Null when there is none.
  [[nodiscard]] const Ghost* find(std::size_t hash) const noexcept {
    const Number found = number_of(hash);
    return found == kNone ? nullptr : &ghosts_[found];
  }

  // Until `count` ghosts have been added, add() needs no memory. Strong guarantee.
  void reserve(std::size_t count) {
    const std::size_t wanted = std::min(size() + count, most());
    index_.reserve(wanted, most());
    if (wanted > 0 && ghosts_.empty()) ghosts_.emplace_back();  // that of kNone
    while (ghosts_.size() <= wanted) {
      ghosts_.emplace_back();
      spare_.push_back(ghosts_.data(), static_cast<Number>(ghosts_.size() - 1));
    }
  }

  // For which reserve() made room.
  void add(std::size_t hash, Eviction eviction, Time end) noexcept {
    if (most() == 0) return;
    forget(hash);
    if (size() == most()) forget_number(oldest());
    const Number before = near_.empty() ? far_.back() : near_.back();
    if (before != kNone) eviction.when = std::max(ghosts_[before].eviction.when, eviction.when);
    const Number added = spare_.front();
    spare_.remove(ghosts_.data(), added);
    Ghost& ghost = ghosts_[added];
    ghost.hash = hash;
    ghost.eviction = eviction;
    ghost.end = end;
    ghost.far = false;
    index_.insert(hash, added);
    near_.push_back(ghosts_.data(), added);
    ++near_size_;
    keep_limits();
  }

  void forget(std::size_t hash) noexcept {
    if (const Number found = number_of(hash); found != kNone) forget_number(found);
  }

  void clear() noexcept { *this = Ghosts(capacity_); }

  // Forgets what a cache of this capacity has no ghosts for.
  void resize(std::size_t capacity) noexcept {
    capacity_ = capacity;
    keep_limits();
  }

  // For tests. O(n).
  [[nodiscard]] bool check_invariants() const noexcept {
    bool sound = index_.check_invariants();
    for (const auto* list : {&far_, &near_, &spare_}) sound = sound && list->check_invariants(ghosts_.data());
    std::size_t near = 0;
    std::size_t all = 0;
    std::size_t spare = 0;
    for (Number at = spare_.front(); at != kNone; at = ghosts_[at].next) ++spare;
    Number before = kNone;
    for (const auto* list : {&far_, &near_}) {
      for (Number at = list->front(); at != kNone; at = ghosts_[at].next) {
        sound = sound && number_of(ghosts_[at].hash) == at && ghosts_[at].far == (list == &far_) &&
                (before == kNone || ghosts_[before].eviction.when <= ghosts_[at].eviction.when);
        before = at;
        ++all;
        if (list == &near_) ++near;
      }
    }
    return sound && near == near_size_ && all == size() &&
           all + spare + 1 == std::max(ghosts_.size(), std::size_t{1}) && near <= near_limit() &&
           all - near <= far_limit();
  }

 private:
  [[nodiscard]] std::size_t near_limit() const noexcept { return std::min(capacity_, kMost); }
  [[nodiscard]] std::size_t far_limit() const noexcept {
    return capacity_ < kMost ? std::min(2 * capacity_, kMost - near_limit()) : 0;
  }
  [[nodiscard]] std::size_t most() const noexcept { return near_limit() + far_limit(); }
  [[nodiscard]] std::size_t far_size() const noexcept { return size() - near_size_; }

  [[nodiscard]] Number number_of(std::size_t hash) const noexcept {
    return index_.find(hash, [this, hash](Number number) { return ghosts_[number].hash == hash; });
  }
  [[nodiscard]] Number oldest() const noexcept { return far_.empty() ? near_.front() : far_.front(); }

  void keep_limits() noexcept {
    for (; near_size_ > near_limit(); --near_size_) {
      const Number older = near_.front();
      near_.remove(ghosts_.data(), older);
      far_.push_back(ghosts_.data(), older);
      ghosts_[older].far = true;
    }
    while (far_size() > far_limit()) forget_number(far_.front());
  }

  void forget_number(Number number) noexcept {
    const Ghost& ghost = ghosts_[number];
    index_.erase(ghost.hash, number);
    if (!ghost.far) --near_size_;
    (ghost.far ? far_ : near_).remove(ghosts_.data(), number);
    spare_.push_back(ghosts_.data(), number);
  }

  void swap(Ghosts& other) noexcept {
    std::swap(ghosts_, other.ghosts_);
    std::swap(index_, other.index_);
    std::swap(near_, other.near_);
    std::swap(far_, other.far_);
    std::swap(spare_, other.spare_);
    std::swap(near_size_, other.near_size_);
    std::swap(capacity_, other.capacity_);
  }

  std::vector<Ghost> ghosts_;  // by number; each is on one of the lists
  HashIndex index_;
  NumberedList near_;  // the oldest first, as in far_
  NumberedList far_;   // all older than those in near_
  NumberedList spare_;
  std::size_t near_size_ = 0;
  std::size_t capacity_;
};

}  // namespace client_cache
