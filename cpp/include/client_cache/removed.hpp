// The entries that left a cache, on their way to the caller: owned, in the order they left, destroyed when this is.
//
// A cache hands out what it removed instead of destroying it, so that whoever holds a lock can release it first:
// destructors of keys and values are code the cache doesn't know.
//
// Complexity: O(1) but for destruction and iteration; allocates nothing.
// Thread safety: none; it shares nothing with the cache it came from.
// Does not: put entries back.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>

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
    explicit iterator(Entry* entry) noexcept : entry_(entry) {}

    ItemType& operator*() const noexcept { return entry_->item; }
    ItemType* operator->() const noexcept { return &entry_->item; }
    iterator& operator++() noexcept {
      entry_ = entry_->next_removed;
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator&) const = default;

   private:
    Entry* entry_ = nullptr;
  };

  Removed() noexcept = default;
  Removed(Removed&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)),
        last_(std::exchange(other.last_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Removed& operator=(Removed&& other) noexcept {
    Removed taken(std::move(other));
    std::swap(first_, taken.first_);
    std::swap(last_, taken.last_);
    std::swap(size_, taken.size_);
    return *this;
  }
  Removed(const Removed&) = delete;
  Removed& operator=(const Removed&) = delete;
  // One by one, however long the chain, each out of it before its own destructor runs.
  ~Removed() {
    while (first_ != nullptr) delete std::exchange(first_, first_->next_removed);
  }

  // For the cache: takes ownership of an entry that is no longer in it.
  void append(Entry& entry) noexcept {
    entry.next_removed = nullptr;
    (first_ == nullptr ? first_ : last_->next_removed) = &entry;
    last_ = &entry;
    ++size_;
  }

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // Keys and values may be moved out of the items.
  [[nodiscard]] iterator begin() const noexcept { return iterator(first_); }
  [[nodiscard]] iterator end() const noexcept { return iterator(); }
  [[nodiscard]] ItemType& front() const noexcept { return first_->item; }

 private:
  Entry* first_ = nullptr;
  Entry* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace client_cache
