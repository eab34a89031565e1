// The entries that left a cache, on their way to the caller: owned, in the order they left, destroyed when this is.
//
// A cache hands out what it removed instead of destroying it, so that whoever holds a lock can release it first:
// destructors of keys and values are code the cache doesn't know.
//
// Complexity: O(1) but for destruction and iteration; allocates nothing.
// Thread safety: none. What it shares with the cache it came from is the slab, which it may outlive the cache with.
// Does not: put entries back.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include "client_cache/number.hpp"
#include "client_cache/slab.hpp"

namespace client_cache {

template <class Entry>
class [[nodiscard]] Removed {
 public:
  using ItemType = typename Entry::ItemType;

  class iterator {
   public:
    using value_type = ItemType;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    iterator(const Slab<Entry>* slab, Number number) noexcept : slab_(slab), number_(number) {}

    ItemType& operator*() const noexcept { return entry().item; }
    ItemType* operator->() const noexcept { return &entry().item; }
    iterator& operator++() noexcept {
      number_ = entry().next_removed;
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const noexcept { return number_ == other.number_; }

   private:
    Entry& entry() const noexcept { return (*slab_)[number_]; }

    const Slab<Entry>* slab_ = nullptr;
    Number number_ = kNone;
  };

  Removed() noexcept = default;
  Removed(Removed&& other) noexcept
      : slab_(std::move(other.slab_)),
        first_(std::exchange(other.first_, kNone)),
        last_(std::exchange(other.last_, kNone)),
        size_(std::exchange(other.size_, 0)) {}
  Removed& operator=(Removed&& other) noexcept {
    Removed taken(std::move(other));
    std::swap(slab_, taken.slab_);
    std::swap(first_, taken.first_);
    std::swap(last_, taken.last_);
    std::swap(size_, taken.size_);
    return *this;
  }
  Removed(const Removed&) = delete;
  Removed& operator=(const Removed&) = delete;
  // One by one, however long the chain, each out of it before its own destructor runs.
  ~Removed() {
    while (first_ != kNone) {
      const Number gone = std::exchange(first_, (*slab_)[first_].next_removed);
      slab_->destroy(gone);
    }
  }

  // For the cache: takes ownership of an entry that is no longer in it. All are of one slab.
  void append(const std::shared_ptr<Slab<Entry>>& slab, Number number) noexcept {
    if (slab_ == nullptr) slab_ = slab;
    (*slab_)[number].next_removed = kNone;
    (first_ == kNone ? first_ : (*slab_)[last_].next_removed) = number;
    last_ = number;
    ++size_;
  }

  [[nodiscard]] bool empty() const noexcept { return first_ == kNone; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // Keys and values may be moved out of the items.
  [[nodiscard]] iterator begin() const noexcept { return iterator(slab_.get(), first_); }
  [[nodiscard]] iterator end() const noexcept { return iterator(); }
  [[nodiscard]] ItemType& front() const noexcept { return (*slab_)[first_].item; }

 private:
  std::shared_ptr<Slab<Entry>> slab_;
  Number first_ = kNone;
  Number last_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace client_cache
