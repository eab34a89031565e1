// Anonymous memory pages with one owner: what a document is kept in, and what a file is read into.
//
// Why not the heap: a document lives as long as the process, so its pages are its own. Nothing else is ever written
// beside it, which keeps it shared with children after fork(), and a released buffer goes back to the system at once.
// Complexity: one system call each for creation and release. Thread safety: none while written; frozen pages are
// immutable. Not here: growth. The size is final.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "platform/pages.hpp"

namespace model_store {

class Pages {
 public:
  enum class Use { whole, sparse };  // whether all of the pages will be written to

  Pages() = default;
  explicit Pages(std::size_t size, Use use = Use::whole);  // zero-filled; throws std::bad_alloc
  ~Pages() {
    if (data_ != nullptr) platform::unmap_pages(data_, size_);
  }
  Pages(Pages&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // From here on a write is a fault: the promise of immutability is the processor's to keep. A refusal harms nobody: no
  // code writes to frozen pages.
  void freeze() noexcept {
    if (data_ != nullptr) platform::make_read_only(data_, size_);
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// For vectors that are large and short-lived: pages of their own leave no holes in the heap when they go.
template <typename T>
struct PageAllocator {
  using value_type = T;

  PageAllocator() = default;
  template <typename U>
  PageAllocator(const PageAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocators convert

  [[nodiscard]] T* allocate(std::size_t count) { return reinterpret_cast<T*>(platform::map_pages(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { platform::unmap_pages(memory, count * sizeof(T)); }

  friend bool operator==(PageAllocator, PageAllocator) = default;
};

template <typename T>
using PageVector = std::vector<T, PageAllocator<T>>;

// Bytes inside pages that may be larger than they are.
struct Buffer {
  Pages pages;
  std::size_t size = 0;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {pages.data(), size}; }
};

}  // namespace model_store
