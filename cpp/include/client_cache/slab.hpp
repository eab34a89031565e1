// Memory for objects of one type, each in a place that has a number and does not move.
//
// Places come in chunks, each as large as all before it together, so that a number says where its place is. One owner
// makes the objects, and hands them on; whoever has one destroys it, on any thread, without the owner's lock, and its
// place comes back.
//
// Complexity: make() and destroy() O(1); reserve() is O(1) besides the allocation of a chunk. Up to half of the places
// may be free; the system gives their memory when it is first touched.
// Thread safety: operator[] and destroy() of different objects, at any time; the others are the owner's alone.
// Invariants: a place is free, or holds one object. Nothing is left in it when a slab is destroyed.
// Does not: give a chunk back before its own end.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "client_cache/number.hpp"

namespace client_cache {

template <class T>
class Slab {
  static_assert(sizeof(T) >= sizeof(Number) && alignof(T) >= alignof(Number), "a free place holds a number");

 public:
  Slab() noexcept = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    for (std::size_t chunk = kFirstChunk; chunk < kChunks && chunks_[chunk] != nullptr; ++chunk)
      std::allocator<T>().deallocate(chunks_[chunk], end_of(chunk) - start_of(chunk));
  }

  [[nodiscard]] T& operator[](Number number) const noexcept { return *place(number); }

  // No number that was used is above it, nor will that of the next object be.
  [[nodiscard]] Number highest() const noexcept { return free_ == kNone ? used_ + 1 : used_; }

  // The next make() needs no memory. Throws std::bad_alloc, and std::length_error when there is no number left.
  void reserve() {
    // Relaxed: a look whether there is anything to take. Acquire: what destroy() wrote into the places is seen. Each of
    // its exchanges continues the release sequence of those before it, so the last one stands for all.
    if (free_ == kNone && returned_.load(std::memory_order_relaxed) != kNone)
      free_ = returned_.exchange(kNone, std::memory_order_acquire);
    if (free_ != kNone || used_ + 1 < places_) return;
    if (used_ == kHighestNumber) throw std::length_error("a cache has at most 2,147,483,647 entries");
    const std::size_t chunk = chunk_of(used_ + 1);
    chunks_[chunk] = std::allocator<T>().allocate(end_of(chunk) - start_of(chunk));
    places_ = end_of(chunk);
  }

  // Makes an object, for which reserve() made room. Where the constructor throws, nothing has changed.
  template <class... Arguments>
  Number make(Arguments&&... arguments) noexcept(std::is_nothrow_constructible_v<T, Arguments...>) {
    const Number number = free_ == kNone ? used_ + 1 : free_;
    const Number next = free_ == kNone ? kNone : next_free(number);
    if constexpr (std::is_nothrow_constructible_v<T, Arguments...>) {
      std::construct_at(place(number), std::forward<Arguments>(arguments)...);
    } else {
      try {
        std::construct_at(place(number), std::forward<Arguments>(arguments)...);
      } catch (...) {
        set_next_free(number, next);
        throw;
      }
    }
    if (free_ == kNone) ++used_;
    free_ = next;
    return number;
  }

  void destroy(Number number) noexcept {
    std::destroy_at(place(number));
    // Relaxed: a guess, which the exchange checks. Release: who takes the place sees what was written there, and
    // nothing of the object's end comes after it.
    Number* const next = set_next_free(number, returned_.load(std::memory_order_relaxed));
    while (!returned_.compare_exchange_weak(*next, number, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

 private:
  // A chunk is known by the highest bit of its numbers, but that those below 8 are one chunk, known by the bit 2.
  // Written so that it is one instruction.
  static constexpr std::size_t kFirstChunk = 2;
  static constexpr std::size_t kChunks = 31;
  static constexpr std::size_t chunk_of(Number number) noexcept {
    return static_cast<unsigned>(std::countl_zero(number | 7U)) ^ 31U;
  }
  static constexpr Number start_of(std::size_t chunk) noexcept { return (Number{1} << chunk) & ~Number{7}; }
  static constexpr Number end_of(std::size_t chunk) noexcept { return Number{2} << chunk; }
  static_assert(chunk_of(1) == kFirstChunk && start_of(kFirstChunk) == 0 && end_of(kFirstChunk) == 8);
  static_assert(chunk_of(8) == 3 && chunk_of(15) == 3 && start_of(3) == 8 && end_of(3) == 16);
  static_assert(chunk_of(kHighestNumber) == kChunks - 1 && end_of(kChunks - 1) == kHighestNumber + 1);

  [[nodiscard]] T* place(Number number) const noexcept {
    const std::size_t chunk = chunk_of(number);
    return chunks_[chunk] + (number - start_of(chunk));
  }
  [[nodiscard]] Number next_free(Number number) const noexcept {
    return *std::launder(reinterpret_cast<const Number*>(place(number)));
  }
  Number* set_next_free(Number number, Number next) noexcept {
    return ::new (static_cast<void*>(place(number))) Number(next);
  }

  std::array<T*, kChunks> chunks_{};
  Number free_ = kNone;                  // the first of a chain of places that the owner may use again
  Number used_ = 0;                      // no place above it has been used yet
  Number places_ = 0;                    // those below have memory
  std::atomic<Number> returned_{kNone};  // the first of a chain of those that were destroyed since the owner looked
};

}  // namespace client_cache
