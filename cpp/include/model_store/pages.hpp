// Anonymous memory pages with one owner: what a document is kept in, and what a file is read into.
//
// Why not the heap: a document lives as long as the process, so its pages are its own. Nothing else is ever written beside
// it, which keeps it shared with children after fork(), and a released buffer goes back to the system at once.
// Complexity: one system call each for creation and release. Thread safety: none while written; frozen pages are immutable.
// Not here: growth. The size is final.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace model_store {

class Pages {
 public:
  Pages() = default;
  explicit Pages(std::size_t size);  // zero-filled; throws std::bad_alloc
  ~Pages();
  Pages(Pages&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // From here on a write is a fault: the promise of immutability is the processor's to keep.
  void freeze() noexcept;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Bytes inside pages that may be larger than they are.
struct Buffer {
  Pages pages;
  std::size_t size = 0;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {pages.data(), size}; }
};

}  // namespace model_store
